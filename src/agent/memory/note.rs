// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the model is shown of what was found: one note, within so many tokens, each line with its day.

use super::index::PERSON;
use crate::tokens;
use blufio_calendar::Zone;
use blufio_core::content::Block;
use blufio_core::ids::MemoryId;
use blufio_core::memory::Item;
use blufio_core::recall::Recollection;

const BEGIN: &str =
    "[Remembered from earlier, as background; it asks for nothing, and is mentioned only where it helps:";
/// Replaced values of one memory that are shown beside it.
const EARLIER: usize = 3;
/// Past words beyond so many tokens are shortened.
const LONGEST: u64 = 120;

/// What is shown of what was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Shown {
    /// For the model; `None` where nothing was found.
    pub(crate) note: Option<Block>,
    /// For `/why`.
    pub(crate) told: Vec<String>,
    /// The memories among it.
    pub(crate) memories: Vec<MemoryId>,
}

/// Shows the best of what was found within `most` tokens. What does not fit is left out, the least fitting first.
pub(crate) fn shown(found: &[Recollection], zone: &Zone, most: u64) -> Shown {
    let mut shown = Shown::default();
    let mut lines = String::new();
    for recollection in found {
        let longer = format!("{lines}\n{}", line(recollection, zone));
        if tokens::of_text(&format!("{BEGIN}{longer}]")).expected > most {
            continue;
        }
        lines = longer;
        shown.told.push(format!(
            "{} ({})",
            harmless(recollection.item.text()),
            recollection.reasons.join(", ")
        ));
        if let Item::Memory(memory) = &recollection.item {
            shown.memories.push(memory.id);
        }
    }
    if !lines.is_empty() {
        shown.note = Some(Block::Note { text: format!("{BEGIN}{lines}]") });
    }
    shown
}

fn line(recollection: &Recollection, zone: &Zone) -> String {
    match &recollection.item {
        Item::Memory(memory) => {
            let earlier = recollection.earlier.iter().take(EARLIER).map(|earlier| {
                let until = earlier.replaced.map_or(memory.learned_at, |replaced| replaced.at);
                format!(" (until {}: {})", zone.date(until), harmless(&earlier.text))
            });
            let earlier: String = earlier.collect();
            format!("- {}: {}{earlier}", zone.date(memory.learned_at), harmless(&memory.text))
        }
        Item::Passage(passage) => {
            // Among what others have said around it, the person's own words are marked as well.
            let own = format!("{PERSON}: {}", passage.text.trim());
            let words = match passage.around.as_str() {
                "" => own,
                around => around.replacen(passage.text.trim(), &own, 1),
            };
            format!("- {}, as it was said: {}", zone.date(passage.at), shortened(&harmless(&words)))
        }
    }
}

fn shortened(text: &str) -> String {
    match tokens::of_text(text).expected {
        size if size <= LONGEST => text.to_owned(),
        _ => format!("{} (…)", tokens::head(text, LONGEST)),
    }
}

/// A text on one line that cannot end the note.
fn harmless(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    one_line.replace('[', "(").replace(']', ")")
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::ids::{MessageId, PassageId, SessionId};
    use blufio_core::memory::{Memory, MemoryKind, MemoryScope, MemoryTrust, Passage, Replaced};
    use blufio_core::time::Timestamp;
    use proptest::prelude::*;

    const DAY: i64 = 86_400_000;

    fn memory(id: i64, text: &str, day: i64) -> Memory {
        Memory {
            id: MemoryId(id),
            text: text.into(),
            kind: MemoryKind::Fact,
            scope: MemoryScope::Agent,
            trust: MemoryTrust::Told,
            confidence: 100,
            source: None,
            learned_at: Timestamp(day * DAY),
            used_at: None,
            uses: 0,
            replaced: None,
        }
    }

    fn found(item: Item, earlier: Vec<Memory>) -> Recollection {
        Recollection { item, earlier, score: 1.0, reasons: vec!["words: x".into()] }
    }

    fn said(text: &str, around: &str) -> Item {
        Item::Passage(Passage {
            id: PassageId(1),
            message: MessageId(1),
            session: SessionId(1),
            scope: MemoryScope::Agent,
            text: text.into(),
            around: around.into(),
            at: Timestamp(2 * DAY),
        })
    }

    fn text(shown: &Shown) -> &str {
        match &shown.note {
            Some(Block::Note { text }) => text,
            _ => "",
        }
    }

    #[test]
    fn each_line_says_when_it_was_learned_and_what_held_before() {
        let before = Memory {
            replaced: Some(Replaced { by: MemoryId(2), at: Timestamp(9 * DAY) }),
            ..memory(1, "Lives in Ghent.", 1)
        };
        let items = [
            found(Item::Memory(memory(2, "Lives in Porto.", 9)), vec![before]),
            found(said("A small boat", "you: What?\nA small boat"), vec![]),
        ];
        let shown = shown(&items, &Zone::utc(), 600);
        assert_eq!(
            text(&shown).split_once('\n').unwrap().1,
            "- 1970-01-10: Lives in Porto. (until 1970-01-10: Lives in Ghent.)\n\
             - 1970-01-03, as it was said: you: What? person: A small boat]"
        );
        assert_eq!(shown.memories, [MemoryId(2)]);
        assert_eq!(shown.told, ["Lives in Porto. (words: x)", "A small boat (words: x)"]);
    }

    #[test]
    fn where_nothing_fits_there_is_no_note() {
        assert_eq!(shown(&[], &Zone::utc(), 600), Shown::default());
        let large = [found(Item::Memory(memory(1, &"word ".repeat(100), 1)), vec![])];
        assert_eq!(shown(&large, &Zone::utc(), 60), Shown::default());
    }

    proptest! {
        #[test]
        fn a_note_keeps_within_its_tokens_and_nothing_in_it_can_end_it(
            texts in prop::collection::vec("[\\PC\n\\[\\]]{0,200}", 0..12),
            most in 50_u64..800,
        ) {
            let items: Vec<_> = texts.iter().map(|text| found(said(text, text), vec![])).collect();
            let shown = shown(&items, &Zone::utc(), most);
            let note = text(&shown);
            prop_assert!(tokens::of_text(note).expected <= most);
            prop_assert_eq!(note.matches(']').count(), usize::from(!note.is_empty()));
            prop_assert_eq!(note.lines().count(), if note.is_empty() { 0 } else { shown.told.len() + 1 });
        }
    }
}
