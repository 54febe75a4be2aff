// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the service does to a text before it stores it: forbidden characters go, ends are trimmed, entities must lie
//! within the text and on whole characters, and their nesting is put in order.

use super::{Entity, Formatted, Kind, sort};
use std::collections::BTreeSet;

/// Most UTF-16 units in a message, after its markup was read.
pub(crate) const TEXT_LIMIT: usize = 4096;
/// Most UTF-16 units in a caption.
pub(crate) const CAPTION_LIMIT: usize = 1024;

/// Entities of a message that the service keeps. It drops the others without a word.
const ENTITIES: usize = 100;
/// About how many bytes all entities of a message may take on the service's wire.
const ENTITY_BYTES: usize = 9_500;

/// A text that can be stored.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) formatted: Formatted,
    /// What the service changed in silence: entities that it dropped or cut.
    pub(crate) changed: Vec<String>,
}

/// Puts a text in order.
///
/// # Errors
/// An entity outside of the text or within a character; entities that are too long in all; nothing left to show (unless
/// `may_be_empty`).
pub(crate) fn settle(formatted: Formatted, may_be_empty: bool) -> Result<Settled, String> {
    let mut changed = Vec::new();
    let entities = nest(formatted.entities, &mut changed);
    let (text, mut entities) = clean(&formatted.text, entities)?;
    let mut text = text;
    trim(&mut text, &mut entities);
    if is_blank(&text) {
        if !may_be_empty {
            return Err("Text must be non-empty".into());
        }
        return Ok(Settled { formatted: Formatted::default(), changed });
    }
    // Characters may have gone between two entities: they may touch now.
    let mut entities = nest(entities, &mut Vec::new());
    if entities.iter().map(wire_size).sum::<usize>() > ENTITY_BYTES {
        return Err("ENTITIES_TOO_LONG".into());
    }
    let pieces = pieces(&entities);
    if pieces > ENTITIES {
        changed.push(format!("of {pieces} entities only the first {ENTITIES} are shown"));
        entities.truncate(ENTITIES);
    }
    Ok(Settled { formatted: Formatted { text, entities }, changed })
}

/// What an entity takes on the wire: its kind, its place, and a text that some have, in steps of four bytes.
fn wire_size(entity: &Entity) -> usize {
    let text = match &entity.kind {
        Kind::TextLink { url } => url.len(),
        Kind::Pre { language: Some(language) } => language.len(),
        Kind::TextMention { .. } | Kind::CustomEmoji { .. } | Kind::DateTime { .. } => 7,
        _ => return 12,
    };
    12 + (text + 4) / 4 * 4
}

/// How many entities the service makes of these: it cuts a style wherever another one begins within it, and at both ends
/// of everything else.
fn pieces(entities: &[Entity]) -> usize {
    let cuts: BTreeSet<usize> = entities
        .iter()
        .flat_map(|entity| [Some(entity.offset), Some(entity.end()).filter(|_| !entity.kind.is_style())])
        .flatten()
        .collect();
    let within = |style: &Entity| cuts.range(style.offset + 1..style.end()).count();
    entities.iter().map(|entity| 1 + if entity.kind.is_style() { within(entity) } else { 0 }).sum()
}

/// Drops what overlaps where it must not, and joins styles that touch.
///
/// The service keeps overlapping styles as many short entities; here they stay as few long ones, which mean the same.
fn nest(mut entities: Vec<Entity>, changed: &mut Vec<String>) -> Vec<Entity> {
    entities.retain(|entity| entity.length > 0);
    sort(&mut entities);
    let mut quotes = Vec::new();
    let mut whole = Vec::new();
    let mut styles = Vec::new();
    for entity in entities {
        if entity.kind.is_style() {
            styles.push(entity);
        } else if entity.kind.is_quote() {
            keep_apart(&mut quotes, entity, changed);
        } else {
            keep_apart(&mut whole, entity, changed);
        }
    }
    whole.retain(|entity: &Entity| {
        let cut = quotes.iter().find(|quote: &&Entity| {
            overlaps(quote, entity) && !(quote.offset <= entity.offset && entity.end() <= quote.end())
        });
        if let Some(quote) = cut {
            changed.push(format!("{} dropped: it crosses the edge of {}", name(entity), name(quote)));
        }
        cut.is_none()
    });
    let mut settled = join(styles);
    for verbatim in whole.iter().filter(|entity| entity.kind.is_verbatim()) {
        settled = settled.into_iter().flat_map(|style| cut_out(style, verbatim, changed)).collect();
    }
    settled.extend(whole);
    settled.extend(quotes);
    sort(&mut settled);
    settled
}

fn keep_apart(kept: &mut Vec<Entity>, entity: Entity, changed: &mut Vec<String>) {
    match kept.last() {
        Some(last) if entity.offset < last.end() => {
            changed.push(format!("{} dropped: it overlaps {}", name(&entity), name(last)));
        }
        _ => kept.push(entity),
    }
}

fn overlaps(a: &Entity, b: &Entity) -> bool {
    a.offset < b.end() && b.offset < a.end()
}

fn name(entity: &Entity) -> String {
    format!("{} at {}..{}", entity.kind.name(), entity.offset, entity.end())
}

/// One entity for each stretch of a style.
fn join(styles: Vec<Entity>) -> Vec<Entity> {
    let mut joined: Vec<Entity> = Vec::with_capacity(styles.len());
    for style in styles {
        match joined.iter_mut().rev().find(|earlier| earlier.kind == style.kind) {
            Some(earlier) if style.offset <= earlier.end() => {
                earlier.length = earlier.end().max(style.end()) - earlier.offset;
            }
            _ => joined.push(style),
        }
    }
    joined
}

