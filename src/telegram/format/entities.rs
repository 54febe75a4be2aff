// SPDX-License-Identifier: MIT OR Apache-2.0
//! Styled stretches of text become message entities that Telegram's rules allow.
//!
//! The rules: offsets count UTF-16 units; no entity is empty or begins or ends with white space; two entities are
//! apart or one lies in the other; code shares its characters with nothing but a quotation around it; at most a
//! hundred count.

use std::ops::Range;
use teloxide::types::{MessageEntity, MessageEntityKind};
use url::Url;

/// More entities than this are ignored by Telegram.
const MOST_ENTITIES: usize = 100;

/// How a stretch of text looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Bold,
    Italic,
    Strike,
    Code,
    Pre { language: Option<String> },
    Link { url: Url },
    Quote,
}

impl Style {
    fn is_code(&self) -> bool {
        matches!(self, Self::Code | Self::Pre { .. })
    }

    fn kind(self) -> MessageEntityKind {
        match self {
            Self::Bold => MessageEntityKind::Bold,
            Self::Italic => MessageEntityKind::Italic,
            Self::Strike => MessageEntityKind::Strikethrough,
            Self::Code => MessageEntityKind::Code,
            Self::Pre { language } => MessageEntityKind::Pre { language },
            Self::Link { url } => MessageEntityKind::TextLink { url },
            Self::Quote => MessageEntityKind::Blockquote,
        }
    }
}

/// A styled stretch, in bytes of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) style: Style,
    pub(crate) range: Range<usize>,
}

/// The spans in the order of the text, outer ones first, without those that say what an outer one says already: bold
/// in bold, a link in a link. What is left is at most one of each style deep, however deep the text was.
pub(crate) fn distinct(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| (span.range.start, std::cmp::Reverse(span.range.end)));
    let mut open: Vec<Span> = Vec::new();
    spans.retain(|span| {
        open.retain(|outer| outer.range.end > span.range.start);
        let says_it_again = open.iter().any(|outer| {
            outer.style == span.style
                || matches!((&outer.style, &span.style), (Style::Link { .. }, Style::Link { .. }))
        });
        if !says_it_again {
            open.push(span.clone());
        }
        !says_it_again
    });
    spans
}

/// The entities of the part of `text` that `part` covers. `spans` are those of the whole text, nested properly, as
/// [`distinct`] leaves them.
pub(crate) fn entities(text: &str, spans: &[Span], part: &Range<usize>) -> Vec<MessageEntity> {
    let clipped = spans.iter().filter_map(|span| {
        let range = span.range.start.max(part.start)..span.range.end.min(part.end);
        let range = trimmed(text, range, &span.style)?;
        Some(Span { style: span.style.clone(), range })
    });
    let (code, others): (Vec<Span>, Vec<Span>) = clipped.partition(|span| span.style.is_code());
    // A link is worth more than the look of its label.
    let is_link = |span: &&Span| matches!(span.style, Style::Link { .. });
    let links: Vec<Span> = others.iter().filter(is_link).cloned().collect();
    let code: Vec<Span> = code
        .into_iter()
        .filter(|span| {
            span.style != Style::Code
                || from(&links, span.range.start).next().is_none_or(|link| link.range.start >= span.range.end)
        })
        .collect();

    let mut kept: Vec<Span> = Vec::new();
    for mut span in others {
        if span.style == Style::Quote {
            // The indentation of code at its beginning was kept.
            if let Some(first) = from(&code, span.range.start).next() {
                span.range.start = span.range.start.min(first.range.start);
            }
            kept.push(span);
            continue;
        }
        for range in around(&span.range, &code) {
            if let Some(range) = trimmed(text, range, &span.style) {
                kept.push(Span { style: span.style.clone(), range });
            }
        }
    }
    kept.extend(code);
    kept.sort_by_key(|span| (span.range.start, std::cmp::Reverse(span.range.end)));
    kept.truncate(MOST_ENTITIES);

    let units = Units::new(text.get(part.clone()).unwrap_or_default());
    kept.into_iter()
        .map(|span| {
            let start = units.at(span.range.start.saturating_sub(part.start));
            let end = units.at(span.range.end.saturating_sub(part.start));
            MessageEntity::new(span.style.kind(), start, end.saturating_sub(start))
        })
        .collect()
}

/// Those of `spans`, which are sorted and apart, that end after `at`.
fn from(spans: &[Span], at: usize) -> impl Iterator<Item = &Span> {
    spans.iter().skip(spans.partition_point(|span| span.range.end <= at))
}

/// What is left of `range` when the code in it is taken out. `code` is sorted.
fn around(range: &Range<usize>, code: &[Span]) -> Vec<Range<usize>> {
    let mut left = Vec::new();
    let mut start = range.start;
    for hole in from(code, start) {
        if hole.range.start >= range.end {
            break;
        }
        left.push(start..hole.range.start.max(start));
        start = hole.range.end;
    }
    if start < range.end {
        left.push(start..range.end);
    }
    left
}

