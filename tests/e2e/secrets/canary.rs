// SPDX-License-Identifier: MIT OR Apache-2.0
//! Secrets that must never be seen again, in every form in which they could be.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use std::path::Path;

/// A secret, and everything that gives it away.
pub(super) struct Canary {
    name: &'static str,
    forms: Vec<(&'static str, Vec<u8>)>,
}

impl Canary {
    pub(super) fn new(name: &'static str, secret: &str) -> Self {
        let mut forms = vec![
            ("plain", secret.to_owned()),
            ("hex", hex::encode(secret)),
            ("hex", hex::encode_upper(secret)),
            ("reversed", secret.chars().rev().collect()),
        ];
        for encode in [|byte: u8| format!("%{byte:02X}"), |byte| format!("%{byte:02x}")] {
            let strict = secret.bytes().map(|byte| match byte {
                b if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) => char::from(b).to_string(),
                b => encode(b),
            });
            forms.push(("URL", strict.collect()));
        }
        for lead in 0..3 {
            let padded = [vec![b'x'; lead], secret.as_bytes().to_vec()].concat();
            for engine in [&STANDARD, &URL_SAFE] {
                let text = engine.encode(&padded);
                // Only the characters that depend on nothing but the secret.
                let from = (lead * 8).div_ceil(6);
                let to = padded.len() * 8 / 6;
                forms.push(("base64", text[from..to].to_owned()));
            }
        }
        Self { name, forms: forms.into_iter().map(|(form, text)| (form, text.into_bytes())).collect() }
    }

    /// In which form it stands in these bytes.
    pub(super) fn seen_in(&self, bytes: &[u8]) -> Option<String> {
        let stands = |form: &[u8]| bytes.windows(form.len()).any(|window| window == form);
        let quick = |form: &[u8]| form.first().is_some_and(|first| bytes.contains(first)) && stands(form);
        let seen = self.forms.iter().find(|(_, form)| quick(form));
        seen.map(|(form, _)| format!("{} in {form} form", self.name))
    }
}

/// Everything of a folder, with the names in it.
pub(super) fn files(folder: &Path, without: &[&str], found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.display().to_string();
        let kind = path.symlink_metadata().unwrap().file_type();
        if without.iter().any(|without| path.ends_with(without)) {
            continue;
        }
        if kind.is_dir() {
            files(&path, without, found);
        } else if kind.is_file() {
            found.push((name.clone(), std::fs::read(&path).unwrap()));
        }
        found.push((format!("the name {name}"), name.into_bytes()));
    }
}

#[test]
fn a_secret_is_found_in_every_form() {
    let secret = "sk-ant-canary/with+odd=characters?é";
    let canary = Canary::new("key", secret);
    for lead in ["", "a", "ab"] {
        let inside = format!("{lead}{secret} and more");
        assert!(canary.seen_in(STANDARD.encode(&inside).as_bytes()).is_some(), "{lead:?}");
        assert!(canary.seen_in(URL_SAFE.encode(&inside).as_bytes()).is_some(), "{lead:?}");
        assert!(canary.seen_in(hex::encode_upper(&inside).as_bytes()).is_some());
        assert!(canary.seen_in(inside.as_bytes()).is_some());
    }
    assert!(canary.seen_in(b"sk-ant-canary%2Fwith%2Bodd%3Dcharacters%3F%C3%A9").is_some());
    assert_eq!(canary.seen_in(b"sk-ant-canary and nothing else"), None);
}