/// What is left of a style outside of a piece of code.
fn cut_out(style: Entity, code: &Entity, changed: &mut Vec<String>) -> Vec<Entity> {
    if !overlaps(&style, code) {
        return vec![style];
    }
    changed.push(format!("{} cut: nothing may lie over {}", name(&style), name(code)));
    let before = Entity { length: code.offset.saturating_sub(style.offset), ..style.clone() };
    let after =
        Entity { offset: code.end(), length: style.end().saturating_sub(code.end()), kind: style.kind };
    [before, after].into_iter().filter(|part| part.length > 0).collect()
}

/// Removes and replaces what the service does not let through, and moves the entities accordingly.
fn clean(text: &str, mut entities: Vec<Entity>) -> Result<(String, Vec<Entity>), String> {
    let mut out = String::with_capacity(text.len());
    // For each UTF-16 unit of the old text the unit of the new one, or nothing within a character; and the byte.
    let mut places: Vec<(Option<usize>, usize)> = Vec::with_capacity(text.len() + 1);
    let mut units = 0;
    for (byte, character) in text.char_indices() {
        places.push((Some(units), byte));
        if character.len_utf16() == 2 {
            places.push((None, byte + character.len_utf8()));
        }
        let replaced = match character {
            '\n' => Some('\n'),
            '\r' | '\u{2028}'..='\u{202e}' | '\u{333}' | '\u{33f}' | '\u{30a}' => None,
            '\0'..=' ' => Some(' '),
            other => Some(other),
        };
        if let Some(character) = replaced {
            units += character.len_utf16();
            out.push(character);
        }
    }
    places.push((Some(units), text.len()));
    for entity in &mut entities {
        let (old, end) = (entity.offset, entity.end());
        let begin = match places.get(old) {
            None => return Err(format!("Entity begins after the end of the text at UTF-16 offset {old}")),
            Some((None, byte)) => {
                return Err(format!("Entity begins in a middle of a UTF-16 symbol at byte offset {byte}"));
            }
            Some((Some(begin), _)) => *begin,
        };
        let end = match places.get(end) {
            None => {
                return Err(format!(
                    "Entity beginning at UTF-16 offset {old} ends after the end of the text at UTF-16 offset {end}"
                ));
            }
            Some((None, byte)) => {
                return Err(format!(
                    "Entity beginning at UTF-16 offset {old} ends in a middle of a UTF-16 symbol at byte offset {byte}"
                ));
            }
            Some((Some(end), _)) => *end,
        };
        entity.offset = begin;
        entity.length = end - begin;
    }
    entities.retain(|entity| entity.length > 0);
    Ok((tame_marks(&out), entities))
}

/// In a run of direction marks only the last one is kept; the others become a character without effect.
fn tame_marks(text: &str) -> String {
    let is_mark = |character: &char| matches!(character, '\u{200e}' | '\u{200f}');
    let mut characters = text.chars().peekable();
    let mut out = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        let followed = characters.peek().is_some_and(is_mark);
        out.push(if is_mark(&character) && followed { '\u{200c}' } else { character });
    }
    out
}

/// Spaces and line breaks at the end go; those at the beginning go as far as the first entity.
fn trim(text: &mut String, entities: &mut Vec<Entity>) {
    let is_space = |character| matches!(character, ' ' | '\n');
    let kept = text.trim_end_matches(is_space).len();
    text.truncate(kept);
    let end = super::utf16_len(text);
    entities.retain_mut(|entity| {
        entity.length = entity.length.min(end.saturating_sub(entity.offset));
        entity.length > 0
    });
    let first = entities.iter().map(|entity| entity.offset).min().unwrap_or(usize::MAX);
    // Spaces and line breaks have one byte and one unit each.
    let leading = text.chars().take_while(|character| is_space(*character)).count().min(first);
    text.drain(..leading);
    for entity in entities {
        entity.offset -= leading;
    }
}

/// Whether a text shows nothing at all.
fn is_blank(text: &str) -> bool {
    text.chars().all(|character| {
        matches!(
            character,
            ' ' | '\n' | '\u{a0}' | '\u{1680}' | '\u{180e}' | '\u{2000}'..='\u{200f}' | '\u{202e}' | '\u{202f}'
                | '\u{205f}' | '\u{2800}' | '\u{3000}' | '\u{feff}' | '\u{fffc}' | '\u{e0000}'..='\u{e007f}'
        )
    })
}

/// `/command`, `/command@bot` and `@name` in what a person wrote: the service marks them.
pub(crate) fn found_by_service(text: &str) -> Vec<Entity> {
    let mut found = Vec::new();
    let mut units = 0;
    let mut before = ' ';
    let mut rest = text.char_indices();
    while let Some((byte, character)) = rest.next() {
        let starts_word = !(before.is_alphanumeric() || matches!(before, '_' | '/' | '@'));
        let tail = text.get(byte + character.len_utf8()..).unwrap_or_default();
        let name_len =
            |text: &str| text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').count();
        let (kind, length) = match character {
            '/' if starts_word => {
                let command = name_len(tail);
                let bot = tail.get(command..).and_then(|tail| tail.strip_prefix('@')).map_or(0, name_len);
                let length = if bot == 0 { command } else { command + 1 + bot };
                (Kind::BotCommand, if (1..=64).contains(&command) { length } else { 0 })
            }
            '@' if starts_word => {
                let name = name_len(tail);
                (Kind::Mention, if (3..=32).contains(&name) { name } else { 0 })
            }
            _ => (Kind::Mention, 0),
        };
        if length > 0 {
            found.push(Entity::new(kind, units, length + 1));
            // All of it is ASCII.
            units += length + 1;
            before = 'a';
            rest.nth(length - 1);
        } else {
            units += character.len_utf16();
            before = character;
        }
    }
    found
}