/// The range without white space at its ends; `None` when nothing visible is left. A code block keeps its first
/// indentation: it means something.
fn trimmed(text: &str, range: Range<usize>, style: &Style) -> Option<Range<usize>> {
    if range.start >= range.end {
        return None;
    }
    let inner = text.get(range.clone())?;
    let without_end = inner.trim_end();
    let end = range.start + without_end.len();
    let lead = match style {
        Style::Pre { .. } => without_end.len() - without_end.trim_start_matches('\n').len(),
        _ => without_end.len() - without_end.trim_start().len(),
    };
    let start = range.start + lead;
    (start < end && !is_blank(inner)).then_some(start..end)
}

/// Whether nothing of the text can be seen: white space, control and zero-width characters, and a few marks that
/// Telegram takes out. Such a text is empty to it.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| {
        c.is_whitespace()
            || c.is_control()
            || matches!(
                c,
                '\u{ad}'
                    | '\u{30a}'
                    | '\u{333}'
                    | '\u{33f}'
                    | '\u{34f}'
                    | '\u{61c}'
                    | '\u{115f}'
                    | '\u{1160}'
                    | '\u{17b4}'
                    | '\u{17b5}'
                    | '\u{180b}'..='\u{180f}'
                    | '\u{200b}'..='\u{200f}'
                    | '\u{2028}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}'
                    | '\u{2800}'
                    | '\u{3164}'
                    | '\u{fe00}'..='\u{fe0f}'
                    | '\u{feff}'
                    | '\u{ffa0}'
                    | '\u{fff0}'..='\u{fffc}'
                    | '\u{e0000}'..='\u{e0fff}'
            )
    })
}

/// How many UTF-16 units a text has: what Telegram counts in.
pub(crate) fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// UTF-16 offsets by byte offset.
struct Units(Vec<usize>);

impl Units {
    fn new(text: &str) -> Self {
        let mut units = Vec::with_capacity(text.len() + 1);
        let mut count = 0;
        for c in text.chars() {
            units.extend(std::iter::repeat_n(count, c.len_utf8()));
            count += c.len_utf16();
        }
        units.push(count);
        Self(units)
    }

    fn at(&self, byte: usize) -> usize {
        self.0.get(byte).or(self.0.last()).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(style: Style, range: Range<usize>) -> Span {
        Span { style, range }
    }

    #[test]
    fn offsets_count_utf16_units() {
        let text = "🎉 né bold";
        let start = text.find("bold").unwrap();
        let found = entities(text, &[span(Style::Bold, start..text.len())], &(0..text.len()));
        assert_eq!(found, [MessageEntity::bold(6, 4)]);
    }

    #[test]
    fn entities_lose_white_space_at_their_ends_and_vanish_when_nothing_is_left() {
        let text = "a  b  \u{200b} ";
        let spans = [span(Style::Bold, 1..5), span(Style::Italic, 6..text.len())];
        assert_eq!(entities(text, &spans, &(0..text.len())), [MessageEntity::bold(3, 1)]);
    }

    #[test]
    fn a_style_within_itself_and_a_link_within_a_link_are_said_once() {
        let link = |url: &str| Style::Link { url: url.parse().unwrap() };
        let spans = vec![
            span(Style::Bold, 2..4),
            span(Style::Italic, 2..6),
            span(link("http://a.b"), 7..8),
            span(link("http://c.d"), 6..9),
            span(Style::Bold, 0..9),
            span(Style::Bold, 9..12),
        ];
        let left = [
            span(Style::Bold, 0..9),
            span(Style::Italic, 2..6),
            span(link("http://c.d"), 6..9),
            span(Style::Bold, 9..12),
        ];
        assert_eq!(distinct(spans), left);
    }

    #[test]
    fn bold_is_cut_around_code() {
        let text = "one two three";
        let spans = [span(Style::Bold, 0..13), span(Style::Code, 4..7)];
        assert_eq!(
            entities(text, &spans, &(0..13)),
            [MessageEntity::bold(0, 3), MessageEntity::code(4, 3), MessageEntity::bold(8, 5)]
        );
    }

    #[test]
    fn quotations_may_hold_code() {
        let text = "say:  x\nb";
        let spans = [span(Style::Quote, 4..9), span(Style::Pre { language: None }, 4..7)];
        assert_eq!(
            entities(text, &spans, &(0..9)),
            [MessageEntity::new(MessageEntityKind::Blockquote, 4, 5), MessageEntity::pre(None, 4, 3)]
        );
    }

    #[test]
    fn a_part_gets_its_share_of_an_entity() {
        let text = "fn a() {}\nfn b() {}";
        let pre = Style::Pre { language: Some("rust".into()) };
        let found = entities(text, &[span(pre, 0..text.len())], &(10..text.len()));
        assert_eq!(found, [MessageEntity::pre(Some("rust".into()), 0, 9)]);
    }

    #[test]
    fn a_hundred_entities_are_kept() {
        let text = "a ".repeat(150);
        let spans: Vec<Span> = (0..150).map(|i| span(Style::Bold, i * 2..i * 2 + 1)).collect();
        assert_eq!(entities(&text, &spans, &(0..text.len())).len(), 100);
    }

    #[test]
    fn zero_width_and_control_characters_are_blank() {
        assert!(is_blank(" \u{200d}\u{feff}\u{2800}\n\u{7}"));
        assert!(!is_blank("\u{200f}א"));
        assert!(!is_blank("👩‍👩‍👧"));
    }
}
