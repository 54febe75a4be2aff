// SPDX-License-Identifier: MIT OR Apache-2.0
//! The only way out: one TLS-only HTTP client with an SSRF-safe resolver, size caps and redaction.
//!
//! Whatever leaves this program over HTTP leaves through a [`Net`]. It speaks TLS with built-in roots, takes no proxy
//! from the environment, connects to public addresses only, and connects to the very address that it checked. The one
//! exception is a list of loopback origins, each with its port, which the configuration names.
//!
//! | room | holds |
//! |---|---|
//! | `client` | [`Net`]: the client, the check of a URL, answers read up to a limit |
//! | `address` | which addresses and names are refused, as tables |
//! | `metadata` | [`Metadata`]: the one exception, for machines that are handed something over by their provider |
//! | `resolver` | turns names into checked addresses, and refuses the others |
//! | `redirect` | which redirects are followed |
//! | `error` | [`NetError`]: why a request failed, without URL and secrets |
//! | `redactor` | [`Redactor`]: finds secrets in whatever form they stand in a text |
//! | `forms`, `view`, `token` | the forms of a secret, a text without its escapes, tokens known by their shape |
//! | `writer` | [`RedactingWriter`]: the same for what is written line by line |
//!
//! ```
//! use blufio_core::secret::SecretString;
//! use blufio_net::{Net, NetOptions, Redactor};
//! use std::sync::Arc;
//!
//! let redactor = Arc::new(Redactor::new());
//! redactor.add(&SecretString::new("correct horse battery".into()));
//! assert_eq!(redactor.redact("?key=correct%20horse%20battery&x=1"), "?key=[redacted]&x=1");
//!
//! let net = Net::new(NetOptions::default(), redactor)?;
//! assert!(net.check(&"https://api.anthropic.com/v1/messages".parse()?).is_ok());
//! assert!(net.check(&"https://169.254.169.254/latest/meta-data".parse()?).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod address;
mod client;
mod error;
mod forms;
mod metadata;
mod redactor;
mod redirect;
mod resolver;
mod token;
mod view;
mod writer;

pub use client::{Net, NetOptions};
pub use error::NetError;
pub use metadata::{METADATA_SERVICE, Metadata};
pub use redactor::Redactor;
pub use writer::RedactingWriter;
