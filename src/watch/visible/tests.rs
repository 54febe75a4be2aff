// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

#[test]
fn a_page_is_read_as_a_person_does() {
    let page = "<!DOCTYPE html><html><head><title>News &amp; more</title>\n<style>p > a { color: red }</style>\
                <script>if (a < b) { document.write('<p>no</p>') }</script></head><body data-t='a>b'>\
                <!-- 2026-11-22 20:57 --><h1>To<b>day</b></h1>\n<p>It   costs&nbsp;5&#8364; &lt; 6&#x20AC;.</p>\
                <ul><li>one<li>two</ul><noscript>no script</noscript><p>a < b & c</p></body></html>";
    assert_eq!(text(page), "News & more\nToday\nIt costs 5€ < 6€.\none\ntwo\na < b & c");
}

#[test]
fn what_is_not_read_is_no_change() {
    let page = |nonce: &str| {
        format!(
            "<p class=\"{nonce}\">Hi</p><script nonce='{nonce}'>track('{nonce}')</script ><STYLE>.{nonce}{{}}</STYLE>\
             <!-- {nonce} --><input type=hidden value=\"<{nonce}>\"><svg><path d='{nonce}'/></svg><a href=/x?{nonce}>there</a>"
        )
    };
    assert_eq!(text(&page("a1")), "Hi\nthere");
    assert_eq!(text(&page("a1")), text(&page("b22")));
}

#[test]
fn what_is_broken_is_read_as_far_as_it_can_be() {
    for (page, seen) in [
        ("a<script>b", "a"),
        ("a<!-- b", "a"),
        ("a<svg>b", "a\nb"),
        ("a<svg/>b", "a\nb"),
        ("a<p title='it>b", "a"),
        ("a<p title=it's>b", "a\nb"),
        ("a<p", "a"),
        ("a<", "a<"),
        ("a</", "a</"),
        ("a&", "a&"),
        ("a&;&bogus;&#0;&#xD800;&#99999999999;", "a&;&bogus;&#0;&#xD800;&#99999999999;"),
        ("a&äöüäöüäöü;", "a&äöüäöüäöü;"),
        ("</script>a", "a"),
        ("<scripty>a</scripty>", "a"),
        ("a<?php b ?>c", "ac"),
        ("<İ>a", "<İ>a"),
    ] {
        assert_eq!(text(page), seen, "{page}");
    }
}

#[test]
fn hostile_pages_take_no_longer_than_others() {
    let begin = Instant::now();
    for piece in [
        "<svg>",
        "<svg",
        "<template><noscript>",
        "<!--",
        "<",
        "&",
        "</",
        "<script",
        "<p a='",
        "<script></scrip",
        "</svg<svg>",
    ] {
        text(&piece.repeat(1024 * 1024 / piece.len()));
    }
    // Anything that searches the rest again and again takes minutes.
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_page_is_answered_and_grows_no_more_than_by_its_lines(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "<", ">", "</", "/>", "<!--", "-->", "<script>", "</SCRIPT>", "<svg ", "</svg>", "<p>", "<b>", "'", "\"",
                "=", " ", "&", ";", "#x", "amp", "ä", "word", "\n", "\u{0}",
            ]),
            0..40,
        ),
    ) {
        let page: String = pieces.concat();
        let seen = text(&page);
        prop_assert!(seen.len() <= page.len());
        prop_assert!(!seen.contains("\n\n"));
    }

    #[test]
    fn plain_words_are_all_seen(words in prop::collection::vec("[a-zA-Zäöü.,0-9]{1,8}", 0..20)) {
        let page: String = words.iter().map(|word| format!("<p id='x'>{word}</p>\n")).collect();
        prop_assert_eq!(text(&page), words.join("\n"));
    }
}
