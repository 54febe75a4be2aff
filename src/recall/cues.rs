// SPDX-License-Identifier: MIT OR Apache-2.0
//! Words that tell what somebody wants: to ask, to have something done, to speak of himself.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Words in small letters, by what they tell (`cues.txt`).
pub(crate) struct Cues {
    /// Good morning.
    pub(crate) greeting: HashSet<&'static str>,
    /// My, our.
    pub(crate) own: HashSet<&'static str>,
    /// I, we.
    pub(crate) subject: HashSet<&'static str>,
    /// What questions begin with.
    pub(crate) question: HashSet<&'static str>,
    /// What errands begin with.
    pub(crate) errand: HashSet<&'static str>,
}

pub(crate) static CUES: LazyLock<Cues> = LazyLock::new(|| {
    let of = |kind: &str| {
        let mut lines = include_str!("cues.txt").lines();
        let words = lines.find_map(|line| line.strip_prefix(kind)?.strip_prefix(':'));
        words.unwrap_or_default().split_whitespace().collect()
    };
    Cues {
        greeting: of("greeting"),
        own: of("own"),
        subject: of("subject"),
        question: of("question"),
        errand: of("errand"),
    }
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_words() {
        assert!(CUES.own.contains("my") && CUES.subject.contains("ich"));
        assert!(CUES.question.contains("what") && CUES.errand.contains("traduis"));
    }
}
