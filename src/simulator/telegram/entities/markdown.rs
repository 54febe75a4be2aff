// SPDX-License-Identifier: MIT OR Apache-2.0
//! `parse_mode=Markdown`, the old one: no nesting, few escapes, and no mercy for a lonely `_`.

use super::{
    Entity, Formatted, Kind,
    link::{self, Target},
    scan::{Output, Source, code_block_head},
};

/// Reads old Markdown.
///
/// # Errors
/// What is wrong, and at which byte.
pub(crate) fn parse(text: &str) -> Result<Formatted, String> {
    let source = Source::new(text);
    let mut output = Output::default();
    let mut entities = Vec::new();
    let mut place = 0;
    while place < source.len() {
        let byte = source.at(place);
        let is_markup = |byte| matches!(byte, b'_' | b'*' | b'`' | b'[');
        if byte == b'\\' && is_markup(source.at(place + 1)) {
            output.push(source.at(place + 1));
            place += 2;
            continue;
        }
        if !is_markup(byte) {
            output.push(byte);
            place += 1;
            continue;
        }
        let begin = place;
        let block = source.starts(place, b"```");
        let (language, content) = if block { code_block_head(source, place + 3) } else { (None, place + 1) };
        let closing: &[u8] = match byte {
            b'[' => b"]",
            b'`' if block => b"```",
            b'`' => b"`",
            b'*' => b"*",
            _ => b"_",
        };
        let offset = output.utf16();
        place = content;
        while place < source.len() && !source.starts(place, closing) {
            output.push(source.at(place));
            place += 1;
        }
        if place >= source.len() {
            return Err(format!("Can't find end of the entity starting at byte offset {begin}"));
        }
        let label_end = place;
        place += closing.len();
        let length = output.utf16() - offset;
        if length == 0 {
            continue;
        }
        let kind = match byte {
            b'_' => Some(Kind::Italic),
            b'*' => Some(Kind::Bold),
            b'`' if block => Some(Kind::Pre { language }),
            b'`' => Some(Kind::Code),
            _ => {
                let url = if source.at(place) == b'(' {
                    let end = source.until(place + 1, |byte| byte == b')');
                    let url = source.text(place + 1, end);
                    place = (end + 1).min(source.len());
                    url
                } else {
                    source.text(content, label_end)
                };
                link::target(&url).map(|target| match target {
                    Target::User(user) => Kind::TextMention { user },
                    Target::Url(url) => Kind::TextLink { url },
                })
            }
        };
        if let Some(kind) = kind {
            entities.push(Entity::new(kind, offset, length));
        }
    }
    Ok(Formatted { text: output.finish(), entities })
}
