// SPDX-License-Identifier: MIT OR Apache-2.0
//! Markdown, as models write it, becomes plain text with styled stretches. No word is lost on the way: what has no
//! counterpart in Telegram stays in the text as it was written.

use super::entities::{Span, Style};
use super::table::Table;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use url::Url;

/// Longest address that is made into a link, bytes.
const LONGEST_LINK: usize = 2048;
/// Most levels times lines that are read as Markdown. The parser goes through all open quotations and lists with every
/// line; what people and models write stays below a hundredth of this.
const DEPTH_BY_LINES: usize = 8_000_000;
/// Levels of a list that are shown by indentation. More would leave no room for words, and a text whose every line
/// is as deep as the text is long would grow with its square.
const DEEPEST: usize = 8;
const RULE: &str = "———";
const BULLETS: [&str; 3] = ["• ", "◦ ", "▪ "];

/// A text and how it looks.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Document {
    pub(crate) text: String,
    pub(crate) spans: Vec<Span>,
}

/// Reads Markdown. Anything is Markdown: this cannot fail.
pub(crate) fn parse(markdown: &str) -> Document {
    let source = cleaned(markdown);
    if is_too_deep(&source) {
        return Document { text: source.into_owned(), spans: Vec::new() };
    }
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let parser = Parser::new_ext(&source, options);
    let mut orphans = unused_definitions(&source, options, &parser).into_iter().peekable();
    let mut writer = Writer::default();
    let mut depth = 0_usize;
    for (event, range) in parser.into_offset_iter() {
        if depth == 0 {
            while let Some(definition) = orphans.next_if(|definition| definition.start < range.start) {
                writer.literal(source.get(definition).unwrap_or_default());
            }
        }
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        writer.take(event, range, &source);
    }
    for definition in orphans {
        writer.literal(source.get(definition).unwrap_or_default());
    }
    writer.done
}

/// Letters with a ring above, composed. Telegram takes out the ring where it stands alone.
const RINGS: [(&str, &str); 6] = [
    ("a\u{30a}", "å"),
    ("A\u{30a}", "Å"),
    ("u\u{30a}", "ů"),
    ("U\u{30a}", "Ů"),
    ("w\u{30a}", "ẘ"),
    ("y\u{30a}", "ẙ"),
];

/// Control characters become spaces: Telegram would do the same.
fn cleaned(text: &str) -> Cow<'_, str> {
    let strange = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r');
    let mut text: Cow<'_, str> =
        if text.contains(strange) { text.replace(strange, " ").into() } else { text.into() };
    if text.contains('\u{30a}') {
        for (apart, composed) in RINGS {
            text = text.replace(apart, composed).into();
        }
    }
    text
}

/// Whether the parser would take unreasonably long. What a line begins with says how deep it can lie at most: one
/// level for each sign of a quotation, or for two columns.
fn is_too_deep(source: &str) -> bool {
    let mut deepest = 0_usize;
    let mut lines = 0_usize;
    for line in source.split(['\n', '\r']) {
        let columns: usize = line
            .bytes()
            .map_while(|byte| match byte {
                b'\t' => Some(4),
                b'>' => Some(2),
                b' ' | b'-' | b'*' | b'+' | b'.' | b')' | b'0'..=b'9' => Some(1),
                _ => None,
            })
            .sum();
        deepest = deepest.max(columns / 2);
        lines += 1;
    }
    deepest.saturating_mul(lines) > DEPTH_BY_LINES
}

/// Where link definitions stand that no link of the text uses. Without a link, Markdown shows nothing of them.
fn unused_definitions(source: &str, options: Options, parser: &Parser<'_>) -> Vec<Range<usize>> {
    let definitions: Vec<(Range<usize>, &str)> = parser
        .reference_definitions()
        .iter()
        .map(|(_, definition)| (definition.span.clone(), definition.dest.as_ref()))
        .collect();
    if definitions.is_empty() {
        return Vec::new();
    }
    let used: HashSet<String> = Parser::new_ext(source, options)
        .filter_map(|event| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some(dest_url.into_string())
            }
            _ => None,
        })
        .collect();
    let mut unused: Vec<Range<usize>> =
        definitions.into_iter().filter(|(_, dest)| !used.contains(*dest)).map(|(span, _)| span).collect();
    unused.sort_by_key(|span| span.start);
    unused
}

/// A style that has begun. It starts with the first words that follow.
#[derive(Debug)]
struct Open {
    style: Option<Style>,
    start: Option<usize>,
    /// Where a link leads, as it was written.
    target: Option<String>,
}

