// SPDX-License-Identifier: MIT OR Apache-2.0
//! `parse_mode=HTML`: a handful of tags, four named characters, and an error for anything else in angle brackets.

use super::{
    Entity, Formatted, Kind,
    link::{self, Target},
    scan::{Output, Source, is_space},
    sort,
};

const TAGS: [&str; 17] = [
    "a",
    "b",
    "strong",
    "i",
    "em",
    "s",
    "strike",
    "del",
    "u",
    "ins",
    "tg-spoiler",
    "tg-emoji",
    "tg-time",
    "span",
    "pre",
    "code",
    "blockquote",
];

/// A tag that was opened and not yet closed.
struct Open {
    tag: String,
    /// What its attributes said: link, language, class, emoji or format.
    argument: String,
    /// `unix` of a `tg-time`.
    unix_time: i64,
    /// Where its text begins, in UTF-16 units of the result.
    utf16: usize,
    /// Where its text begins, in bytes of the result.
    output: usize,
}

struct Parser<'a> {
    source: Source<'a>,
    place: usize,
    output: Output,
    open: Vec<Open>,
    found: Vec<Found>,
    /// A character reference named half of a surrogate pair.
    broken: bool,
}

/// `code` remembers its language until the tag around it is known to be `pre`.
struct Found {
    entity: Entity,
    language: String,
}

/// Reads HTML.
///
/// # Errors
/// What is wrong, and at which byte.
pub(crate) fn parse(text: &str) -> Result<Formatted, String> {
    let mut parser = Parser {
        source: Source::new(text),
        place: 0,
        output: Output::default(),
        open: Vec::new(),
        found: Vec::new(),
        broken: false,
    };
    while parser.place < parser.source.len() {
        parser.step()?;
    }
    if let Some(open) = parser.open.last() {
        return Err(format!("Can't find end tag corresponding to start tag \"{}\"", open.tag));
    }
    if parser.broken {
        return Err(
            "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched \
                    surrogate code units"
                .into(),
        );
    }
    let mut entities: Vec<Entity> = parser.found.into_iter().map(|found| found.entity).collect();
    sort(&mut entities);
    Ok(Formatted { text: parser.output.finish(), entities })
}

