// SPDX-License-Identifier: MIT OR Apache-2.0
//! The text of an HTML page that a reader sees.
//!
//! Not a browser: it does not know what style sheets hide. What it takes out is what changes without being read: scripts,
//! styles, comments, and every attribute, with their nonces and tokens. It goes over the page once, whatever the page
//! is.

/// Elements whose content is no HTML; where their end is missing, the rest of the page is theirs.
const RAW: [&str; 2] = ["script", "style"];
/// Elements whose content is not shown, or is no text.
const UNSEEN: [&str; 4] = ["iframe", "noscript", "svg", "template"];
/// Elements within a line. All others begin a new one.
const INLINE: [&str; 25] = [
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd",
    "mark", "q", "s", "small", "span", "strong", "sub", "sup", "u", "wbr",
];
/// Longest name of a character, with its `&` and `;`.
const LONGEST_REFERENCE: usize = 12;

/// The text of a page: a line a block, without empty ones, single spaces.
pub(crate) fn text(html: &str) -> String {
    let mut page = Page { rest: html, text: String::new(), endless: Vec::new() };
    while !page.rest.is_empty() {
        page.step();
    }
    tidy(&page.text)
}

struct Page<'a> {
    rest: &'a str,
    text: String,
    /// Elements that are known to have no end in the rest: it is not searched for again.
    endless: Vec<&'static str>,
}

impl<'a> Page<'a> {
    /// Takes the next piece: text up to a mark, or a mark.
    fn step(&mut self) {
        let at = self.rest.find(['<', '&']).unwrap_or(self.rest.len());
        if at > 0 {
            self.keep(at);
        } else if self.rest.starts_with("<!--") {
            self.skip_past("-->");
        } else if self.rest.starts_with("<!") || self.rest.starts_with("<?") {
            self.skip_past(">");
        } else if let Some(rest) = self.rest.strip_prefix('<') {
            let name = rest.strip_prefix('/').unwrap_or(rest);
            if name.starts_with(|char: char| char.is_ascii_alphabetic()) {
                self.tag(name, name.len() < rest.len());
            } else {
                self.keep(1);
            }
        } else {
            self.reference();
        }
    }

    /// Passes over some bytes, and takes them for text.
    fn keep(&mut self, bytes: usize) {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.text.push_str(taken);
        self.rest = rest;
    }

    fn skip_past(&mut self, mark: &str) {
        self.rest = self.rest.split_once(mark).map_or("", |(_, rest)| rest);
    }

    /// A tag, whose name `inside` begins with.
    fn tag(&mut self, inside: &'a str, closing: bool) {
        let end =
            inside.find(|char: char| !char.is_ascii_alphanumeric() && char != '-').unwrap_or(inside.len());
        let (name, attributes) = inside.split_at_checked(end).unwrap_or((inside, ""));
        let (rest, empty) = behind_attributes(attributes);
        self.rest = rest;
        let is = |known: &&str| known.eq_ignore_ascii_case(name);
        if !INLINE.iter().any(is) {
            self.text.push('\n');
        }
        if closing {
            return;
        }
        if let Some(raw) = RAW.into_iter().find(is) {
            self.rest = from_end_of(raw, self.rest).unwrap_or("");
        } else if let Some(unseen) = UNSEEN.into_iter().find(is)
            && !empty
            && !self.endless.contains(&unseen)
        {
            match from_end_of(unseen, self.rest) {
                Some(rest) => self.rest = rest,
                None => self.endless.push(unseen),
            }
        }
    }

    /// A character by its name or its number. What is none stays as it is.
    fn reference(&mut self) {
        let end = self.rest.bytes().take(LONGEST_REFERENCE).position(|byte| byte == b';');
        let name = end.and_then(|end| self.rest.get(1..end));
        match (name.and_then(named), end) {
            (Some(char), Some(end)) => {
                self.text.push(char);
                self.rest = self.rest.get(end.saturating_add(1)..).unwrap_or("");
            }
            _ => self.keep(1),
        }
    }
}

/// What stands behind the `>` of a tag, and whether a slash stands before it. A `>` in quotes belongs to a value.
fn behind_attributes(text: &str) -> (&str, bool) {
    let mut quote = None;
    let mut last = ' ';
    for (at, char) in text.char_indices() {
        match quote {
            Some(open) if open == char => quote = None,
            Some(_) => {}
            // Elsewhere than behind a `=` a quote is only a character.
            None if matches!(char, '"' | '\'') && last == '=' => quote = Some(char),
            None if char == '>' => return (text.get(at.saturating_add(1)..).unwrap_or(""), last == '/'),
            None => {}
        }
        if !char.is_ascii_whitespace() {
            last = char;
        }
    }
    ("", false)
}

/// The text from the end tag of an element on.
fn from_end_of<'a>(name: &str, text: &'a str) -> Option<&'a str> {
    let at = text.match_indices("</").map(|(at, _)| at).find(|at| {
        let inside = text.get(at.saturating_add(2)..).unwrap_or("");
        let Some((found, rest)) = inside.split_at_checked(name.len()) else { return false };
        found.eq_ignore_ascii_case(name) && !rest.starts_with(|char: char| char.is_ascii_alphanumeric())
    })?;
    text.get(at..)
}

fn named(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return code.ok().and_then(char::from_u32).filter(|char| *char != '\0');
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "euro" => '€',
        "copy" => '©',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "Auml" => 'Ä',
        "Ouml" => 'Ö',
        "Uuml" => 'Ü',
        "szlig" => 'ß',
        "eacute" => 'é',
        "egrave" => 'è',
        "agrave" => 'à',
        _ => return None,
    })
}

fn tidy(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
