// SPDX-License-Identifier: MIT OR Apache-2.0
//! Properties that hold for any text.
#![allow(clippy::expect_used, clippy::indexing_slicing)]

use super::*;
use proptest::prelude::*;
use teloxide::types::MessageEntityKind;

/// What Telegram demands of one message.
fn assert_acceptable(part: &Part) {
    let units: Vec<u16> = part.text.encode_utf16().collect();
    assert!(!is_blank(&part.text), "an empty part: {part:?}");
    assert!(units.len() <= LIMIT, "{} units", units.len());
    assert!(part.entities.len() <= 100);
    let mut open: Vec<(usize, &MessageEntityKind)> = Vec::new();
    let mut last = 0;
    for entity in &part.entities {
        let end = entity.offset + entity.length;
        assert!(entity.length > 0 && end <= units.len(), "out of range: {entity:?}");
        let inner = String::from_utf16(&units[entity.offset..end]).expect("cut through a surrogate pair");
        assert_eq!(inner.trim_end(), inner, "{entity:?}");
        let may_be_indented =
            matches!(entity.kind, MessageEntityKind::Pre { .. } | MessageEntityKind::Blockquote);
        assert!(may_be_indented || inner.trim_start() == inner, "{entity:?} {inner:?}");
        assert!(entity.offset >= last, "not sorted");
        last = entity.offset;
        open.retain(|(outer, _)| *outer > entity.offset);
        for (outer, kind) in &open {
            assert!(end <= *outer, "crossing: {entity:?}");
            let is_code = |kind: &MessageEntityKind| {
                matches!(kind, MessageEntityKind::Code | MessageEntityKind::Pre { .. })
            };
            assert!(!is_code(kind), "code holds something: {entity:?}");
            assert!(
                !is_code(&entity.kind) || **kind == MessageEntityKind::Blockquote,
                "code lies in something: {entity:?}"
            );
        }
        open.push((end, &entity.kind));
    }
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn visible(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !is_blank(&c.to_string())).collect()
}

/// Words in many scripts. None of them means anything in Markdown.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,9}[0-9]{1,4}",
        Just("日本語テキスト".to_owned()),
        Just("שלום".to_owned()),
        Just("مرحبا".to_owned()),
        Just("👩‍👩‍👧‍👦🎉".to_owned()),
        Just("e\u{301}a\u{308}\u{323}".to_owned()),
        Just("नमस्ते".to_owned()),
        Just("🇩🇪🇯🇵".to_owned()),
    ]
}

fn words() -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 1..12).prop_map(|words| words.join(" "))
}

