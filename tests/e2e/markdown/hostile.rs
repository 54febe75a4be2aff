// SPDX-License-Identifier: MIT OR Apache-2.0
//! Texts that nobody would write, and that a formatter has to survive. The same seed gives the same text.

use crate::dice::Dice;

fn pick<'a>(dice: &mut Dice, list: &[&'a str]) -> &'a str {
    list[dice.below(list.len())]
}

const WORDS: &[&str] = &[
    "word",
    "Zeile",
    "日本語の文章",
    "漢字かな交じり",
    "한국어",
    "中文，标点。",
    "👩‍👩‍👧‍👦",
    "🏳️‍🌈",
    "👍🏽",
    "🇩🇪🇯🇵",
    "1️⃣",
    "שלום",
    "العربية",
    "مرحبا",
    "\u{202b}rtl\u{202c}",
    "\u{200f}mark\u{200e}\u{200f}",
    "a\u{308}\u{323}o\u{301}",
    "Z͑ͫ̓ͪ̂ͫ̽͏a̴̙l̷g̸o",
    "नमस्ते",
    "ไทย",
    "e\u{301}té",
    "zero\u{200b}width",
    "soft\u{ad}hyphen",
    "nb\u{a0}sp",
    "\u{1d54f}\u{1d550}",
    "\u{10ffff}",
    "\u{fdd0}",
    "\u{e000}",
    "under_score_d",
    "it*s",
    "2*3*4",
    "C:\\path\\file",
    "a@b.c",
    "x<y>z",
    "AT&T",
    "#tag",
    "$100",
    "~tilde~",
    "50%",
];

const SIGNS: &[&str] = &[
    "**",
    "*",
    "_",
    "__",
    "***",
    "~~",
    "~",
    "`",
    "``",
    "```",
    "[",
    "]",
    "](",
    "(",
    ")",
    "![",
    "<",
    ">",
    "&",
    "&amp;",
    "&lt;",
    "&#x41;",
    "\\",
    "|",
    "||",
    "#",
    "- ",
    "1. ",
    "> ",
    "<b>",
    "</b>",
    "<br/>",
    "<a@b.c>",
    "<https://example.org>",
    "<!--",
    "-->",
    "<script>",
    "$$",
    "\\(",
    "[^1]",
    "\t",
    "  \n",
    "\\\n",
    "\r\n",
    "\u{0}",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{2028}",
    "\u{85}",
    "\u{feff}",
    "\u{200d}",
    "\u{301}",
    "\u{202e}",
];

/// A text from its seed.
pub(super) fn generate(seed: u64) -> String {
    let mut dice = Dice::new(seed.wrapping_mul(0x5851_f42d_4c95_7f2d));
    match dice.below(150) {
        0 => pick(
            &mut dice,
            &["", " ", "\n\n\n", "\t \u{a0}\u{3000}", "\u{200b}\u{200d}\u{feff}", "\r\n\r\n", "\u{2800}"],
        )
        .to_owned(),
        1 => (0..dice.below(60) + 1)
            .map(|at| char::from_u32(u32::try_from(at).unwrap() % 32).unwrap())
            .collect(),
        2 => long_word(&mut dice),
        3 => (0..dice.below(900) + 1).map(|_| pick(&mut dice, SIGNS)).collect(),
        4 => (0..300).map(|at| format!("**b{at}** _i{at}_ `c{at}` ")).collect(),
        5 => deep(&mut dice),
        6 => table(&mut dice, 30),
        7 => many_blocks(&mut dice, 60),
        _ => {
            let count = dice.below(5) + 1;
            many_blocks(&mut dice, count)
        }
    }
}

fn many_blocks(dice: &mut Dice, count: usize) -> String {
    (0..count).map(|_| block(dice)).collect::<Vec<_>>().join("\n\n")
}