impl Parser<'_> {
    fn step(&mut self) -> Result<(), String> {
        let byte = self.source.at(self.place);
        if byte == b'&'
            && let Some((code, next)) = reference(self.source, self.place)
        {
            self.place = next;
            self.broken |= char::from_u32(code).is_none();
            self.output.push_char(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            return Ok(());
        }
        if byte != b'<' {
            self.output.push(byte);
            self.place += 1;
            return Ok(());
        }
        if self.source.at(self.place + 1) == b'/' { self.end_tag() } else { self.start_tag() }
    }

    fn start_tag(&mut self) -> Result<(), String> {
        let begin = self.place;
        let source = self.source;
        let mut place = source.until(begin + 1, |byte| is_space(byte) || byte == b'>');
        if source.at(place) == 0 {
            return Err(format!("Unclosed start tag at byte offset {begin}"));
        }
        let tag = source.text(begin + 1, place).to_ascii_lowercase();
        if !TAGS.contains(&tag.as_str()) {
            return Err(format!("Unsupported start tag \"{tag}\" at byte offset {begin}"));
        }
        let mut argument = String::new();
        let mut unix_time = 0;
        while source.at(place) != b'>' {
            place = skip_space(source, place);
            if source.at(place) == b'>' {
                break;
            }
            let name_begin = place;
            place = source.until(place, |byte| is_space(byte) || b"=>/\"'".contains(&byte));
            let name = source.text(name_begin, place);
            if name.is_empty() {
                return Err(format!("Empty attribute name in the tag \"{tag}\" at byte offset {begin}"));
            }
            place = skip_space(source, place);
            if source.at(place) != b'=' {
                if source.at(place) == 0 {
                    return Err(format!("Unclosed start tag \"{tag}\" at byte offset {begin}"));
                }
                if tag == "blockquote" && name == "expandable" {
                    argument = "1".into();
                }
                continue;
            }
            place = skip_space(source, place + 1);
            if source.at(place) == 0 {
                return Err(format!("Unclosed start tag \"{tag}\" at byte offset {begin}"));
            }
            let value;
            (value, place) = attribute_value(source, place)?;
            if source.at(place) == 0 {
                return Err(format!("Unclosed start tag at byte offset {begin}"));
            }
            match (tag.as_str(), name.as_str()) {
                ("a", "href") | ("tg-emoji", "emoji-id") | ("tg-time", "format") => argument = value,
                ("code", "class") => {
                    if let Some(language) = value.strip_prefix("language-") {
                        argument = language.into();
                    }
                }
                ("span", "class") => {
                    if let Some(class) = value.strip_prefix("tg-") {
                        argument = class.into();
                    }
                }
                ("blockquote", "expandable") => argument = "1".into(),
                ("tg-time", "unix") => unix_time = value.parse().unwrap_or(0),
                _ => {}
            }
        }
        if tag == "span" && argument != "spoiler" {
            return Err(format!("Tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}"));
        }
        self.place = place + 1;
        self.open.push(Open {
            tag,
            argument,
            unix_time,
            utf16: self.output.utf16(),
            output: self.output.len(),
        });
        Ok(())
    }

    fn end_tag(&mut self) -> Result<(), String> {
        let begin = self.place;
        let Some(open) = self.open.pop() else {
            return Err(format!("Unexpected end tag at byte offset {begin}"));
        };
        let end = self.source.until(begin + 2, |byte| is_space(byte) || byte == b'>');
        let name = self.source.text(begin + 2, end).to_ascii_lowercase();
        let end = skip_space(self.source, end);
        if self.source.at(end) != b'>' {
            return Err(format!("Unclosed end tag at byte offset {begin}"));
        }
        if !name.is_empty() && name != open.tag {
            return Err(format!(
                "Unmatched end tag at byte offset {begin}, expected \"</{}>\", found \"</{name}>\"",
                open.tag
            ));
        }
        self.place = end + 1;
        if self.output.utf16() > open.utf16 {
            self.finish_tag(open)?;
        }
        Ok(())
    }

    fn finish_tag(&mut self, open: Open) -> Result<(), String> {
        let length = self.output.utf16() - open.utf16;
        let same_place =
            |found: &&mut Found| found.entity.offset == open.utf16 && found.entity.length == length;
        let mut language = String::new();
        let kind = match open.tag.as_str() {
            "b" | "strong" => Kind::Bold,
            "i" | "em" => Kind::Italic,
            "s" | "strike" | "del" => Kind::Strikethrough,
            "u" | "ins" => Kind::Underline,
            "tg-spoiler" | "span" => Kind::Spoiler,
            "tg-emoji" => link::emoji(&open.argument).ok_or("Invalid custom emoji identifier specified")?,
            "tg-time" => {
                if !link::is_date_format(&open.argument) {
                    return Err("Invalid date-time format specified".into());
                }
                if open.unix_time <= 0 {
                    return Ok(());
                }
                Kind::DateTime { unix_time: open.unix_time, format: open.argument }
            }
            "a" => {
                let url = match open.argument.as_str() {
                    "" => self.output.text_from(open.output),
                    url => url.to_owned(),
                };
                match link::target(&url) {
                    Some(Target::User(user)) => Kind::TextMention { user },
                    Some(Target::Url(url)) => Kind::TextLink { url },
                    None => return Ok(()),
                }
            }
            "pre" => {
                // `<pre><code class="language-x">…</code></pre>` is one block in a language.
                if let Some(inner) = self.found.last_mut().filter(same_place)
                    && inner.entity.kind == Kind::Code
                    && !inner.language.is_empty()
                {
                    inner.entity.kind = Kind::Pre { language: Some(std::mem::take(&mut inner.language)) };
                    return Ok(());
                }
                Kind::Pre { language: None }
            }
            "code" => {
                // The other way round is understood as well.
                if let Some(inner) = self.found.last_mut().filter(same_place)
                    && inner.entity.kind == (Kind::Pre { language: None })
                    && !open.argument.is_empty()
                {
                    inner.entity.kind = Kind::Pre { language: Some(open.argument) };
                    return Ok(());
                }
                language = open.argument;
                Kind::Code
            }
            _ if open.argument.is_empty() => Kind::Blockquote,
            _ => Kind::ExpandableBlockquote,
        };
        self.found.push(Found { entity: Entity::new(kind, open.utf16, length), language });
        Ok(())
    }
}

fn skip_space(source: Source<'_>, from: usize) -> usize {
    source.until(from, |byte| byte == 0 || !is_space(byte))
}

/// The value of an attribute, and the place behind it.
fn attribute_value(source: Source<'_>, begin: usize) -> Result<(String, usize), String> {
    let quote = source.at(begin);
    if quote != b'\'' && quote != b'"' {
        let end = source.until(begin, |byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')));
        let next = source.at(end);
        if !is_space(next) && next != b'>' {
            return Err(format!("Unexpected end of name token at byte offset {begin}"));
        }
        return Ok((source.text(begin, end).to_ascii_lowercase(), end));
    }
    let mut value = Output::default();
    let mut place = begin + 1;
    while source.at(place) != quote && source.at(place) != 0 {
        if source.at(place) == b'&'
            && let Some((code, next)) = reference(source, place)
        {
            value.push_char(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            place = next;
            continue;
        }
        value.push(source.at(place));
        place += 1;
    }
    if source.at(place) == quote {
        place += 1;
    }
    Ok((value.finish(), place))
}

/// A character reference and the place behind it; nothing if the ampersand is only an ampersand.
fn reference(source: Source<'_>, begin: usize) -> Option<(u32, usize)> {
    let (code, end) = if source.at(begin + 1) == b'#' {
        let (radix, digits) = if source.at(begin + 2) == b'x' { (16, begin + 3) } else { (10, begin + 2) };
        let end = source.until(digits, |byte| !char::from(byte).is_digit(radix));
        let code = u32::from_str_radix(&source.text(digits, end), radix).ok()?;
        if code == 0 || code >= 0x10_ffff || end - begin >= 10 {
            return None;
        }
        (code, end)
    } else {
        let end = source.until(begin + 1, |byte| !byte.is_ascii_alphabetic());
        let character = match source.text(begin + 1, end).as_str() {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            _ => return None,
        };
        (u32::from(character), end)
    };
    Some((code, if source.at(end) == b';' { end + 1 } else { end }))
}
