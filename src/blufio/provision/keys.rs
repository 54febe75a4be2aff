// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who may log in over SSH. Without a key nobody listens.

use crate::provision::handed::{Handed, Text};
use crate::provision::machine::{Machine, write};
use crate::provision::report::Report;

/// Under this name the last ones that somebody put there are kept.
const NAME: &str = "authorized_keys";
/// How the kinds of keys begin that are let in.
const KINDS: &[&str] =
    &["ssh-ed25519", "ecdsa-sha2-nistp", "ssh-rsa", "sk-ssh-ed25519@", "sk-ecdsa-sha2-nistp256@"];

/// The first source that has keys has the last word.
pub(crate) fn take(machine: &Machine, sources: &[Handed], report: &mut Report) {
    let found = sources.iter().find_map(|source| source.keys.as_ref().map(|keys| (source.only_fills, keys)));
    let Some((only_fills, Text { place, text })) = found else { return };
    let (to, before) = (machine.authorized_keys(), machine.taken_before(NAME));
    let known = std::fs::read(&before).ok();
    if known.is_some_and(|known| only_fills || known == text.as_bytes()) || only_fills && to.exists() {
        return;
    }
    let mut keys = String::new();
    let lines = text.lines().map(str::trim).enumerate();
    for (number, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        if is_key(line) {
            keys.push_str(line);
            keys.push('\n');
        } else {
            let place = format!("{place}:{}", number.saturating_add(1));
            report.problem(place, "is no public key; it looks like `ssh-ed25519 AAAA… you@home`, one a line");
        }
    }
    if keys.is_empty() {
        return report.problem(place, "holds no public key");
    }
    let written = write(&to, keys.as_bytes(), 0o600).and_then(|()| write(&before, text.as_bytes(), 0o600));
    match written {
        Ok(()) => report.taken(format!("{} keys for SSH, from {place}", keys.lines().count())),
        Err(error) => report.problem(place, format_args!("{} cannot be written: {error}", to.display())),
    }
}

/// A kind that is known, followed by what a key looks like. Options may stand before.
fn is_key(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    words.windows(2).any(|pair| match pair {
        [kind, key] => {
            KINDS.iter().any(|known| kind.starts_with(known))
                && key.starts_with("AAAA")
                && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
        }
        _ => false,
    })
}
