// SPDX-License-Identifier: MIT OR Apache-2.0
//! Health, metrics and the local socket.
//!
//! Two doors. The one on loopback TCP tells anyone on this machine how the daemon feels, and nothing else. The Unix
//! socket lets the operator in, known by his user id: he asks and commands, and talks to the agent through the
//! `local` channel.
//!
//! | room | holds |
//! |---|---|
//! | [`gateway`](Gateway) | both doors: opening them, the connections, the end |
//! | `observed` | `GET /health` and `GET /metrics` |
//! | `host` | which names of this machine a request may have come by |
//! | `socket` | the socket file: whose it is, and what becomes of a dead one |
//! | `operator` | `POST /ask` |
//! | [`local`](LocalChannel) | the channel of `blufio shell`: messages in, a stream of events out |
//! | [`wire`] | what is said over the socket, for both ends |
//! | [`client`] | the end of the command line |
//! | `reply` | request bodies within bounds, answers in JSON |
//!
//! ```
//! # use blufio_core::{control::Control, observe::Observability, time::Clock};
//! # use blufio_gateway::{Gateway, GatewayError, GatewayOptions, LocalChannel};
//! # use std::sync::Arc;
//! # async fn example(
//! #     control: Arc<dyn Control>,
//! #     metrics: Arc<dyn Observability>,
//! #     clock: Arc<dyn Clock>,
//! # ) -> Result<(), GatewayError> {
//! let local = Arc::new(LocalChannel::new(clock));
//! let options = GatewayOptions {
//!     listen: ([127, 0, 0, 1], 8787).into(),
//!     socket: "/run/blufio/blufio.sock".into(),
//! };
//! let gateway = Gateway::bind(options, control, metrics, local).await?;
//! gateway.serve(async { let _ = tokio::signal::ctrl_c().await; }).await;
//! # Ok(())
//! # }
//! ```

pub mod client;
mod error;
mod gateway;
mod host;
mod local;
mod observed;
mod operator;
mod reply;
mod socket;
pub mod wire;

pub use error::GatewayError;
pub use gateway::{Gateway, GatewayOptions};
pub use local::LocalChannel;

#[cfg(test)]
mod tests;
