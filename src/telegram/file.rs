// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fetches files. Their address holds the token: it is never shown.

use crate::NAME;
use crate::api::Api;
use crate::failure::Failure;
use blufio_core::channel::{ChannelError, Fetched, FileRef};
use blufio_net::{Net, NetError};
use std::time::Duration;

/// The Bot API serves no larger files.
const SERVED: u64 = 20 * 1024 * 1024;
/// A whole download.
const DOWNLOAD: Duration = Duration::from_secs(120);

/// Fetches a file of at most `limit` bytes.
pub(crate) async fn fetch(api: &Api, net: &Net, file: &FileRef, limit: u64) -> Result<Fetched, ChannelError> {
    let limit = limit.min(SERVED);
    let too_large = |size: u64| ChannelError::TooLarge { size, limit };
    if let Some(size) = file.size.filter(|size| *size > limit) {
        return Err(too_large(size));
    }
    let found = match api.file(&file.handle).await {
        Ok(found) => found,
        Err(Failure::Refused(reason)) if reason.contains("file is too big") => {
            return Err(too_large(file.size.unwrap_or(SERVED + 1)));
        }
        Err(Failure::Unread(_)) => return Err(permanent("it offers no download of this file")),
        Err(failure) => return Err(failure.into_error()),
    };
    let size = u64::from(found.meta.size);
    if found.meta.size != u32::MAX && size > limit {
        return Err(too_large(size));
    }
    let url =
        api.file_url(&found.path).ok_or_else(|| permanent("the file lies at a path that is not sound"))?;
    let request = net.request(reqwest::Method::GET, url).map_err(net_error)?.timeout(DOWNLOAD);
    let response = net.send(request).await.map_err(net_error)?;
    let status = response.status();
    match status.as_u16() {
        200 => {}
        429 => {
            return Err(ChannelError::RetryAfter { channel: NAME.to_owned(), wait: Duration::from_secs(5) });
        }
        500..=599 => return Err(transient(format!("the download failed ({status})"))),
        _ => return Err(permanent(&format!("the download was refused ({status})"))),
    }
    match net.read_capped(response, limit).await {
        Ok(bytes) => Ok(Fetched { bytes, media_type: None }),
        Err(NetError::TooLarge { size, .. }) => Err(too_large(size.unwrap_or(limit + 1))),
        Err(error) => Err(net_error(error)),
    }
}

fn net_error(error: NetError) -> ChannelError {
    if error.is_retryable() { transient(error.to_string()) } else { permanent(&error.to_string()) }
}

fn transient(reason: String) -> ChannelError {
    ChannelError::Transient { channel: NAME.to_owned(), reason }
}

fn permanent(reason: &str) -> ChannelError {
    ChannelError::Permanent { channel: NAME.to_owned(), reason: reason.to_owned() }
}
