// SPDX-License-Identifier: MIT OR Apache-2.0
//! The forms of secrets, kept so that a text can be searched for all of them at once.
//!
//! A general automaton would copy the secrets into memory that nobody wipes. This table keeps them in buffers that are
//! wiped, and finds them by their first four bytes.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use zeroize::Zeroizing;

/// By how many bytes a form is found. No form is shorter.
const START: usize = 4;
/// Shorter secrets are searched for as they are: their encoded forms would be found in innocent text.
const MIN_ENCODED: usize = 6;
/// Lines of a secret of several lines that are worth hiding one by one, since logs are written line by line.
const MIN_LINE: usize = 16;

type Form = Zeroizing<Vec<u8>>;

/// What came of adding a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// It is searched for.
    Known,
    /// It is searched for, and the one that was added longest ago is not any more.
    InPlaceOfOldest,
    /// It is too short to be told from ordinary text, and not searched for.
    TooShort,
}

/// All forms of all secrets.
#[derive(Clone, Default)]
pub(crate) struct Forms {
    /// Each form with how often it was inserted: two secrets may have one in common.
    by_start: HashMap<[u8; START], Vec<(Form, usize)>>,
    /// The secrets themselves, the one that was added longest ago first.
    secrets: VecDeque<Zeroizing<String>>,
}

impl Forms {
    /// Adds the forms of one secret. One that is known already counts as new again; beyond `most` secrets the oldest
    /// is forgotten.
    pub(crate) fn add(&mut self, secret: &str, most: usize) -> Added {
        // Files end their secrets with a line break that is not part of them.
        let secret = secret.trim();
        if secret.len() < START {
            return Added::TooShort;
        }
        if let Some(at) = self.secrets.iter().position(|known| known.as_str() == secret) {
            let known = self.secrets.remove(at);
            self.secrets.extend(known);
            return Added::Known;
        }
        forms_of(secret).into_iter().for_each(|form| self.insert(form));
        self.secrets.push_back(Zeroizing::new(secret.to_owned()));
        if self.secrets.len() <= most {
            return Added::Known;
        }
        if let Some(oldest) = self.secrets.pop_front() {
            forms_of(&oldest).iter().for_each(|form| self.remove(form));
        }
        Added::InPlaceOfOldest
    }

    fn insert(&mut self, form: Form) {
        let Some(start) = form.first_chunk::<START>() else { return };
        let forms = self.by_start.entry(*start).or_default();
        match forms.iter_mut().find(|(known, _)| *known == form) {
            Some((_, times)) => *times = times.saturating_add(1),
            None => {
                forms.push((form, 1));
                forms.sort_by_key(|(form, _)| std::cmp::Reverse(form.len()));
            }
        }
    }

    fn remove(&mut self, form: &Form) {
        let Some(start) = form.first_chunk::<START>() else { return };
        let Some(forms) = self.by_start.get_mut(start) else { return };
        if let Some((_, times)) = forms.iter_mut().find(|(known, _)| known == form) {
            *times = times.saturating_sub(1);
        }
        forms.retain(|(_, times)| *times > 0);
        if forms.is_empty() {
            self.by_start.remove(start);
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
            if let Some((form, _)) = forms.iter().find(|(form, _)| rest.starts_with(form)) {
                found.push(at..at.saturating_add(form.len()));
            }
        }
    }
}

/// The forms of one secret. Some may be there twice.
fn forms_of(secret: &str) -> Vec<Form> {
    let mut forms = vec![secret.as_bytes().to_vec()];
    if secret.len() >= MIN_ENCODED {
        // Escapes (%, \) are taken off the text before it is searched; the plus for a space is not an escape.
        if secret.contains(' ') {
            forms.push(secret.replace(' ', "+").into_bytes());
        }
        let lines = secret.lines().map(str::trim).filter(|line| line.len() >= MIN_LINE);
        forms.extend(lines.map(|line| line.as_bytes().to_vec()));
        forms.extend([hex::encode(secret).into_bytes(), hex::encode_upper(secret).into_bytes()]);
        for offset in 0..3 {
            forms.push(base64_core(&STANDARD_NO_PAD, secret.as_bytes(), offset));
            forms.push(base64_core(&URL_SAFE_NO_PAD, secret.as_bytes(), offset));
        }
    }
    forms.into_iter().map(Zeroizing::new).collect()
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
