// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the model is shown of what was found: one note, within so many tokens, each line with its day.

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
    let mut room = most.saturating_sub(tokens::of_text(BEGIN).expected).saturating_sub(2);
    for recollection in found {
        let line = line(recollection, zone);
        let size = tokens::of_text(&line).expected.saturating_add(1);
        let Some(left) = room.checked_sub(size) else { continue };
        room = left;
        lines.push('\n');
        lines.push_str(&line);
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
            let words = if passage.around.is_empty() { &passage.text } else { &passage.around };
            format!("- {}, as it was said: {}", zone.date(passage.at), shortened(&harmless(words)))
        }
    }
}

fn shortened(text: &str) -> String {
    match tokens::of_text(text).expected {
        size if size <= LONGEST => text.to_owned(),
        _ => format!("{} […]", tokens::head(text, LONGEST)),
    }
}

/// A text on one line that cannot end the note.
fn harmless(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    one_line.replace('[', "(").replace(']', ")")
}
