// SPDX-License-Identifier: MIT OR Apache-2.0
//! Both doors: opening them, the connections, the end.

use crate::error::GatewayError;
use crate::local::{self, Caller, LocalChannel};
use crate::socket::Socket;
use crate::{observed, operator};
use axum::Router;
use axum::body::Body;
use blufio_core::control::Control;
use blufio_core::observe::Observability;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Most connections at each door. Further ones wait in the system's backlog.
const MAX_CONNECTIONS: usize = 64;
/// How long the head of an operator's request may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// The same on TCP, where everybody on this machine may connect: those who say nothing must not keep the monitor out.
const OBSERVED_HEAD_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a connection on TCP may live. It serves one request.
const OBSERVED_TIMEOUT: Duration = Duration::from_secs(30);
/// How long running requests may go on after the end was asked for.
const GRACE: Duration = Duration::from_secs(5);
/// Most header lines of a request.
const MAX_HEADERS: usize = 64;
/// Most bytes that are buffered of a connection, and so of a request's head.
const MAX_BUFFER: usize = 64 * 1024;
/// Pause after the system refused a connection, most often for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where the doors are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayOptions {
    /// Loopback address of health and metrics. Port 0: any free one.
    pub listen: SocketAddr,
    /// Path of the Unix socket.
    pub socket: PathBuf,
}

/// Both doors, open. Connections wait until [`Gateway::serve`] runs.
pub struct Gateway {
    tcp: TcpListener,
    address: SocketAddr,
    socket: Socket,
    observed: Router,
    inside: Router,
    local: Arc<LocalChannel>,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway")
            .field("address", &self.address)
            .field("socket", &self.socket)
            .finish_non_exhaustive()
    }
}

impl Gateway {
    /// Opens both doors.
    ///
    /// # Errors
    /// See [`GatewayError`]. Then neither is open.
    pub async fn bind(
        options: GatewayOptions,
        control: Arc<dyn Control>,
        metrics: Arc<dyn Observability>,
        local: Arc<LocalChannel>,
    ) -> Result<Self, GatewayError> {
        let GatewayOptions { listen, socket } = options;
        if !listen.ip().is_loopback() {
            return Err(GatewayError::NotLoopback(listen));
        }
        let failed = |source| GatewayError::Listen { address: listen, source };
        let tcp = TcpListener::bind(listen).await.map_err(failed)?;
        let address = tcp.local_addr().map_err(failed)?;
        let socket = Socket::bind(socket).await?;
        let inside = local::router(Arc::clone(&local), Arc::clone(&control))
            .merge(operator::router(Arc::clone(&control)));
        Ok(Self { tcp, address, socket, observed: observed::router(control, metrics), inside, local })
    }

    /// Where health and metrics are, with the port that was given for port 0.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is ready; then no new connection is let in, streams end, and running requests have five
    /// seconds more. Dropped at any await, it cuts everything off at once. Either way the socket's file is removed.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        let Self { tcp, address: _, socket, observed, inside, local } = self;
        let mut stop = pin!(stop);
        let ending = CancellationToken::new();
        // Dropped with this future, they end their connections.
        let (mut watchers, mut operators) = (JoinSet::new(), JoinSet::new());
        loop {
            let refused = tokio::select! {
                () = &mut stop => break,
                Some(_) = watchers.join_next() => continue,
                Some(_) = operators.join_next() => continue,
                accepted = tcp.accept(), if watchers.len() < MAX_CONNECTIONS => match accepted {
                    Ok((stream, _)) => {
                        let router = observed.clone();
                        let connection =
                            connection(stream, router, None, OBSERVED_HEAD_TIMEOUT, ending.clone());
                        watchers.spawn(async move {
                            if tokio::time::timeout(OBSERVED_TIMEOUT, connection).await.is_err() {
                                tracing::debug!("a connection took too long and was ended");
                            }
                        });
                        continue;
                    }
                    Err(error) => error,
                },
                accepted = socket.accept(), if operators.len() < MAX_CONNECTIONS => match accepted {
                    Ok(Some((stream, uid))) => {
                        let caller = Some(Caller { uid });
                        let router = inside.clone();
                        operators.spawn(connection(stream, router, caller, HEAD_TIMEOUT, ending.clone()));
                        continue;
                    }
                    Ok(None) => continue,
                    Err(error) => error,
                },
            };
            tracing::warn!(error = %refused, "a connection could not be let in");
            tokio::time::sleep(ACCEPT_PAUSE).await;
        }
        drop((tcp, socket));
        ending.cancel();
        local.close();
        let ended = tokio::time::timeout(GRACE, async {
            while watchers.join_next().await.is_some() {}
            while operators.join_next().await.is_some() {}
        });
        if ended.await.is_err() {
            tracing::warn!("some requests had not ended in time and were cut off");
        }
    }
}

/// Serves the one request of a connection.
async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    router: Router,
    caller: Option<Caller>,
    head_timeout: Duration,
    ending: CancellationToken,
) {
    let asked = Arc::new(AtomicBool::new(false));
    let asking = Arc::clone(&asked);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        asking.store(true, Ordering::Relaxed);
        let mut request = request.map(Body::new);
        if let Some(caller) = caller {
            request.extensions_mut().insert(caller);
        }
        router.clone().oneshot(request)
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .keep_alive(false)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    let mut serving = pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = ending.cancelled() => {
            if !asked.load(Ordering::Relaxed) {
                // Nothing has been asked yet, and nothing is owed.
                return;
            }
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        // The other side hung up, or did not speak HTTP.
        tracing::debug!(%error, "a connection ended early");
    }
}
