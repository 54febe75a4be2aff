// SPDX-License-Identifier: MIT OR Apache-2.0
//! The forms of secrets, kept so that a text can be searched for all of them at once.
//!
//! A general automaton would copy the secrets into memory that nobody wipes. This table keeps them in buffers that are
//! wiped, and finds them by their first four bytes.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::HashMap;
use std::ops::Range;
use zeroize::Zeroizing;

/// By how many bytes a form is found. No form is shorter.
const START: usize = 4;
/// Shorter secrets are searched for as they are: their encoded forms would be found in innocent text.
const MIN_ENCODED: usize = 6;
/// Lines of a secret of several lines that are worth hiding one by one, since logs are written line by line.
const MIN_LINE: usize = 16;

type Form = Zeroizing<Vec<u8>>;

/// All forms of all secrets.
#[derive(Clone, Default)]
pub(crate) struct Forms {
    by_start: HashMap<[u8; START], Vec<Form>>,
}

impl Forms {
    /// Adds the forms of one secret. Says whether it is long enough to be searched for.
    pub(crate) fn add(&mut self, secret: &str) -> bool {
        // Files end their secrets with a line break that is not part of them.
        let secret = secret.trim();
        if secret.len() < START {
            return false;
        }
        self.insert(secret.as_bytes().to_vec());
        if secret.len() < MIN_ENCODED {
            return true;
        }
        // Escapes (%, \) are taken off the text before it is searched; the plus for a space is not an escape.
        if secret.contains(' ') {
            self.insert(secret.replace(' ', "+").into_bytes());
        }
        for line in secret.lines().map(str::trim).filter(|line| line.len() >= MIN_LINE) {
            self.insert(line.as_bytes().to_vec());
        }
        self.insert(hex::encode(secret).into_bytes());
        self.insert(hex::encode_upper(secret).into_bytes());
        for offset in 0..3 {
            self.insert(base64_core(&STANDARD_NO_PAD, secret.as_bytes(), offset));
            self.insert(base64_core(&URL_SAFE_NO_PAD, secret.as_bytes(), offset));
        }
        true
    }

    fn insert(&mut self, form: Vec<u8>) {
        let form = Zeroizing::new(form);
        let Some(start) = form.first_chunk::<START>() else { return };
        let forms = self.by_start.entry(*start).or_default();
        if !forms.contains(&form) {
            forms.push(form);
            forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        }
    }

    /// Where in `text` a form stands. Overlapping finds are all reported, in order of their starts.
    pub(crate) fn find(&self, text: &[u8], found: &mut Vec<Range<usize>>) {
        if self.by_start.is_empty() {
            return;
        }
        for (at, start) in text.windows(START).enumerate() {
            let Some(forms) = <[u8; START]>::try_from(start).ok().and_then(|start| self.by_start.get(&start))
            else {
                continue;
            };
            let rest = text.get(at..).unwrap_or_default();
            // Longest first: a shorter one with the same start lies within it.
            if let Some(form) = forms.iter().find(|form| rest.starts_with(form)) {
                found.push(at..at.saturating_add(form.len()));
            }
        }
    }
}

/// The part of a base64 text that depends on the secret alone, when `offset` other bytes (modulo three) stand before
/// it. What the neighbours have a say in is left out: at most two characters, with less than six bits each.
fn base64_core(engine: &impl Engine, secret: &[u8], offset: usize) -> Vec<u8> {
    let mut padded = Zeroizing::new(vec![0; offset]);
    padded.extend_from_slice(secret);
    let encoded = Zeroizing::new(engine.encode(padded.as_slice()));
    let first = offset.saturating_mul(8).div_ceil(6);
    let last = padded.len().saturating_mul(8) / 6;
    encoded.as_bytes().get(first..last).unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests;
