// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why a request failed, in words that hold neither a URL nor a secret.

use crate::redactor::Redactor;
use std::error::Error;
use std::io;

/// Why a request failed. `host` is the bare name or address: paths and queries may hold secrets, and are left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// The rules of the way out refuse it; nothing was sent.
    #[error("{host} was refused: {reason}")]
    Refused {
        /// Where the request would have gone.
        host: String,
        /// Which rule, and what to do.
        reason: String,
    },
    /// The name has no address.
    #[error("the name {host} could not be resolved: {reason}; check the network and the name server")]
    Dns {
        /// The name.
        host: String,
        /// What the resolver said.
        reason: String,
    },
    /// No connection came about, in time or at all: nothing was sent.
    #[error("{host} could not be reached: {reason}")]
    Connect {
        /// Where it was tried.
        host: String,
        /// What the system said.
        reason: String,
    },
    /// The other side could not prove who it is, or does not speak TLS.
    #[error("no trusted TLS connection to {host}: {reason}; check the clock of this machine and the address")]
    Tls {
        /// Where it was tried.
        host: String,
        /// What TLS said.
        reason: String,
    },
    /// The time ran out, once there was a connection.
    #[error("{host} did not answer in time")]
    Timeout {
        /// Who was waited for.
        host: String,
    },
    /// The connection broke, or what came over it was no HTTP.
    #[error("the exchange with {host} broke off: {reason}")]
    Broken {
        /// With whom.
        host: String,
        /// What happened.
        reason: String,
    },
    /// The answer is larger than its reader allows. What was read is thrown away.
    #[error("{}", too_large(host, *limit, *size))]
    TooLarge {
        /// Who answered.
        host: String,
        /// Most bytes that were allowed.
        limit: u64,
        /// How many bytes were announced, if it was said.
        size: Option<u64>,
    },
    /// The request itself is malformed.
    #[error("the request to {host} could not be made: {reason}")]
    Request {
        /// Where it would have gone.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The client could not be set up.
    #[error("the HTTP client could not be set up: {reason}")]
    Setup {
        /// What is wrong.
        reason: String,
    },
}

fn too_large(host: &str, limit: u64, size: Option<u64>) -> String {
    match size {
        Some(size) => format!("the answer of {host} has {size} bytes, more than the {limit} that are read"),
        None => format!("the answer of {host} has more than the {limit} bytes that are read"),
    }
}

impl NetError {
    /// Whether the same request may succeed a little later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Dns { .. } | Self::Connect { .. } | Self::Timeout { .. } | Self::Broken { .. } => true,
            Self::Refused { .. }
            | Self::Tls { .. }
            | Self::TooLarge { .. }
            | Self::Request { .. }
            | Self::Setup { .. } => false,
        }
    }

    /// A bounded name for metrics.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::Dns { .. } => "dns",
            Self::Connect { .. } => "connect",
            Self::Tls { .. } => "tls",
            Self::Timeout { .. } => "timeout",
            Self::Broken { .. } => "broken",
            Self::TooLarge { .. } => "too_large",
            Self::Request { .. } => "request",
            Self::Setup { .. } => "setup",
        }
    }

    pub(crate) fn from_reqwest(error: &reqwest::Error, redactor: &Redactor) -> Self {
        let host = error.url().and_then(|url| url.host_str()).unwrap_or("the server").to_owned();
        let mut reason = None;
        for cause in Causes(error.source()) {
            if let Some(Refusal { host, reason }) = cause.downcast_ref() {
                return Self::Refused { host: host.clone(), reason: reason.clone() };
            }
            if let Some(LookupFailed { host, reason }) = cause.downcast_ref() {
                return Self::Dns { host: host.clone(), reason: redactor.redact(reason).into_owned() };
            }
            if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
                return Self::Tls { host, reason: redactor.redact(&tls.to_string()).into_owned() };
            }
            reason = Some(redactor.redact(&cause.to_string()).into_owned());
        }
        let reason = reason.unwrap_or_else(|| "no reason was given".to_owned());
        if error.is_connect() {
            let late = error.is_timeout().then(|| "no connection came about in time".to_owned());
            Self::Connect { host, reason: late.unwrap_or(reason) }
        } else if error.is_timeout() {
            Self::Timeout { host }
        } else if error.is_builder() {
            Self::Request { host, reason }
        } else {
            Self::Broken { host, reason }
        }
    }
}

/// The causes of an error, outermost first. `io::Error` keeps what it wraps out of its chain of sources.
struct Causes<'a>(Option<&'a (dyn Error + 'static)>);

impl<'a> Iterator for Causes<'a> {
    type Item = &'a (dyn Error + 'static);

    fn next(&mut self) -> Option<Self::Item> {
        let current = self.0?;
        let wrapped = current.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        self.0 = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => current.source(),
        };
        Some(current)
    }
}

/// What the resolver and the redirect rules throw: it travels through the client and is found again by type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{host} was refused: {reason}")]
pub(crate) struct Refusal {
    pub(crate) host: String,
    pub(crate) reason: String,
}

impl Refusal {
    pub(crate) fn new(host: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { host: host.into(), reason: reason.into() }
    }
}

impl From<Refusal> for NetError {
    fn from(Refusal { host, reason }: Refusal) -> Self {
        Self::Refused { host, reason }
    }
}

/// What the resolver throws when a name has no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name {host} could not be resolved: {reason}")]
pub(crate) struct LookupFailed {
    pub(crate) host: String,
    pub(crate) reason: String,
}
