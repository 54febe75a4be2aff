// SPDX-License-Identifier: MIT OR Apache-2.0
//! A page.

use crate::{MOST_BYTES, visible, words};
use blufio_core::watch::Sight;
use blufio_net::Net;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, Response};
use url::Url;

/// Looks at a page. Every other answer than a page is an error. Dropping the future ends the exchange; it has no time
/// limit of its own.
pub(crate) async fn look(net: &Net, target: &str) -> Result<Sight, String> {
    let url = Url::parse(target)
        .map_err(|error| format!("it is neither an absolute path nor an https URL ({error})"))?;
    let request = net.request(Method::GET, url).map_err(|error| error.to_string())?;
    let request = request.header(ACCEPT, "text/html, text/*;q=0.9, */*;q=0.5");
    let response = net.send(request).await.map_err(|error| error.to_string())?;
    let status = response.status();
    if !status.is_success() {
        return Err(format!("the server answered {status}"));
    }
    let announced = response.content_length();
    let kind =
        response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).map(str::to_lowercase);
    let bytes = read(net, response).await?;
    if is_html(kind.as_deref(), &bytes)
        && let Some(html) = words::text(&bytes)
    {
        let text = visible::text(&html);
        return Ok(Sight { digest: words::digest(text.as_bytes()), excerpt: words::excerpt(&text) });
    }
    let read = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let length = if bytes.len() < MOST_BYTES { read } else { announced.unwrap_or(read) };
    Ok(words::sight(&bytes, b"", length))
}

/// The begin of the body. The rest is not waited for: many a page is larger than what is said on it.
async fn read(net: &Net, mut response: Response) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    while bytes.len() < MOST_BYTES {
        let chunk = response.chunk().await.map_err(|error| net.error(&error).to_string())?;
        let Some(chunk) = chunk else { break };
        bytes.extend_from_slice(&chunk);
    }
    bytes.truncate(MOST_BYTES);
    Ok(bytes)
}

/// Whether it is HTML: as the server says, or, where it says nothing, as it begins.
fn is_html(kind: Option<&str>, bytes: &[u8]) -> bool {
    match kind {
        Some(kind) => kind.contains("html"),
        None => {
            let begin = bytes.trim_ascii_start();
            [b"<!doctype html".as_slice(), b"<html"]
                .iter()
                .any(|mark| begin.get(..mark.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(mark)))
        }
    }
}
