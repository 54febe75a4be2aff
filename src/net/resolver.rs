// SPDX-License-Identifier: MIT OR Apache-2.0
//! Turns names into checked addresses.
//!
//! The client connects to what this resolver hands it and asks nobody else, so that the address that was checked is
//! the address that is connected to: a name server that answers differently the second time gains nothing.

use crate::address::{forbidden, forbidden_name};
use crate::error::{LookupFailed, Refusal};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

/// What a look-up will answer.
pub(crate) type Answer = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// A resolver that answers with public addresses only.
pub(crate) struct CheckedResolver {
    pub(crate) lookup: fn(String) -> Answer,
}

impl CheckedResolver {
    /// Asks the system, as configured in `/etc/hosts` and `/etc/resolv.conf`.
    pub(crate) fn system() -> Self {
        Self {
            lookup: |host| Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.collect()) }),
        }
    }
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let lookup = self.lookup;
        Box::pin(async move {
            if let Some(what) = forbidden_name(&host) {
                return Err(Refusal::new(&host, format!("it is {what}")).into());
            }
            let failed = |reason: String| LookupFailed { host: host.clone(), reason };
            let addresses = lookup(host.clone()).await.map_err(|error| failed(error.to_string()))?;
            if addresses.is_empty() {
                return Err(failed("it has no address".to_owned()).into());
            }
            screen(&host, &addresses)?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// One forbidden address spoils the name: whoever mixes public and private answers is up to something.
fn screen(host: &str, addresses: &[SocketAddr]) -> Result<(), Refusal> {
    let spoiled =
        addresses.iter().find_map(|address| forbidden(address.ip()).map(|what| (address.ip(), what)));
    match spoiled {
        Some((address, what)) => Err(Refusal::new(host, format!("its address {address} is {what}"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
