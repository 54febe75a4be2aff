// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one hole in the wall: the metadata service of a cloud, which speaks plain HTTP at a link-local address.
//!
//! It is a client of its own. [`Net`](crate::Net) refuses this address, whoever asks and however it is redirected there,
//! and this client speaks to nobody else.

use crate::error::NetError;
use crate::redactor::Redactor;
use reqwest::redirect::Policy;
use reqwest::{Method, StatusCode};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Where the providers' services are.
pub const METADATA_SERVICE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)), 80);
/// Longest time for one exchange, from connecting to the last byte.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks the metadata service. No TLS, no proxy, no redirects, no names: one address.
#[derive(Clone, Debug)]
pub struct Metadata {
    client: reqwest::Client,
    address: SocketAddr,
}

impl Metadata {
    /// Sets up the client. The address is [`METADATA_SERVICE`], or one on loopback: a stand-in.
    ///
    /// # Errors
    /// [`NetError::Refused`] for any other address, or [`NetError::Setup`].
    pub fn new(address: SocketAddr) -> Result<Self, NetError> {
        if address != METADATA_SERVICE && !address.ip().is_loopback() {
            return Err(NetError::Refused {
                host: address.to_string(),
                reason: format!(
                    "without TLS only {METADATA_SERVICE} is spoken to, or a stand-in on loopback"
                ),
            });
        }
        let client = reqwest::Client::builder()
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .referer(false)
            .redirect(Policy::none())
            .user_agent(concat!("blufio/", env!("CARGO_PKG_VERSION")))
            .timeout(PATIENCE)
            .build()
            .map_err(|error| NetError::Setup { reason: error.without_url().to_string() })?;
        Ok(Self { client, address })
    }

    /// The body of a successful answer, at most `limit` bytes; `None` where the service has nothing at this path.
    /// Takes five seconds at most. Dropping the future ends the exchange.
    ///
    /// # Errors
    /// See [`NetError`]; [`NetError::Broken`] for any status but 2xx and 404.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        limit: usize,
    ) -> Result<Option<Vec<u8>>, NetError> {
        let redactor = Redactor::new();
        let failed = |error: &reqwest::Error| NetError::from_reqwest(error, &redactor);
        let mut request = self.client.request(method, format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = request.send().await.map_err(|error| failed(&error))?;
        let host = self.address.ip().to_string();
        match response.status() {
            status if status.is_success() => {}
            StatusCode::NOT_FOUND => return Ok(None),
            status => return Err(NetError::Broken { host, reason: format!("it answered {status}") }),
        }
        let size = response.content_length();
        let too_large = || {
            let limit = u64::try_from(limit).unwrap_or(u64::MAX);
            NetError::TooLarge { host: host.clone(), limit, size }
        };
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
            if body.len().saturating_add(chunk.len()) > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Some(body))
    }
}

#[cfg(test)]
mod tests;
