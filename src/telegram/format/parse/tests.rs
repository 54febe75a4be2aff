// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;

fn text(markdown: &str) -> String {
    parse(markdown).text
}

/// The styled stretches as (text, style).
fn spans(markdown: &str) -> Vec<(String, Style)> {
    let document = parse(markdown);
    document
        .spans
        .iter()
        .map(|span| (document.text.get(span.range.clone()).unwrap().to_owned(), span.style.clone()))
        .collect()
}

#[test]
fn inline_styles_are_found() {
    let found = spans("**bold** *italic* ~~gone~~ `code`");
    assert_eq!(
        found,
        [
            ("bold".into(), Style::Bold),
            ("italic".into(), Style::Italic),
            ("gone".into(), Style::Strike),
            ("code".into(), Style::Code)
        ]
    );
}

#[test]
fn headings_become_bold() {
    assert_eq!(text("# Title\ntext"), "Title\n\ntext");
    assert_eq!(spans("## Title"), [("Title".into(), Style::Bold)]);
}

#[test]
fn lists_keep_their_nesting_and_numbers() {
    assert_eq!(text("- a\n- b\n  - c\n\n    more\n- d"), "• a\n• b\n  ◦ c\n    more\n• d");
    assert_eq!(text("1986. great\n1987. greater\n\ndone"), "1986. great\n1987. greater\n\ndone");
    assert_eq!(text("- [ ] todo\n- [x] done"), "☐ todo\n☑ done");
}

#[test]
fn what_is_nested_absurdly_deep_stays_as_it_was_written() {
    let absurd = format!("{}**x**\n{}", "> ".repeat(4_000), "a\n".repeat(4_000));
    assert_eq!(parse(&absurd), Document { text: absurd, spans: Vec::new() });
    let digits = format!("**pi**\n{}", "3141592653\n".repeat(9_000));
    assert_eq!(spans(&digits), [("pi".into(), Style::Bold)]);
}

#[test]
fn indentation_ends_somewhere() {
    let found = text(&format!("{}a", "1. ".repeat(100)));
    assert!(found.ends_with(&format!("\n{}1. a", "  ".repeat(DEEPEST))), "{found}");
}

#[test]
fn lines_stay_lines() {
    assert_eq!(text("roses are red\nviolets are blue\n\nend"), "roses are red\nviolets are blue\n\nend");
}

#[test]
fn code_blocks_carry_their_language_and_show_what_else_stands_there() {
    assert_eq!(
        spans("```rust,ignore\nfn a() {\n    b\n}\n```"),
        [("fn a() {\n    b\n}".into(), Style::Pre { language: Some("rust".into()) })]
    );
    assert_eq!(text("```sh title=\"run.sh\"\nls\n```"), "title=\"run.sh\"\nls");
    assert_eq!(text("```what is this"), "what is this");
}

#[test]
fn an_unclosed_code_block_is_a_code_block() {
    assert_eq!(spans("```py\nprint(1)"), [("print(1)".into(), Style::Pre { language: Some("py".into()) })]);
}

#[test]
fn quotations_are_one_stretch() {
    let found = spans("> one\n> **two**\n>\n> > three");
    assert_eq!(found.last(), Some(&("one\ntwo\n\nthree".to_owned(), Style::Quote)));
}

#[test]
fn links_keep_their_target() {
    let url = Url::parse("https://example.com/a?b=c").unwrap();
    assert_eq!(
        spans("[here](https://example.com/a?b=c)"),
        [("here".into(), Style::Link { url: url.clone() })]
    );
    assert_eq!(spans("![alt](https://example.com/a?b=c)"), [("alt".into(), Style::Link { url })]);
    assert_eq!(text("[file](./a.txt)"), "file (./a.txt)");
    assert_eq!(text("[local](http://localhost:8080/)"), "local (http://localhost:8080/)");
    assert_eq!(text("[write](mailto:a@b.c) to <a@b.c>"), "write (a@b.c) to a@b.c");
    assert_eq!(text("[](https://example.com/)"), "https://example.com/");
    assert_eq!(spans("<https://example.com/>"), []);
}

#[test]
fn html_and_math_stay_as_they_were_written() {
    assert_eq!(text("a <b>c</b> <!-- d -->"), "a <b>c</b> <!-- d -->");
    assert_eq!(text("<div>\nx\n</div>\n\nend"), "<div>\nx\n</div>\n\nend");
    assert_eq!(text("costs $5, $x_1 + y_2$"), "costs $5, $x_1 + y_2$");
    assert_eq!(text("<a@b.c and 1 < 2"), "<a@b.c and 1 < 2");
}

#[test]
fn tables_become_aligned_text() {
    let document = parse("before\n\n| Name | Age |\n|:--|--:|\n| **Bo** | 7 |\n\nafter");
    assert_eq!(document.text, "before\n\nName │ Age\n─────┼────\nBo   │   7\n\nafter");
    assert_eq!(document.spans.len(), 1);
}

#[test]
fn surplus_cells_and_links_of_a_table_are_not_lost() {
    let laid_out = text("|a|b|\n|-|-|\n|c|d|surplus|\n|[x](https://e.org/)|y|");
    assert!(laid_out.contains("surplus"), "{laid_out}");
    assert!(laid_out.contains("x (https://e.org/)"), "{laid_out}");
}

#[test]
fn definitions_that_no_link_uses_are_shown() {
    assert_eq!(text("[note]: https://example.com/x"), "[note]: https://example.com/x");
    assert_eq!(text("a [b][1]\n\n[1]: https://example.com/x"), "a b");
    assert_eq!(text("one\n\n[u]: /x\n\ntwo"), "one\n\n[u]: /x\n\ntwo");
}

#[test]
fn rules_are_shown() {
    assert_eq!(text("a\n\n---\n\nb"), "a\n\n———\n\nb");
}

#[test]
fn letters_with_a_ring_keep_it() {
    assert_eq!(text("A\u{30a}ngstro\u{308}m"), "Ångstro\u{308}m");
}

#[test]
fn control_characters_become_spaces() {
    assert_eq!(text("a\u{1b}[31mred\u{0}"), "a [31mred");
}
