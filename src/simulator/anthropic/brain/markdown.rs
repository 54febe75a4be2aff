// SPDX-License-Identifier: MIT OR Apache-2.0
//! Markdown as language models write it: headings, nested lists, tables, fences, and the half-broken things between.
//! The same seed gives the same text.

/// A small generator of pseudo-random numbers (SplitMix64).
#[derive(Clone, Debug)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.roll().checked_rem(bound).unwrap_or(0)
    }

    fn pick(&mut self, list: &[&'static str]) -> &'static str {
        let at = usize::try_from(self.below(u64::try_from(list.len()).unwrap_or(1))).unwrap_or(0);
        list.get(at).copied().unwrap_or_default()
    }
}

const WORDS: &[&str] = &[
    "the",
    "house",
    "stands",
    "on",
    "a",
    "hill",
    "and",
    "every",
    "message",
    "finds",
    "its",
    "way",
    "through",
    "snake_case",
    "C++",
    "2 * 3",
    "a_b_c",
    "café",
    "naïve",
    "über",
    "日本語",
    "한국어",
    "עברית",
    "العربية",
    "👩‍👩‍👧",
    "🇩🇪",
    "e\u{301}té",
    "100%",
    "<tag>",
    "a@b.c",
    "&amp;",
    "1.",
    "-",
    "#5",
    "~",
    "|",
    "\\",
    "`",
    "*",
    "_",
    "[",
    "]",
    "(",
    ")",
    "!",
    ">",
    "=",
    "{",
    "}",
    ".",
];

const PIECES: &[&str] = &[
    "**bold**",
    "*italic*",
    "__strong__",
    "_soft_",
    "***both***",
    "~~gone~~",
    "||hidden||",
    "`code`",
    "`` a`b ``",
    "[link](https://example.org/a_(b)?q=1&r=*)",
    "[broken](not a url",
    "<https://example.org>",
    "<a@b.c>",
    "https://example.org/x_y_z",
    "![alt](https://example.org/i.png)",
    "**un",
    "closed*",
    "_half",
    "\\*escaped\\*",
    "$x^2$",
    "\\(a+b\\)",
    "<b>html</b>",
    "<br>",
    "&lt;",
    "**nested *inner* text**",
    "**`bold code`**",
    "[**bold link**](https://example.org)",
    "footnote[^1]",
    "@name",
    "/command",
    "#tag",
    ":smile:",
];

/// A document of ten to forty blocks.
pub fn generate(seed: u64) -> String {
    let mut dice = Dice(seed);
    let blocks = dice.below(8).saturating_add(3);
    let mut text: Vec<String> = (0..blocks).map(|_| block(&mut dice)).collect();
    // Never empty, whatever the dice say.
    text.push(format!("End of {seed}."));
    text.join("\n\n")
}

/// Plain words, for length alone.
pub fn plain_words(count: u64) -> String {
    const PLAIN: &[&str] =
        &["rain", "falls", "softly", "over", "quiet", "roofs", "while", "somebody", "reads", "on."];
    let mut text = String::new();
    for at in 0..count {
        if at > 0 {
            text.push(if at.checked_rem(50) == Some(0) { '\n' } else { ' ' });
        }
        let place = usize::try_from(at).unwrap_or(0).checked_rem(PLAIN.len()).unwrap_or(0);
        text.push_str(PLAIN.get(place).copied().unwrap_or_default());
    }
    text
}

fn line(dice: &mut Dice) -> String {
    let count = dice.below(14).saturating_add(1);
    (0..count)
        .map(|_| if dice.below(4) == 0 { dice.pick(PIECES) } else { dice.pick(WORDS) })
        .collect::<Vec<_>>()
        .join(" ")
}

fn block(dice: &mut Dice) -> String {
    match dice.below(13) {
        0 => format!("{} {}", dice.pick(&["#", "##", "###", "######"]), line(dice)),
        1 => list(dice, "-"),
        2 => list(dice, "1."),
        3 => list(dice, "* [ ]"),
        4 | 5 => fence(dice),
        6 => table(dice),
        7 => {
            let lead = dice.pick(&["> ", "> > ", ">"]);
            format!("{lead}{}\n{lead}{}", line(dice), line(dice))
        }
        8 => dice.pick(&["---", "***", "___"]).to_owned(),
        9 => format!("{}  \n{}\\\n{}", line(dice), line(dice), line(dice)),
        10 => format!("$$\n{}\n$$", line(dice)),
        _ => (0..dice.below(4).saturating_add(1)).map(|_| line(dice)).collect::<Vec<_>>().join("\n"),
    }
}

fn list(dice: &mut Dice, mark: &str) -> String {
    (0..dice.below(5).saturating_add(1))
        .map(|_| {
            let indent = dice.pick(&["", "", "  ", "    ", "\t"]);
            format!("{indent}{mark} {}", line(dice))
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn fence(dice: &mut Dice) -> String {
    let mark = dice.pick(&["```", "```", "~~~", "````"]);
    let language = dice.pick(&["", "rust", "python", "c++", "text title=\"a b\"", "sh"]);
    let lines: Vec<String> = (0..dice.below(12)).map(|_| line(dice)).collect();
    // Models forget to close a fence now and then.
    let end = if dice.below(8) == 0 { "" } else { mark };
    format!("{mark}{language}\n{}\n{end}", lines.join("\n"))
}

fn table(dice: &mut Dice) -> String {
    let columns = dice.below(4).saturating_add(1);
    let mut row = |cell: &mut dyn FnMut(&mut Dice) -> String| {
        let cells: Vec<String> = (0..columns).map(|_| cell(dice)).collect();
        format!("| {} |", cells.join(" | "))
    };
    let head = row(&mut |dice| dice.pick(WORDS).to_owned());
    let rule = row(&mut |dice| dice.pick(&["---", ":--", "--:", ":-:"]).to_owned());
    let body: Vec<String> = (0..3).map(|_| row(&mut |dice| dice.pick(PIECES).to_owned())).collect();
    format!("{head}\n{rule}\n{}", body.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_writes_the_same_text_and_another_seed_another() {
        assert_eq!(generate(7), generate(7));
        assert_ne!(generate(7), generate(8));
    }

    #[test]
    fn many_seeds_write_every_construct() {
        let all: String = (0..300).map(generate).collect();
        for piece in
            ["# ", "- ", "1. ", "```rust", "| --- |", "> ", "---", "<a@b.c>", "日本語", "~~gone~~", "$$"]
        {
            assert!(all.contains(piece), "{piece}");
        }
    }

    #[test]
    fn as_many_words_as_asked_for() {
        assert_eq!(plain_words(2_000).split_whitespace().count(), 2_000);
        assert_eq!(plain_words(0), "");
    }
}
