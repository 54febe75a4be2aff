// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which words of a Markdown text its reader must see, found without a Markdown parser: what hides in markup is named
//! here, everything else must show.

use blufio_simulator::telegram::{Entity, Kind};

/// What the texts hide in markup: link targets, character references.
const HIDDEN: &[&str] = &[
    "https://example.org/a_(b)?q=1&r=*",
    "https://example.org/x_y_z",
    "https://example.org/i.png",
    "https://example.org",
    "&amp;",
    "&lt;",
    "&#x41;",
];

/// Words that must be seen, in this order.
#[derive(Debug)]
pub(super) struct Words(Vec<String>);

impl Words {
    pub(super) fn of(markdown: &str) -> Self {
        let mut source = markdown.to_owned();
        for hidden in HIDDEN {
            source = source.replace(hidden, " ");
        }
        // The line that opens a block of code names its language.
        let lines = source.split(['\n', '\r']).filter(|line| {
            let line = line.trim_start_matches([' ', '\t', '>']);
            !line.starts_with("```") && !line.starts_with("~~~")
        });
        let words = lines.flat_map(|line| line.split(|c| !is_seen(c)));
        // Numbers of lists are counted anew; the x of a task that is done becomes a box.
        let counts =
            |word: &&str| word.len() > 1 && !(word.len() < 4 && word.chars().all(|c| c.is_ascii_digit()));
        Self(words.filter(counts).map(str::to_owned).collect())
    }

    /// The first word that is not where it should be.
    pub(super) fn missing_in(&self, shown: &str) -> Option<String> {
        let mut rest = shown;
        for word in &self.0 {
            match rest.split_once(word.as_str()) {
                Some((_, after)) => rest = after,
                None => return Some(word.clone()),
            }
        }
        None
    }
}

/// A character that leaves something to see.
fn is_seen(c: char) -> bool {
    let mark = matches!(c,
        '\u{a0}' | '\u{180e}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{2060}'..='\u{206f}'
        | '\u{2800}' | '\u{3000}' | '\u{feff}' | '\u{fffc}' | '\u{e0000}'..='\u{e007f}' | '\u{333}' | '\u{33f}'
        | '\u{30a}');
    c.is_alphanumeric() || (!c.is_ascii() && !c.is_whitespace() && !c.is_control() && !mark)
}

/// What a reader sees of a message, without white space: words are broken by the end of a message at worst.
pub(super) fn shown(text: &str, entities: &[Entity]) -> String {
    // Entities give words a look and take none away.
    assert!(!entities.iter().any(|entity| matches!(entity.kind, Kind::Spoiler)));
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
