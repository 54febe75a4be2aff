// SPDX-License-Identifier: MIT OR Apache-2.0
//! `parse_mode=MarkdownV2`: every reserved character is markup or an error.

use super::{
    Entity, Formatted, Kind,
    link::{self, Target},
    scan::{Output, Source, begins_character, code_block_head},
    sort,
};

/// What was opened and not yet closed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mark {
    Bold,
    Italic,
    Underline,
    Strikethrough,
    Spoiler,
    Code,
    Pre(Option<String>),
    Link,
    Emoji,
    Quote,
}

impl Mark {
    /// What the service calls it in its messages.
    fn name(&self) -> &'static str {
        match self {
            Self::Bold => "Bold",
            Self::Italic => "Italic",
            Self::Underline => "Underline",
            Self::Strikethrough => "Strikethrough",
            Self::Spoiler => "Spoiler",
            Self::Code => "Code",
            Self::Pre(None) => "Pre",
            Self::Pre(Some(_)) => "PreCode",
            Self::Link => "TextUrl",
            Self::Emoji => "CustomEmoji",
            Self::Quote => "BlockQuote",
        }
    }
}

struct Open {
    mark: Mark,
    /// Where its markup stands in the source, in bytes.
    source: usize,
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
    found: Vec<Entity>,
    in_quote: bool,
    line_start: bool,
}

/// Reads MarkdownV2.
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
        in_quote: false,
        line_start: true,
    };
    while parser.place < parser.source.len() {
        parser.step()?;
    }
    parser.finish()
}