#[derive(Debug, Default)]
struct Writer {
    done: Document,
    /// Line ends to write before the next words.
    pending: usize,
    open: Vec<Open>,
    /// How many links are among them.
    links: usize,
    /// For each list that is open: the number of its next item, if it counts.
    lists: Vec<Option<u64>>,
    /// The marker of an item was just written; its first paragraph follows on the same line.
    at_marker: bool,
    quotes: usize,
    code: Option<(CodeBlockKind<'static>, String)>,
    table: Option<Table>,
    cell_end: usize,
}

impl Writer {
    fn take(&mut self, event: Event<'_>, range: Range<usize>, source: &str) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag, range, source),
            Event::Text(words) => match &mut self.code {
                Some((_, code)) => code.push_str(&words),
                None => self.put(&words),
            },
            Event::Code(words) => {
                self.begin(Style::Code);
                self.put(&words);
                self.finish();
            }
            Event::Html(words) => {
                self.put(words.trim_end_matches('\n'));
                self.line();
            }
            // Math and footnotes are not switched on; should they come, their words stay.
            Event::InlineHtml(words)
            | Event::InlineMath(words)
            | Event::DisplayMath(words)
            | Event::FootnoteReference(words) => self.put(&words),
            Event::SoftBreak | Event::HardBreak if self.table.is_some() => self.put(" "),
            Event::SoftBreak | Event::HardBreak => self.line(),
            Event::Rule => self.literal(RULE),
            Event::TaskListMarker(done) => self.task(done),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph if self.at_marker => self.at_marker = false,
            Tag::Paragraph | Tag::HtmlBlock => self.block(),
            Tag::Heading { .. } => {
                self.block();
                self.begin(Style::Bold);
            }
            Tag::BlockQuote(_) => {
                self.block();
                if self.quotes == 0 {
                    self.begin(Style::Quote);
                }
                self.quotes += 1;
            }
            Tag::CodeBlock(kind) => self.code = Some((kind.into_static(), String::new())),
            Tag::List(first) => {
                self.block();
                self.lists.push(first);
            }
            Tag::Item => self.item(),
            Tag::Table(alignments) => self.table = Some(Table::new(alignments)),
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.begin_row();
                }
            }
            Tag::TableCell => {
                if let Some(table) = &mut self.table {
                    table.begin_cell();
                }
            }
            Tag::Emphasis => self.begin(Style::Italic),
            Tag::Strong => self.begin(Style::Bold),
            Tag::Strikethrough => self.begin(Style::Strike),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.open.push(Open { style: None, start: None, target: Some(dest_url.into_string()) });
                self.links += 1;
            }
            // Not switched on; their words come as text.
            Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => {}
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>, source: &str) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.block(),
            TagEnd::Heading(_) => {
                self.finish();
                self.block();
            }
            TagEnd::BlockQuote(_) => {
                self.quotes = self.quotes.saturating_sub(1);
                if self.quotes == 0 {
                    self.finish();
                }
                self.block();
            }
            TagEnd::CodeBlock => self.code_block(),
            TagEnd::List(_) => {
                self.lists.pop();
                self.at_marker = false;
                self.block();
            }
            TagEnd::Item => {
                self.at_marker = false;
                self.line();
            }
            TagEnd::TableCell => self.cell_end = range.end,
            TagEnd::TableHead | TagEnd::TableRow => {
                // Cells beyond the last column are no cells to the parser.
                let surplus = source.get(self.cell_end..range.end).unwrap_or_default();
                if surplus.contains(char::is_alphanumeric) {
                    self.put(" ");
                    self.put(surplus.trim_matches(|c: char| c == '|' || c.is_whitespace()));
                }
            }
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    self.pre(None, &table.layout());
                }
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => self.finish(),
            TagEnd::Link | TagEnd::Image => self.link(),
            TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::MetadataBlock(_) => {}
        }
    }

    /// Writes words where they belong now.
    fn put(&mut self, words: &str) {
        if words.is_empty() {
            return;
        }
        if let Some(table) = &mut self.table {
            table.write(words);
            return;
        }
        self.break_lines(true);
        self.at_marker = false;
        let at = self.done.text.len();
        for open in self.open.iter_mut().rev() {
            if open.start.is_some() {
                break;
            }
            open.start = Some(at);
        }
        self.done.text.push_str(words);
    }

    fn break_lines(&mut self, indent: bool) {
        if self.pending == 0 {
            return;
        }
        if !self.done.text.is_empty() {
            self.done.text.extend(std::iter::repeat_n('\n', self.pending));
        }
        if indent {
            self.done.text.extend(std::iter::repeat_n("  ", self.lists.len().min(DEEPEST)));
        }
        self.pending = 0;
    }

    /// The next words begin a new line.
    fn line(&mut self) {
        self.pending = self.pending.max(1);
    }

    /// The next words begin a new block: after an empty line, except within a list.
    fn block(&mut self) {
        self.pending = self.pending.max(if self.lists.is_empty() { 2 } else { 1 });
    }

    fn literal(&mut self, words: &str) {
        self.block();
        self.put(words.trim_end());
        self.block();
    }

    fn begin(&mut self, style: Style) {
        self.open.push(Open { style: Some(style), start: None, target: None });
    }

    fn finish(&mut self) {
        if let Some(Open { style: Some(style), start: Some(start), .. }) = self.open.pop() {
            self.done.spans.push(Span { style, range: start..self.done.text.len() });
        }
    }

    fn item(&mut self) {
        self.line();
        let depth = self.lists.len().saturating_sub(1);
        let marker = match self.lists.last_mut() {
            Some(Some(number)) => {
                let marker = format!("{number}. ");
                *number = number.saturating_add(1);
                marker
            }
            _ => BULLETS.get(depth.min(2)).copied().unwrap_or("• ").to_owned(),
        };
        self.break_lines(false);
        let indented = format!("{}{marker}", "  ".repeat(depth.min(DEEPEST)));
        self.put(&indented);
        self.at_marker = true;
    }

    fn task(&mut self, done: bool) {
        for bullet in BULLETS {
            if self.done.text.ends_with(bullet) {
                self.done.text.truncate(self.done.text.len() - bullet.len());
            }
        }
        self.put(if done { "☑ " } else { "☐ " });
    }

    fn code_block(&mut self) {
        let Some((kind, code)) = self.code.take() else { return };
        let info = match &kind {
            CodeBlockKind::Fenced(info) => info.trim(),
            CodeBlockKind::Indented => "",
        };
        if code.trim().is_empty() {
            // A fence that was never closed and took the rest of its line for the name of a language.
            if !info.is_empty() {
                self.pre(None, info);
            }
            return;
        }
        let (first, rest) = info.split_once(char::is_whitespace).unwrap_or((info, ""));
        let is_name = |c: char| c.is_ascii_alphanumeric() || "+-#._".contains(c);
        let language = first.split(',').next().filter(|name| (1..=32).contains(&name.len()));
        let language = language.filter(|name| name.chars().all(is_name)).map(str::to_owned);
        // What else stands beside the language is mostly the name of a file: worth a line of its own.
        let caption = if language.is_some() { rest.trim() } else { info };
        if !caption.is_empty() {
            self.block();
            self.put(caption);
            self.line();
        }
        self.pre(language, &code);
    }

    fn pre(&mut self, language: Option<String>, code: &str) {
        if self.pending == 0 || self.done.text.is_empty() {
            self.block();
        }
        // Its lines are taken as they are: no indentation of a list before them.
        self.break_lines(false);
        let code = code.trim_end();
        self.put(code);
        let end = self.done.text.len();
        let range = end.saturating_sub(code.len())..end;
        self.done.spans.push(Span { style: Style::Pre { language }, range });
        self.block();
    }

    fn link(&mut self) {
        let Some(Open { start, target: Some(target), .. }) = self.open.pop() else { return };
        self.links = self.links.saturating_sub(1);
        let within_link = self.links > 0;
        if let Some(table) = &self.table {
            let says_it = table.cell().ends_with(&target) || target.is_empty();
            if !says_it {
                self.put(&format!(" ({target})"));
            }
            return;
        }
        let label = start.and_then(|start| self.done.text.get(start..)).unwrap_or_default().trim();
        let address = target.strip_prefix("mailto:").unwrap_or(&target);
        if target.is_empty() || label == target || label == address {
            return;
        }
        let shown = label.is_empty();
        match (start, linkable(&target)) {
            (Some(start), Some(url)) if !shown => {
                if !within_link {
                    let range = start..self.done.text.len();
                    self.done.spans.push(Span { style: Style::Link { url }, range });
                }
            }
            _ if shown => self.put(&target),
            _ => self.put(&format!(" ({address})")),
        }
    }
}

/// Addresses that Telegram makes into links; others are shown in words.
fn linkable(target: &str) -> Option<Url> {
    let url = Url::parse(target).ok().filter(|_| target.len() <= LONGEST_LINK)?;
    let public = url.host_str().is_some_and(|host| host.contains('.') && !host.ends_with('.'));
    (matches!(url.scheme(), "http" | "https") && public).then_some(url)
}

#[cfg(test)]
mod tests;