/// Blocks as models write them, the sloppy ones included.
fn block() -> impl Strategy<Value = String> {
    (words(), words(), 0..22_u8).prop_map(|(a, b, kind)| match kind {
        0 => format!("# {a}\n{b}"),
        1 => format!("**{a}** {b}"),
        2 => format!("*{a} **{b}***"),
        3 => format!("- {a}\n  - {b}\n    - {a}"),
        4 => format!("1. {a}\n2. {b}\n   - {a}"),
        5 => format!("```rust\n{a}\n    {b}\n```"),
        6 => format!("```\n{a}"),
        7 => format!("> {a}\n> `{b}`"),
        8 => format!("| {a} | {b} |\n|---|:-:|\n| {b} | {a} | {a} |"),
        9 => format!("[{a}](https://example.com/x) {b}"),
        10 => format!("**{a} `{b}` {a}**"),
        11 => format!("~~{a}~~ _{b}_"),
        12 => format!("<div>{a}</div> <a@b.c> & {b}"),
        13 => format!("- [ ] {a}\n- [x] {b}"),
        14 => format!("**{a}\n\n{b}** *"),
        15 => format!("$${a}$$ \\({b}\\)"),
        16 => format!("[{a}][nowhere] ![{b}](picture.png)"),
        17 => format!("{a}\n---\n{b}"),
        18 => format!("> - {a}\n>   ```sh\n>   {b}\n>   ```"),
        19 => format!("[{a}]: {b}"),
        20 => format!("~~~ {a}\n{b}"),
        _ => format!("{a}\n{b}"),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_makes_acceptable_messages(markdown in any::<String>()) {
        format(&markdown).iter().for_each(assert_acceptable);
    }

    #[test]
    fn text_full_of_markdown_signs_makes_acceptable_messages(markdown in "[-*_~`#>|\\[\\]()!<&;:\\\\ \t\n0-9a-c👍é\u{200d}\u{301}]{0,400}") {
        format(&markdown).iter().for_each(assert_acceptable);
    }

    #[test]
    fn splitting_loses_nothing_that_can_be_seen(markdown in "[-*_~`#>| \na-z日👍\u{301}]{0,200}", times in 1..60_usize) {
        let markdown = markdown.repeat(times);
        let whole = parse::parse(&markdown).text;
        let parts = format(&markdown);
        parts.iter().for_each(assert_acceptable);
        let joined: String = parts.iter().map(|part| part.text.as_str()).collect();
        if !is_blank(&whole) {
            prop_assert_eq!(visible(&joined), visible(&whole));
        }
    }

    #[test]
    fn no_word_of_an_answer_is_lost(blocks in prop::collection::vec(block(), 1..16)) {
        let markdown = blocks.join("\n\n");
        let parts = format(&markdown);
        parts.iter().for_each(assert_acceptable);
        let mut joined = squeezed(&parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(" "));
        // The language of a code block is not in the text: it is in the entity.
        for entity in parts.iter().flat_map(|part| &part.entities) {
            if let MessageEntityKind::Pre { language: Some(language) } = &entity.kind {
                joined.push_str(language);
            }
        }
        let is_word = |c: char| c.is_alphanumeric() || !c.is_ascii() && !c.is_whitespace();
        let links = "https://example.com/x";
        for word in markdown.replace(links, " ").split(|c: char| !is_word(c)).filter(|word| !word.is_empty()) {
            // The mark of a task that is done; it becomes a box.
            if word == "x" {
                continue;
            }
            prop_assert!(joined.contains(&squeezed(word)), "{word:?} is lost in {joined:?}");
        }
    }

    #[test]
    fn plain_splitting_keeps_every_character(text in "[a-z \n日👍]{0,600}", limit in 2..200_usize) {
        let parts: Vec<String> = split_plain(&text, limit).into_iter().map(|part| part.text).collect();
        if !is_blank(&text) {
            prop_assert!(parts.iter().all(|part| utf16_len(part) <= limit));
            prop_assert_eq!(squeezed(&parts.concat()), squeezed(&text));
        }
    }
}

#[test]
fn an_answer_without_anything_to_see_says_so() {
    for nothing in ["", " \n\t", "\u{200b}\u{200d}", "\u{0}\u{1}", "**\u{200b}**", "```\n```"] {
        let parts = format(nothing);
        assert_eq!(parts.len(), 1, "{nothing:?}");
        assert!(!is_blank(&parts[0].text), "{nothing:?}");
    }
}

#[test]
fn a_long_code_block_is_closed_and_opened_again_with_its_language() {
    let code = "let line = \"of code\";\n".repeat(400);
    let parts = format(&format!("Look:\n\n```rust\n{code}```\n\nDone."));
    parts.iter().for_each(assert_acceptable);
    assert!(parts.len() >= 3);
    let language = Some("rust".to_owned());
    for part in &parts {
        let pre = part
            .entities
            .iter()
            .filter(|entity| entity.kind == MessageEntityKind::Pre { language: language.clone() });
        assert_eq!(pre.count(), 1, "{:?}", part.entities);
    }
}

#[test]
fn ten_thousand_lines_are_formatted_quickly() {
    let answer = "Some **bold** words and `code` in a line, [linked](https://example.com/).\n".repeat(10_000);
    let before = std::time::Instant::now();
    let parts = format(&answer);
    assert!(parts.len() > 100);
    assert!(before.elapsed() < std::time::Duration::from_secs(20), "{:?}", before.elapsed());
}