impl Parser<'_> {
    fn here(&self) -> u8 {
        self.source.at(self.place)
    }

    fn ahead(&self, distance: usize) -> u8 {
        self.source.at(self.place + distance)
    }

    fn step(&mut self) -> Result<(), String> {
        if let Some(literal) = self.source.escaped(self.place) {
            self.output.push(literal);
            if literal != b'\r' {
                self.line_start = literal == b'\n';
            }
            self.place += 2;
            return Ok(());
        }
        let byte = self.here();
        let verbatim = matches!(self.open.last().map(|open| &open.mark), Some(Mark::Code | Mark::Pre(_)));
        let reserved = if verbatim { byte == b'`' } else { b"_*[]()~`>#+-=|{}.!\n".contains(&byte) };
        if !reserved {
            if begins_character(byte) && byte != b'\r' {
                self.line_start = false;
            }
            self.output.push(byte);
            self.place += 1;
            return Ok(());
        }
        if self.closes() { self.close() } else { self.begin() }
    }

    /// Whether what stands here ends the innermost open entity.
    fn closes(&self) -> bool {
        let Some(open) = self.open.last() else { return false };
        let byte = self.here();
        if self.in_quote && byte == b'\n' && self.ahead(1) != b'>' {
            return true;
        }
        match open.mark {
            Mark::Bold => byte == b'*',
            Mark::Italic => byte == b'_' && self.ahead(1) != b'_',
            Mark::Underline => byte == b'_' && self.ahead(1) == b'_',
            Mark::Strikethrough => byte == b'~',
            Mark::Spoiler => byte == b'|' && self.ahead(1) == b'|',
            Mark::Code => byte == b'`',
            Mark::Pre(_) => self.source.starts(self.place, b"```"),
            Mark::Link | Mark::Emoji => byte == b']',
            Mark::Quote => false,
        }
    }

    fn begin(&mut self) -> Result<(), String> {
        let source = self.place;
        let byte = self.here();
        let (mark, width) = match byte {
            b'_' if self.ahead(1) == b'_' => (Mark::Underline, 2),
            b'_' => (Mark::Italic, 1),
            b'*' => (Mark::Bold, 1),
            b'~' => (Mark::Strikethrough, 1),
            b'|' if self.ahead(1) == b'|' => (Mark::Spoiler, 2),
            b'[' => (Mark::Link, 1),
            b'!' if self.ahead(1) == b'[' => (Mark::Emoji, 2),
            b'`' if self.source.starts(self.place, b"```") => {
                let (language, content) = code_block_head(self.source, self.place + 3);
                (Mark::Pre(language), content - self.place)
            }
            b'`' => (Mark::Code, 1),
            b'\n' => {
                self.output.push(byte);
                self.line_start = true;
                self.place += 1;
                return Ok(());
            }
            b'>' if self.line_start && self.in_quote => {
                self.place += 1;
                return Ok(());
            }
            b'>' if self.line_start => {
                self.in_quote = true;
                (Mark::Quote, 1)
            }
            _ => {
                return Err(format!(
                    "Character '{}' is reserved and must be escaped with the preceding '\\'",
                    char::from(byte)
                ));
            }
        };
        self.place += width;
        self.open.push(Open { mark, source, utf16: self.output.utf16(), output: self.output.len() });
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        if self.here() == b'\n' && self.in_quote {
            return self.close_quote();
        }
        let Some(open) = self.open.pop() else { return Ok(()) };
        let empty = self.output.utf16() == open.utf16;
        let kind = match open.mark {
            Mark::Bold => self.closed(Kind::Bold, 1),
            Mark::Italic => self.closed(Kind::Italic, 1),
            Mark::Underline => self.closed(Kind::Underline, 2),
            Mark::Strikethrough => self.closed(Kind::Strikethrough, 1),
            Mark::Spoiler => self.closed(Kind::Spoiler, 2),
            Mark::Code => self.closed(Kind::Code, 1),
            Mark::Pre(language) => self.closed(Kind::Pre { language }, 3),
            Mark::Link => {
                let url = if self.ahead(1) == b'(' {
                    self.target()?
                } else {
                    self.place += 1;
                    self.output.text_from(open.output)
                };
                link::target(&url).map(|target| match target {
                    Target::User(user) => Kind::TextMention { user },
                    Target::Url(url) => Kind::TextLink { url },
                })
            }
            Mark::Emoji => {
                if self.ahead(1) != b'(' {
                    return Err("The entity must contain a tg://emoji or tg://time URL".into());
                }
                let url = self.target()?;
                Some(link::emoji_or_time(&url).ok_or("Invalid tg://emoji or tg://time URL specified")?)
            }
            // A quotation ends with its line only, in `close_quote`.
            Mark::Quote => None,
        };
        if let (Some(kind), false) = (kind, empty) {
            self.found.push(Entity::new(kind, open.utf16, self.output.utf16() - open.utf16));
        }
        Ok(())
    }

    fn closed(&mut self, kind: Kind, width: usize) -> Option<Kind> {
        self.place += width;
        Some(kind)
    }

    /// Reads `](…)`, and leaves the place behind it.
    fn target(&mut self) -> Result<String, String> {
        let begin = self.place + 2;
        let mut url = Vec::new();
        let mut place = begin;
        while place < self.source.len() && self.source.at(place) != b')' {
            if let Some(literal) = self.source.escaped(place) {
                url.push(literal);
                place += 2;
            } else {
                url.push(self.source.at(place));
                place += 1;
            }
        }
        if self.source.at(place) != b')' {
            return Err(format!("Can't find end of a URL at byte offset {begin}"));
        }
        self.place = place + 1;
        Ok(String::from_utf8_lossy(&url).into_owned())
    }

    /// A line of a quotation ends and the next one is none. `||` at its very end folds the quotation.
    fn close_quote(&mut self) -> Result<(), String> {
        let newline = self.place;
        let folded = self.open.last().is_some_and(|open| {
            open.mark == Mark::Spoiler
                && (open.source + 2 == newline
                    || (open.source + 3 == newline && self.output.last() == Some(b'\r')))
        });
        if folded {
            self.open.pop();
        }
        let Some(open) = self.open.pop() else { return Ok(()) };
        if open.mark != Mark::Quote {
            return Err(unclosed(&open));
        }
        self.in_quote = false;
        self.line_start = true;
        self.output.push(b'\n');
        self.place += 1;
        self.quote(&open, folded);
        Ok(())
    }

    fn quote(&mut self, open: &Open, folded: bool) {
        let kind = if folded { Kind::ExpandableBlockquote } else { Kind::Blockquote };
        let length = self.output.utf16() - open.utf16;
        if length > 0 {
            self.found.push(Entity::new(kind, open.utf16, length));
        }
    }

    fn finish(mut self) -> Result<Formatted, String> {
        if self.in_quote {
            let end = self.source.len();
            let folded =
                self.open.last().is_some_and(|open| open.mark == Mark::Spoiler && open.source + 2 == end);
            if folded {
                self.open.pop();
            }
            if self.open.last().is_some_and(|open| open.mark == Mark::Quote)
                && let Some(open) = self.open.pop()
            {
                self.quote(&open, folded);
            }
        }
        if let Some(open) = self.open.last() {
            return Err(unclosed(open));
        }
        let mut entities = self.found;
        sort(&mut entities);
        Ok(Formatted { text: self.output.finish(), entities })
    }
}

fn unclosed(open: &Open) -> String {
    format!("Can't find end of {} entity at byte offset {}", open.mark.name(), open.source)
}
