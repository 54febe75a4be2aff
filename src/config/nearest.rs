// SPDX-License-Identifier: MIT OR Apache-2.0
//! The nearest valid name to one that does not exist.

use crate::keys::{keys, sections, successor};
use std::cmp::Reverse;

/// Names longer than this are cut before they are compared: the cost is their length times that of every key.
const LONGEST: usize = 64;

/// The nearest of some words, if one is near enough to be what was meant.
pub(crate) fn among<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = plain(word);
    words
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &plain(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// What was probably meant by a path that does not exist, as a sentence.
pub(crate) fn advice(path: &str) -> String {
    if let Some(successor) = successor(&plain(path)) {
        return successor.to_owned();
    }
    let (section, leaf) = path.rsplit_once('.').unwrap_or(("", path));
    let inside =
        keys().iter().filter_map(|key| key.path.split_once('.').filter(|(name, _)| *name == section));
    if let Some(near) = among(leaf, inside.map(|(_, name)| name)) {
        return format!("did you mean `{section}.{near}`?");
    }
    if section.is_empty()
        && let Some(near) = among(leaf, sections().iter().map(|section| section.name))
    {
        return format!("did you mean the section `[{near}]`?");
    }
    let bare = plain(leaf);
    let mut same = keys().iter().filter(|key| key.path.rsplit('.').next() == Some(bare.as_str()));
    if let Some(key) = same.next() {
        return format!("did you mean `{}`?", key.path);
    }
    if let Some(near) = among(path, keys().iter().map(|key| key.path)) {
        return format!("did you mean `{near}`?");
    }
    let known: Vec<&str> = keys()
        .iter()
        .filter_map(|key| key.path.split_once('.'))
        .filter(|(name, _)| *name == section)
        .map(|(_, name)| name)
        .collect();
    let path = plain(path);
    let nearest = keys()
        .iter()
        .filter(|key| known.is_empty() || key.path.split_once('.').is_some_and(|(name, _)| name == section))
        .min_by_key(|key| Reverse(similarity(&path, key.path)))
        .map_or("agent.name", |key| key.path);
    if known.is_empty() {
        let names: Vec<&str> = sections().iter().map(|section| section.name).collect();
        format!("the nearest key is `{nearest}`; the sections are {}", names.join(", "))
    } else {
        format!("the nearest key is `{nearest}`; [{section}] knows {}", known.join(", "))
    }
}

/// In thousandths, so that it can be ordered.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn similarity(a: &str, b: &str) -> u32 {
    (strsim::jaro_winkler(a, b) * 1000.0) as u32
}

/// People write `base-url` and `Base_URL` for `base_url`.
fn plain(word: &str) -> String {
    word.chars().take(LONGEST).map(|char| if char == '-' { '_' } else { char.to_ascii_lowercase() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_its_key() {
        assert_eq!(advice("agent.nmae"), "did you mean `agent.name`?");
        assert_eq!(advice("agent.max-tool-rounds"), "did you mean `agent.max_tool_rounds`?");
        assert_eq!(advice("agnet"), "did you mean the section `[agent]`?");
        assert_eq!(advice("agnet.name"), "did you mean `agent.name`?");
    }

    #[test]
    fn a_key_in_the_wrong_section_finds_the_right_one() {
        assert_eq!(advice("agent.request_timeout"), "did you mean `anthropic.request_timeout`?");
        assert_eq!(advice("allowed_users"), "did you mean `telegram.allowed_users`?");
    }

    #[test]
    fn a_key_of_an_earlier_version_finds_what_holds_now() {
        assert!(advice("agent.model").contains("`routing.standard`"));
        assert!(advice("agent.history-messages").contains("`context.soft_limit_tokens`"));
    }

    #[test]
    fn what_resembles_nothing_is_told_what_there_is() {
        assert!(advice("log.colour_of_the_sky").ends_with("[log] knows level, format, file"));
        assert!(advice("zzz").contains("the sections are agent, routing"));
        assert!(advice(&"x".repeat(1_000_000)).contains("the nearest key is"));
    }
}