fn words(dice: &mut Dice) -> String {
    let count = dice.below(12) + 1;
    (0..count)
        .map(|_| format!("{}{}", pick(dice, WORDS), dice.below(10_000) + 1_000))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Words among signs that open what nobody closes.
fn tangled(dice: &mut Dice) -> String {
    (0..dice.below(10) + 1)
        .map(|_| {
            format!(
                "{}{}{}",
                pick(dice, &["**", "*", "_", "~~", "`", "[", "<", "\\", "||", ""]),
                words(dice),
                pick(dice, &["**", "*", "_", "~~", "`", "]", ">", "\\", "||", ""])
            )
        })
        .collect::<Vec<_>>()
        .join(" ")
}

fn long_word(dice: &mut Dice) -> String {
    let unit = pick(dice, &["a", "漢", "👩‍👩‍👧‍👦", "e\u{301}", "ש", "🇩🇪", "𝕏"]);
    let word = unit.repeat(dice.below(9_000) + 100);
    match dice.below(4) {
        0 => format!("**{word}**"),
        1 => format!("`{word}`"),
        2 => format!("before {word} after"),
        _ => word,
    }
}

/// Lists in quotes in lists, to any depth.
fn deep(dice: &mut Dice) -> String {
    let depth = dice.below(60) + 2;
    let mark = pick(dice, &["- ", "> ", "1. ", "> - ", "* "]);
    (0..depth)
        .map(|level| format!("{}level{level} {}", mark.repeat(level), words(dice)))
        .collect::<Vec<_>>()
        .join("\n")
}

fn table(dice: &mut Dice, most: usize) -> String {
    let columns = dice.below(most) + 1;
    let row = |dice: &mut Dice, surplus: usize| {
        let cells: Vec<String> = (0..columns + surplus).map(|_| words(dice)).collect();
        format!("| {} |", cells.join(" | "))
    };
    let rule = format!("| {} |", vec!["---"; columns].join(" | "));
    let mut lines = vec![row(dice, 0), rule];
    for _ in 0..dice.below(5) {
        let surplus = dice.below(2);
        lines.push(row(dice, surplus));
    }
    lines.join("\n")
}

fn block(dice: &mut Dice) -> String {
    let (a, b) = (words(dice), words(dice));
    match dice.below(22) {
        0 => format!("{} {a}", "#".repeat(dice.below(8) + 1)),
        1 => format!("- {a}\n  - {b}\n      - {}\n\n        {}", words(dice), words(dice)),
        2 => format!("9. {a}\n9. {b}\n   > {}\n   > ```\n   > {}\n   > ```", words(dice), words(dice)),
        3 => format!("```{}\n{a}\n    {b}\n```", pick(dice, &["", "rust", "c++", "日本", "x y z"])),
        4 => format!("````\n```\n{a}\n```\n````\n{b}"),
        5 => format!("~~~\n{a}\n{b}"),
        6 => format!("    {a}\n\t{b}"),
        7 => format!("> {a}\n> > {b}\n{}", words(dice)),
        8 => table(dice, 4),
        9 => format!("[{a}](https://example.org) ![{b}](https://example.org)"),
        10 => format!("**{a} *{b}** {}*", words(dice)),
        11 => format!("<div class=\"x\">{a}</div>\n<!-- {b} -->"),
        12 => format!("<a@b.c> {a} <{b}"),
        13 => format!("- [x] {a}\n- [ ] {b}\n- [-] {}", words(dice)),
        14 => format!("{a}\n==="),
        15 => format!("{a}\n---\n{b}\n***"),
        16 => format!("***{a}*** ~~**{b}**~~ `{}`", words(dice)),
        17 => format!("{a}\u{0}{b}\u{8}\u{1b}[0m\r\n{}", words(dice)),
        18 => format!("$$\n{a}\n$$ \\[{b}\\]"),
        19 => format!("{a}  \n{b}\\\n{}", words(dice)),
        _ => tangled(dice),
    }
}
