// SPDX-License-Identifier: MIT OR Apache-2.0
//! The client, and the gate that every URL passes.

use crate::address::{forbidden, forbidden_name};
use crate::error::{NetError, Refusal};
use crate::redactor::Redactor;
use crate::redirect;
use crate::resolver::CheckedResolver;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use url::{Host, Url};

/// Longest silence of a server in the middle of an exchange. A backstop for requests without a timeout of their own:
/// long polls and streams are quiet for a minute at most.
const READ_TIMEOUT: Duration = Duration::from_secs(300);
/// How long an unused connection is kept. Servers close theirs after about as long.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// Unused connections kept for each server: each holds buffers and TLS state.
const IDLE_PER_HOST: usize = 2;
/// How often the system asks after a quiet connection, so that a dead one is noticed.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// How the client behaves.
#[derive(Clone, Debug)]
pub struct NetOptions {
    /// Addresses on this machine, each with its port, that may be spoken to and without TLS. Empty by default.
    pub loopback_origins: Vec<SocketAddr>,
    /// What is sent as `User-Agent`.
    pub user_agent: String,
    /// Longest time for resolving, connecting and the TLS handshake together.
    pub connect_timeout: Duration,
}

impl Default for NetOptions {
    fn default() -> Self {
        Self {
            loopback_origins: Vec::new(),
            user_agent: concat!("blufio/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(10),
        }
    }
}

/// The way out. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Net {
    client: reqwest::Client,
    gate: Arc<Gate>,
    redactor: Arc<Redactor>,
}

impl Net {
    /// Sets up the client.
    ///
    /// # Errors
    /// When a loopback origin is not on loopback, or the user agent cannot stand in a header.
    pub fn new(options: NetOptions, redactor: Arc<Redactor>) -> Result<Self, NetError> {
        Self::with_resolver(options, redactor, CheckedResolver::system())
    }

    fn with_resolver(
        options: NetOptions,
        redactor: Arc<Redactor>,
        resolver: CheckedResolver,
    ) -> Result<Self, NetError> {
        if let Some(other) = options.loopback_origins.iter().find(|origin| !origin.ip().is_loopback()) {
            return Err(NetError::Setup {
                reason: format!("{other} is listed as a loopback origin and is not on loopback"),
            });
        }
        let gate = Arc::new(Gate { loopback_origins: options.loopback_origins });
        let client = reqwest::Client::builder()
            .use_rustls_tls()
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .referer(false)
            .redirect(redirect::policy(Arc::clone(&gate)))
            .dns_resolver(Arc::new(resolver))
            .user_agent(options.user_agent)
            .connect_timeout(options.connect_timeout)
            .read_timeout(READ_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .tcp_keepalive(KEEPALIVE)
            .http2_keep_alive_interval(KEEPALIVE)
            .http2_keep_alive_timeout(KEEPALIVE)
            .build()
            .map_err(|error| NetError::Setup {
                reason: redactor.redact(&error.without_url().to_string()).into_owned(),
            })?;
        Ok(Self { client, gate, redactor })
    }

    /// Whether a request to `url` may leave: HTTPS, no user name or password, no forbidden name or address. Plain
    /// HTTP passes to exactly a listed loopback origin, written as an address.
    ///
    /// # Errors
    /// [`NetError::Refused`] with the rule that stands against it.
    pub fn check(&self, url: &Url) -> Result<(), NetError> {
        Ok(self.gate.check(url)?)
    }

    /// Begins a request, after [`Net::check`]. It has no timeout of its own: set one that fits the call.
    ///
    /// # Errors
    /// [`NetError::Refused`] as `check` does.
    pub fn request(&self, method: reqwest::Method, url: Url) -> Result<reqwest::RequestBuilder, NetError> {
        self.check(&url)?;
        Ok(self.client.request(method, url))
    }

    /// Sends a request and waits for the head of the answer, whatever its status. Dropping the future ends the
    /// exchange.
    ///
    /// # Errors
    /// See [`NetError`].
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, NetError> {
        request.send().await.map_err(|error| self.error(&error))
    }

    /// The client itself, for libraries that bring their own requests. Names are resolved and redirects followed by
    /// the rules; an address that stands in the URL is not looked up, so pass the library's base URL to
    /// [`Net::check`] first.
    #[must_use]
    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// What keeps secrets out of messages and logs.
    #[must_use]
    pub fn redactor(&self) -> &Arc<Redactor> {
        &self.redactor
    }

    /// What the client's error means, without URL and secrets.
    #[must_use]
    pub fn error(&self, error: &reqwest::Error) -> NetError {
        NetError::from_reqwest(error, &self.redactor)
    }

    /// Reads the body of an answer, at most `limit` bytes of it. An announced size over the limit is refused before
    /// anything is read. Dropping the future ends the exchange.
    ///
    /// # Errors
    /// [`NetError::TooLarge`], or what broke the exchange.
    pub async fn read_capped(
        &self,
        mut response: reqwest::Response,
        limit: u64,
    ) -> Result<Vec<u8>, NetError> {
        let host = response.url().host_str().unwrap_or("the server").to_owned();
        let size = response.content_length();
        if size.is_some_and(|size| size > limit) {
            return Err(NetError::TooLarge { host, limit, size });
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.error(&error))? {
            let total = body.len().saturating_add(chunk.len());
            if u64::try_from(total).unwrap_or(u64::MAX) > limit {
                return Err(NetError::TooLarge { host, limit, size: None });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// What every URL passes: those of requests and those of redirects.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) loopback_origins: Vec<SocketAddr>,
}

impl Gate {
    pub(crate) fn check(&self, url: &Url) -> Result<(), Refusal> {
        let host = url.host_str().unwrap_or_default();
        let refuse = |reason: String| Err(Refusal::new(host, reason));
        if !matches!(url.scheme(), "https" | "http") {
            return refuse(format!("it would be spoken to by {}, and only https is allowed", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("a user name or password stands in the address; remove it".to_owned());
        }
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return refuse("the address has no host".to_owned()),
        };
        if let (Some(address), Some(port)) = (literal, url.port_or_known_default())
            && self.loopback_origins.contains(&SocketAddr::new(address, port))
        {
            return Ok(());
        }
        if url.scheme() != "https" {
            return refuse(
                "only https is allowed, except to a loopback address and port that the configuration names"
                    .to_owned(),
            );
        }
        let what = match literal {
            Some(address) => forbidden(address),
            None => forbidden_name(host),
        };
        match what {
            Some(what) => refuse(format!("it is {what}, and only public addresses are allowed")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
