// SPDX-License-Identifier: MIT OR Apache-2.0
//! Texts that are made to be slow or to grow: none may hold up a turn.

use super::*;
use std::time::{Duration, Instant};

const SIZE: usize = 200_000;
/// In an unoptimized build; the release is far below.
const IN_TIME: Duration = Duration::from_secs(2);

fn repeated(pattern: &str) -> String {
    pattern.repeat(SIZE / pattern.len())
}

/// Half of it opens, half of it closes.
fn nested(open: &str, close: &str) -> String {
    let times = SIZE / (open.len() + close.len());
    format!("{}x{}", open.repeat(times), close.repeat(times))
}

/// What this thread has worked so far, where the system says so: a machine that is busy with other things is not the
/// text's fault.
fn worked() -> Option<Duration> {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    said.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// Formats it, in time and without growing; the parts.
fn assert_harmless(name: &str, markdown: &str) -> Vec<Part> {
    let (begun, before) = (Instant::now(), worked());
    let parts = format(markdown);
    let took = match (before, worked()) {
        (Some(before), Some(after)) if after > before => after - before,
        _ => begun.elapsed(),
    };
    assert!(took < IN_TIME, "{name}: {took:?}");
    let size: usize = parts.iter().map(|part| part.text.len()).sum();
    assert!(size <= 8 * markdown.len() + 1024, "{name}: {} bytes became {size}", markdown.len());
    parts
}

#[test]
fn signs_without_end_are_formatted_in_time() {
    for pattern in [
        "*_[",
        "*",
        "_",
        "[",
        "]",
        "![",
        "**a",
        "*a **b ",
        "~~",
        "`",
        "``a",
        "a`",
        "<",
        "<a",
        "<!--",
        "<?",
        "<![CDATA[",
        "&",
        "&#",
        "\\",
        "(",
        "[a](",
        "[a](b",
        "[a]:",
        "[a]: b\n",
        "[a]: b\n\n",
        "> ",
        ">",
        "- ",
        "* ",
        "1. ",
        "1) ",
        "\t",
        " ",
        "\n",
        "|",
        "|-",
        "|a",
        "a|b\n",
        "|a|\n|-|\n",
        "$",
        "$$",
        "# ",
        "#\n",
        "---\n",
        "a\n---\n",
        "```\n",
        "```\na\n```\n",
        "~~~ a\n",
        "    a\n\n",
        "- a\n",
        "- [ ] ",
        "* a\n\n",
        "\u{301}",
        "a\u{30a}",
        "👩\u{200d}",
        "🇩🇪",
        "\u{0}",
        "<a@b.c>",
        "www.a.b ",
        "a**b__c~~",
        "[`a](b)`",
        "\"'(",
        "a_b",
        "*a_",
        "_a*",
        "*a`",
        "[a][",
        "[a][b]",
        "[[a]]",
        "![a",
        "[^1]",
        "[^1]: a\n",
    ] {
        assert_harmless(&format!("{pattern:?}"), &repeated(pattern));
    }
}

#[test]
fn one_long_line_is_formatted_in_time() {
    for word in [
        "a",
        "日",
        "👍",
        "a b",
        "a.b ",
        "**a** ",
        "*a*",
        "_a_ ",
        "`a` ",
        "`a`",
        "[a](http://b.c)",
        "**`a`**",
        "**a `b` c** ",
        "*a **b** c* ",
        "~~a~~ ",
        "[a](b) ",
        "![a](b)",
        "<b>a</b>",
        "[`a`](http://b.c) ",
    ] {
        let parts = assert_harmless(&format!("{word:?}"), &repeated(word));
        assert!(parts.len() > 2, "{word:?}");
    }
}

#[test]
fn depth_is_formatted_in_time() {
    for (open, close) in [
        ("*a ", " a*"),
        ("**a ", " a**"),
        ("*a **b ", " b** a*"),
        ("[", "](a)"),
        ("![", "](a.b)"),
        ("(", ")"),
        ("<b>", "</b>"),
        ("~~a ", " a~~"),
        ("\"*", "*\""),
        ("[a](", ")"),
        ("`", "`"),
        ("_a*b ", " b*a_"),
        ("*a `b` ", " `b` a*"),
        ("*a [b](http://c.d) ", " a*"),
    ] {
        assert_harmless(&format!("{open:?} {close:?}"), &nested(open, close));
    }
}

#[test]
fn deep_lists_and_quotations_with_many_lines_neither_hang_nor_grow() {
    let half = SIZE / 2;
    let lines = "a\n".repeat(half / 2);
    for (name, markdown) in [
        ("bullets", format!("{}{lines}", "- ".repeat(half / 2))),
        ("numbers", format!("{}{lines}", "1. ".repeat(half / 3))),
        ("quotations", format!("{}{lines}", "> ".repeat(half / 2))),
        ("both", format!("{}{lines}", "- > ".repeat(half / 4))),
        ("quoted lines", "> > > > a\n".repeat(SIZE / 10)),
        ("stairs", (0..600).map(|depth| format!("{}- a\n", " ".repeat(2 * depth % 660))).collect()),
        ("paragraphs", format!("{}a\n{}", "- ".repeat(200), format!("\n{}a\n", " ".repeat(400)).repeat(450))),
        ("rising quotations", (0..600).map(|depth| format!("{} a\n", ">".repeat(depth))).collect()),
        (
            "deep emphasis in code",
            format!("{}{}{}", "*a ".repeat(20_000), "`b` ".repeat(20_000), "a* ".repeat(20_000)),
        ),
        (
            "deep emphasis in links",
            format!("{}{}{}", "*a ".repeat(20_000), "[b](http://c.d) ".repeat(5_000), "a* ".repeat(20_000)),
        ),
        ("short links and code", format!("{}\n\n[a]: http://b.c/", "[a]`x`".repeat(SIZE / 6))),
        ("short links that lead nowhere", format!("{}\n\n[a]: {}", "[a] ".repeat(20_000), "b".repeat(half))),
        (
            "short links to a long address",
            format!("{}\n\n[a]: http://b.c/{}", "[a] ".repeat(20_000), "b".repeat(1_900)),
        ),
        ("bold code", format!("**{}**", "`x` a ".repeat(SIZE / 6))),
        ("code blocks in a list", "- ```\n  a\n  ```\n".repeat(SIZE / 17)),
        ("one code block", format!("```\n{}", "a\n".repeat(half))),
        ("words between code blocks", "```\na\n```\nb c d e f\n".repeat(SIZE / 20)),
    ] {
        assert_harmless(name, &markdown);
    }
}

#[test]
fn tables_are_not_padded_without_end() {
    for (name, markdown) in [
        (
            "one long cell",
            format!("|a|b|\n|-|-|\n|{}|b|\n{}", "x".repeat(SIZE / 2), "|a|b|\n".repeat(SIZE / 12)),
        ),
        (
            "one long last cell",
            format!("|a|b|\n|-|-|\n|a|{}|\n{}", "x".repeat(SIZE / 2), "|a|b|\n".repeat(SIZE / 12)),
        ),
        ("right", format!("|a|\n|-:|\n|{}|\n{}", "x".repeat(SIZE / 2), "|a|\n".repeat(SIZE / 8))),
        (
            "many columns",
            format!("|{}\n|{}\n{}", "a|".repeat(10_000), "-|".repeat(10_000), "a\n".repeat(SIZE / 2)),
        ),
        ("many rows", format!("|a|b|\n|-|-|\n{}", "|a|b|\n".repeat(SIZE / 6))),
        ("many tables", "|a|b|\n|-|-|\n|c|d|\n\n".repeat(SIZE / 19)),
        ("surplus cells", format!("|a|\n|-|\n{}", "|a|b|c|d\n".repeat(SIZE / 9))),
        ("links", format!("|a|\n|-|\n|{}|", "[a](b) ".repeat(SIZE / 7))),
    ] {
        assert_harmless(name, &markdown);
    }
}
