// SPDX-License-Identifier: MIT OR Apache-2.0
//! Finds secrets in whatever form they stand in a text.

use crate::forms::{Added, Forms};
use crate::token;
use crate::view::View;
use blufio_core::secret::SecretString;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

/// What stands where a secret stood.
const MARK: &str = "[redacted]";
/// How many layers of escapes are taken off: a JSON text in a JSON text in a line of a JSON log.
const LAYERS: u32 = 3;
/// Most different secrets that are looked for: each takes memory for a dozen forms of it.
const MOST: usize = 1024;

/// Knows the secrets and takes them out of texts: as they are, in base64 (at every alignment, in both alphabets), in
/// hex, percent-encoded, escaped as in JSON, and in mixtures of these. What looks like a key of Anthropic or of a
/// Telegram bot is taken out also when it is unknown.
///
/// It is a second line: nothing should hand it a secret in the first place. Secrets of less than four bytes cannot be
/// told from ordinary text and are not looked for; those of less than six only as they are. A stray `%` or `\` right
/// before an encoded secret can hide it, since it changes what the text decodes to; the secret itself is always found.
#[derive(Default)]
pub struct Redactor {
    forms: RwLock<Arc<Forms>>,
}

impl Redactor {
    /// Knows no secret yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a secret, from now on and for every clone of the `Arc` that holds this. Of more than 1,024 different ones
    /// the one that was added longest ago is forgotten.
    pub fn add(&self, secret: &SecretString) {
        let added = {
            let mut forms = self.forms.write().unwrap_or_else(PoisonError::into_inner);
            Arc::make_mut(&mut forms).add(secret.expose(), MOST)
        };
        // Said without the lock: the log's writer needs it.
        match added {
            Added::Known => {}
            Added::InPlaceOfOldest => tracing::warn!(
                most = MOST,
                "there are more secrets than can be kept out of the logs, and the oldest is no longer looked for"
            ),
            Added::TooShort => tracing::warn!(
                "a secret of less than four bytes cannot be kept out of the logs; choose a longer one"
            ),
        }
    }

    /// Forgets every secret and wipes it from memory, as soon as nobody is just searching a text for it. Tokens are
    /// still known by their shape.
    pub fn clear(&self) {
        *self.forms.write().unwrap_or_else(PoisonError::into_inner) = Arc::default();
    }

    /// `text` with every secret replaced by `[redacted]`. Borrows when there is none.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.redact_bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            }),
        }
    }

    /// The same for bytes, which need not be UTF-8.
    #[must_use]
    pub fn redact_bytes<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let spans = self.spans(text);
        if spans.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut clean = Vec::with_capacity(text.len());
        let mut done = 0;
        for span in spans {
            clean.extend_from_slice(text.get(done..span.start).unwrap_or_default());
            clean.extend_from_slice(MARK.as_bytes());
            done = span.end;
        }
        clean.extend_from_slice(text.get(done..).unwrap_or_default());
        Cow::Owned(clean)
    }

    /// Where secrets stand in `text`: in order, and not overlapping.
    pub(crate) fn spans(&self, text: &[u8]) -> Vec<Range<usize>> {
        let forms = Arc::clone(&self.forms.read().unwrap_or_else(PoisonError::into_inner));
        let mut spans = Vec::new();
        forms.find(text, &mut spans);
        token::find(text, &mut spans);
        if text.contains(&b'%') || text.contains(&b'\\') {
            search_below(&forms, &View::of(text), LAYERS, &mut spans);
        }
        merge(spans)
    }
}

/// Searches what `view` decodes to. Percent signs and backslashes are taken off separately, since each may stand for
/// itself below the other.
fn search_below(forms: &Forms, view: &View, layers: u32, spans: &mut Vec<Range<usize>>) {
    let Some(layers) = layers.checked_sub(1) else { return };
    for below in [view.percent_decoded(), view.unescaped()].into_iter().flatten() {
        let mut found = Vec::new();
        forms.find(below.bytes(), &mut found);
        token::find(below.bytes(), &mut found);
        spans.extend(found.iter().filter_map(|part| below.origin(part)));
        search_below(forms, &below, layers, spans);
    }
}

/// Finds that overlap become one, so that no end of a secret is left over.
fn merge(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.sort_by_key(|span| (span.start, span.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(…)")
    }
}

#[cfg(test)]
mod tests;
