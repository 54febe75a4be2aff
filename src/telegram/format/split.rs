// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cuts a text into parts that fit a message, where it hurts least.

use super::entities::{Span, Style, is_blank};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// Where a text may be cut, from worst to best. Ends of code lines stand below those of other lines: a block is cut
/// only when it would otherwise leave a part mostly empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cut {
    Anywhere,
    Word,
    CodeLine,
    Line,
    Paragraph,
}

/// The byte ranges of the parts, each of at most `limit` UTF-16 units, visible, and without white space at its end.
/// Only white space lies between them. A character that people see as one is never cut, unless it alone is longer
/// than a part.
pub(crate) fn split(text: &str, spans: &[Span], limit: usize) -> Vec<Range<usize>> {
    let blocks: Vec<Range<usize>> = spans
        .iter()
        .filter(|span| matches!(span.style, Style::Pre { .. }))
        .map(|span| span.range.clone())
        .collect();
    let limit = limit.max(2);
    let mut parts = Vec::new();
    let mut start = 0;
    while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
        let lead = leading_space(rest, inside(&blocks, start));
        start += lead;
        let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) else { break };
        let end = start + cut(rest, start, &blocks, limit);
        let Some(part) = text.get(start..end).map(str::trim_end) else { break };
        if !is_blank(part) {
            parts.push(start..start + part.len());
        }
        start = end;
    }
    parts
}

/// How much white space a part must not begin with. In a code block only whole blank lines go: indentation stays.
fn leading_space(rest: &str, in_code: bool) -> usize {
    let space = rest.len() - rest.trim_start().len();
    if in_code { rest.get(..space).and_then(|space| space.rfind('\n')).map_or(0, |at| at + 1) } else { space }
}

fn inside(blocks: &[Range<usize>], at: usize) -> bool {
    // In the order of the text, and apart.
    let next = blocks.partition_point(|block| block.end <= at);
    blocks.get(next).is_some_and(|block| block.start <= at)
}

/// How many bytes of `rest`, which begins at `base` of the whole text, go into this part.
fn cut(rest: &str, base: usize, blocks: &[Range<usize>], limit: usize) -> usize {
    let mut units = 0;
    // For each kind of cut the last place, with the units before it.
    let mut places: [(usize, usize); 5] = [(0, 0); 5];
    let mut newlines = 0;
    for (at, grapheme) in rest.grapheme_indices(true) {
        let width = super::entities::utf16_len(grapheme);
        let space = grapheme.chars().all(char::is_whitespace);
        let newline = space && grapheme.contains('\n');
        newlines = if newline { newlines + 1 } else { 0 };
        if space && units > 0 {
            // Strictly inside a block: its last line may end here, but the block goes on.
            let kind = match (newline, inside(blocks, base + at)) {
                (true, true) => Cut::CodeLine,
                (true, false) if newlines > 1 => Cut::Paragraph,
                (true, false) => Cut::Line,
                (false, _) => Cut::Word,
            };
            note(&mut places, kind, (at, units));
        }
        if units + width > limit {
            if space {
                // White space at a cut is dropped, so what came before it just fits.
                note(&mut places, Cut::Anywhere, (at, units));
            } else if units == 0 {
                return within(grapheme, limit);
            }
            return best(&places, limit).unwrap_or(at);
        }
        units += width;
        note(&mut places, Cut::Anywhere, (at + grapheme.len(), units));
    }
    rest.len()
}

fn note(places: &mut [(usize, usize); 5], kind: Cut, place: (usize, usize)) {
    if let Some(slot) = places.get_mut(kind as usize) {
        *slot = place;
    }
}

/// The best kind of cut that leaves the part reasonably full.
fn best(places: &[(usize, usize); 5], limit: usize) -> Option<usize> {
    let ways = [
        (Cut::Paragraph, limit / 2),
        (Cut::Line, limit / 2),
        (Cut::Paragraph, limit / 4),
        (Cut::Line, limit / 4),
        (Cut::CodeLine, limit / 4),
        (Cut::Word, limit / 4),
        (Cut::Anywhere, 1),
    ];
    ways.into_iter().find_map(|(kind, least)| {
        let (at, units) = places.get(kind as usize).copied()?;
        (units >= least.max(1)).then_some(at)
    })
}

/// The longest beginning of one oversized grapheme that fits; at least one character.
fn within(grapheme: &str, limit: usize) -> usize {
    let mut units = 0;
    for (at, c) in grapheme.char_indices() {
        units += c.len_utf16();
        if units > limit && at > 0 {
            return at;
        }
    }
    grapheme.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::entities::utf16_len;

    fn texts(text: &str, spans: &[Span], limit: usize) -> Vec<String> {
        split(text, spans, limit).into_iter().map(|range| text.get(range).unwrap().to_owned()).collect()
    }

    #[test]
    fn a_text_that_fits_is_one_part() {
        assert_eq!(texts("hello\n\nworld", &[], 12), ["hello\n\nworld"]);
    }

    #[test]
    fn paragraphs_are_preferred_to_lines_and_lines_to_words() {
        assert_eq!(texts("aaaa bb\n\ncccc dddd", &[], 12), ["aaaa bb", "cccc dddd"]);
        assert_eq!(texts("aaaa bb\ncccc dddd", &[], 12), ["aaaa bb", "cccc dddd"]);
        assert_eq!(texts("aaaa bbbb cccc", &[], 12), ["aaaa bbbb", "cccc"]);
    }

    #[test]
    fn an_emoji_of_several_characters_stays_whole() {
        let family = "👩‍👩‍👧‍👦";
        assert_eq!(utf16_len(family), 11);
        assert_eq!(texts(&family.repeat(2), &[], 12), [family, family]);
    }

    #[test]
    fn a_grapheme_longer_than_a_part_is_cut_between_characters() {
        let zalgo = format!("a{}", "\u{301}".repeat(30));
        let parts = texts(&zalgo, &[], 8);
        assert_eq!(parts.concat(), zalgo);
        assert!(parts.iter().all(|part| utf16_len(part) <= 8));
    }

    #[test]
    fn the_cut_comes_before_a_code_block_rather_than_inside_it() {
        let text = "intro words\n\nlet a;\nlet b;\n\nend";
        let code = Span { style: Style::Pre { language: None }, range: 13..26 };
        assert_eq!(texts(text, &[code], 24), ["intro words", "let a;\nlet b;\n\nend"]);
    }

    #[test]
    fn a_long_code_block_is_cut_at_lines_and_keeps_its_indentation() {
        let text = "if a {\n    one();\n    two();\n}";
        let code = Span { style: Style::Pre { language: None }, range: 0..text.len() };
        assert_eq!(texts(text, &[code], 18), ["if a {\n    one();", "    two();\n}"]);
    }

    #[test]
    fn blank_stretches_make_no_part() {
        assert!(split(" \n \u{200b} ", &[], 100).is_empty());
        assert_eq!(texts(&format!("a{}b", " ".repeat(50)), &[], 8), ["a", "b"]);
    }
}
