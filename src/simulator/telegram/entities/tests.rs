// SPDX-License-Identifier: MIT OR Apache-2.0
//! Markup as Telegram reads it: tables of right and wrong, and that nothing breaks the parsers.

use super::{Entity, Formatted, Kind, ParseMode, given, link, utf16_len, validate};
use proptest::prelude::*;
use serde_json::json;

fn parse(mode: ParseMode, text: &str) -> Result<Formatted, String> {
    mode.parse(text)
}

/// `kind offset+length` of every entity, in one line.
fn shape(formatted: &Formatted) -> String {
    let show = |entity: &Entity| format!("{} {}+{}", entity.kind.name(), entity.offset, entity.length);
    formatted.entities.iter().map(show).collect::<Vec<_>>().join(", ")
}

fn check_good(mode: ParseMode, table: &[(&str, &str, &str)]) {
    for (markup, text, entities) in table {
        let formatted = parse(mode, markup).unwrap_or_else(|why| panic!("{markup:?}: {why}"));
        assert_eq!(formatted.text, *text, "text of {markup:?}");
        assert_eq!(shape(&formatted), *entities, "entities of {markup:?}");
    }
}

fn check_bad(mode: ParseMode, table: &[(&str, &str)]) {
    for (markup, why) in table {
        let found = parse(mode, markup).expect_err(markup);
        assert_eq!(found, format!("Can't parse entities: {why}"), "{markup:?}");
    }
}

#[test]
fn html_that_telegram_takes() {
    check_good(
        ParseMode::Html,
        &[
            ("plain", "plain", ""),
            ("a &lt; b &amp;&amp; c &gt; d &quot;", "a < b && c > d \"", ""),
            ("&nbsp; &copy; & alone", "&nbsp; &copy; & alone", ""),
            ("&#65;&#x42;&#128512;", "AB😀", ""),
            ("<b>x</b><strong>y</strong>", "xy", "bold 0+1, bold 1+1"),
            ("<B>x</b >", "x", "bold 0+1"),
            ("<i>a<u>b</u></i>", "ab", "italic 0+2, underline 1+1"),
            (
                "<s>1</s><strike>2</strike><del>3</del>",
                "123",
                "strikethrough 0+1, strikethrough 1+1, strikethrough 2+1",
            ),
            (
                "<tg-spoiler>x</tg-spoiler> <span class=\"tg-spoiler\">y</span>",
                "x y",
                "spoiler 0+1, spoiler 2+1",
            ),
            ("<code>a &lt; b</code>", "a < b", "code 0+5"),
            ("<pre>x</pre>", "x", "pre 0+1"),
            ("<pre><code class=\"language-rust\">fn</code></pre>", "fn", "pre 0+2"),
            ("<code class=\"language-rust\">fn</code>", "fn", "code 0+2"),
            ("<blockquote>q</blockquote>", "q", "blockquote 0+1"),
            ("<blockquote expandable>q</blockquote>", "q", "expandable_blockquote 0+1"),
            ("<a href='https://a.b/?x=1&amp;y=2'>t</a>", "t", "text_link 0+1"),
            ("<a href=\"tg://user?id=7\">t</a>", "t", "text_mention 0+1"),
            ("<a href=\"not a link\">t</a>", "t", ""),
            ("<a>example.org</a>", "example.org", "text_link 0+11"),
            ("😀<b>é</b>", "😀é", "bold 2+1"),
            ("<b></b>x", "x", ""),
            ("<tg-emoji emoji-id=\"5\">👍</tg-emoji>", "👍", "custom_emoji 0+2"),
            ("<tg-time unix=\"1700000000\" format=\"wDT\">then</tg-time>", "then", "date_time 0+4"),
        ],
    );
}

#[test]
fn html_that_telegram_refuses() {
    check_bad(
        ParseMode::Html,
        &[
            ("<a@b.c>", "Unsupported start tag \"a@b.c\" at byte offset 0"),
            ("é <p>x</p>", "Unsupported start tag \"p\" at byte offset 3"),
            ("x <br/> y", "Unsupported start tag \"br/\" at byte offset 2"),
            ("1 < 2", "Unsupported start tag \"\" at byte offset 2"),
            ("<b", "Unclosed start tag at byte offset 0"),
            ("<b>x", "Can't find end tag corresponding to start tag \"b\""),
            ("x</b>", "Unexpected end tag at byte offset 1"),
            ("<b><i>x</b></i>", "Unmatched end tag at byte offset 7, expected \"</i>\", found \"</b>\""),
            ("<b>x</b", "Unclosed end tag at byte offset 4"),
            ("<span>x</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0"),
            ("<a =x>y</a>", "Empty attribute name in the tag \"a\" at byte offset 0"),
            ("<a href=a/b>y</a>", "Unexpected end of name token at byte offset 8"),
            ("<a href=\"x", "Unclosed start tag at byte offset 0"),
            ("<tg-emoji emoji-id=\"x\">y</tg-emoji>", "Invalid custom emoji identifier specified"),
            (
                "&#xD800;",
                "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched \
                 surrogate code units",
            ),
        ],
    );
}

#[test]
fn markdown_v2_that_telegram_takes() {
    check_good(
        ParseMode::MarkdownV2,
        &[
            ("plain text, no marks", "plain text, no marks", ""),
            ("a\\.b\\!\\\\", "a.b!\\", ""),
            (
                "*b* _i_ __u__ ~s~ ||p||",
                "b i u s p",
                "bold 0+1, italic 2+1, underline 4+1, strikethrough 6+1, spoiler 8+1",
            ),
            ("*bold _italic bold_ end*", "bold italic bold end", "bold 0+20, italic 5+11"),
            ("`a.b!c`", "a.b!c", "code 0+5"),
            ("`\\``", "`", "code 0+1"),
            ("```\nx = [1]\n```", "x = [1]\n", "pre 0+8"),
            ("```python\nx\n```", "x\n", "pre 0+2"),
            ("```x```", "x", "pre 0+1"),
            ("[t](https://a.b/c_d)", "t", "text_link 0+1"),
            ("[t](https://a.b/\\))", "t", "text_link 0+1"),
            ("[t](tg://user?id=5)", "t", "text_mention 0+1"),
            ("[t](nonsense)", "t", ""),
            ("![👍](tg://emoji?id=5368324170671202286)", "👍", "custom_emoji 0+2"),
            (">a\n>b\nc", "a\nb\nc", "blockquote 0+4"),
            (">a\n>b||", "a\nb", "expandable_blockquote 0+3"),
            (">a||\nb", "a\nb", "expandable_blockquote 0+2"),
            ("**>a\n>b||", "a\nb", "expandable_blockquote 0+3"),
            ("😀 *é*", "😀 é", "bold 3+1"),
            ("__ __", " ", "underline 0+1"),
            ("**", "", ""),
        ],
    );
}

#[test]
fn markdown_v2_that_telegram_refuses() {
    check_bad(
        ParseMode::MarkdownV2,
        &[
            ("a.b", "Character '.' is reserved and must be escaped with the preceding '\\'"),
            ("1 - 2", "Character '-' is reserved and must be escaped with the preceding '\\'"),
            ("# head", "Character '#' is reserved and must be escaped with the preceding '\\'"),
            ("a > b", "Character '>' is reserved and must be escaped with the preceding '\\'"),
            ("a | b", "Character '|' is reserved and must be escaped with the preceding '\\'"),
            ("wow!", "Character '!' is reserved and must be escaped with the preceding '\\'"),
            ("(x)", "Character '(' is reserved and must be escaped with the preceding '\\'"),
            ("x]", "Character ']' is reserved and must be escaped with the preceding '\\'"),
            ("{", "Character '{' is reserved and must be escaped with the preceding '\\'"),
            ("a*b", "Can't find end of Bold entity at byte offset 1"),
            ("é_x", "Can't find end of Italic entity at byte offset 2"),
            ("__x", "Can't find end of Underline entity at byte offset 0"),
            ("~x", "Can't find end of Strikethrough entity at byte offset 0"),
            ("||x", "Can't find end of Spoiler entity at byte offset 0"),
            ("`x", "Can't find end of Code entity at byte offset 0"),
            ("```x", "Can't find end of Pre entity at byte offset 0"),
            ("```rust\nx", "Can't find end of PreCode entity at byte offset 0"),
            ("[x", "Can't find end of TextUrl entity at byte offset 0"),
            ("[x](y", "Can't find end of a URL at byte offset 4"),
            ("![x]", "The entity must contain a tg://emoji or tg://time URL"),
            ("![x](https://a.b)", "Invalid tg://emoji or tg://time URL specified"),
            (">*a\nb*", "Can't find end of Bold entity at byte offset 1"),
            ("*a _b* c_", "Can't find end of Italic entity at byte offset 8"),
        ],
    );
}

#[test]
fn old_markdown_that_telegram_takes() {
    check_good(
        ParseMode::Markdown,
        &[
            ("a.b! (x) - #", "a.b! (x) - #", ""),
            ("*b* _i_ `c`", "b i c", "bold 0+1, italic 2+1, code 4+1"),
            ("```rust\nx```", "x", "pre 0+1"),
            ("[t](http://a.b)", "t", "text_link 0+1"),
            ("[a.b/c]", "a.b/c", "text_link 0+5"),
            ("\\_x\\*", "_x*", ""),
            ("*a_b*", "a_b", "bold 0+3"),
        ],
    );
}

#[test]
fn old_markdown_that_telegram_refuses() {
    check_bad(
        ParseMode::Markdown,
        &[
            ("snake_case", "Can't find end of the entity starting at byte offset 5"),
            ("é *x", "Can't find end of the entity starting at byte offset 3"),
            ("```x``", "Can't find end of the entity starting at byte offset 0"),
            ("[x", "Can't find end of the entity starting at byte offset 0"),
        ],
    );
}

#[test]
fn parse_modes_are_known_by_name_in_any_case() {
    assert_eq!(ParseMode::from_name("MarkdownV2"), Ok(Some(ParseMode::MarkdownV2)));
    assert_eq!(ParseMode::from_name("html"), Ok(Some(ParseMode::Html)));
    assert_eq!(ParseMode::from_name("MARKDOWN"), Ok(Some(ParseMode::Markdown)));
    assert_eq!(ParseMode::from_name(""), Ok(None));
    assert_eq!(ParseMode::from_name("md"), Err("Unsupported parse_mode".to_owned()));
}

#[test]
fn links_are_kept_in_the_services_spelling_or_dropped() {
    let kept = [
        ("https://Example.ORG", "https://example.org/"),
        ("example.org/a b", "http://example.org/a%20b"),
        ("http://u:p@a.b:8080/x?y#z", "http://u:p@a.b:8080/x?y#z"),
        ("https://a.b?q", "https://a.b/?q"),
        ("https://[::1]/", "https://[::1]/"),
        ("TG://resolve?domain=x", "tg://resolve?domain=x"),
    ];
    for (url, spelled) in kept {
        assert_eq!(link::checked(url).as_deref(), Some(spelled), "{url}");
    }
    for url in [
        "",
        "localhost",
        "ftp://a.b/",
        "javascript:alert(1)",
        "https://a b.c",
        "https://a.b:0/",
        "https:///x",
        "mailto:a@localhost",
    ] {
        assert_eq!(link::checked(url), None, "{url}");
    }
}

fn settle(text: &str, entities: Vec<Entity>) -> Result<validate::Settled, String> {
    validate::settle(Formatted { text: text.into(), entities }, false)
}

#[test]
fn entities_must_lie_within_the_text_and_on_whole_characters() {
    let bold = |offset, length| vec![Entity::new(Kind::Bold, offset, length)];
    assert!(settle("ab😀", bold(0, 4)).is_ok());
    let wrong = [
        (5, 1, "Entity begins after the end of the text at UTF-16 offset 5"),
        (0, 5, "Entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 5"),
        (3, 1, "Entity begins in a middle of a UTF-16 symbol at byte offset 6"),
        (0, 3, "Entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol at byte offset 6"),
    ];
    for (offset, length, why) in wrong {
        assert_eq!(settle("ab😀", bold(offset, length)).map(|_| ()), Err(why.to_owned()));
    }
}

#[test]
fn texts_are_trimmed_and_their_entities_move_along() {
    let settled = settle(" \n a b \n", vec![Entity::new(Kind::Italic, 5, 3)]).unwrap();
    assert_eq!(settled.formatted.text, "a b");
    assert_eq!(shape(&settled.formatted), "italic 2+1");
    assert!(settled.changed.is_empty());
    // The beginning is trimmed only as far as the first entity.
    let settled = settle("  a", vec![Entity::new(Kind::Code, 1, 2)]).unwrap();
    assert_eq!((settled.formatted.text.as_str(), shape(&settled.formatted).as_str()), (" a", "code 0+2"));
}

#[test]
fn texts_that_show_nothing_are_refused() {
    for text in [" \n ", "\u{200b}", "\u{a0} \u{feff}", "\u{2800}", "\r\r"] {
        assert_eq!(settle(text, vec![]).map(|_| ()), Err("Text must be non-empty".to_owned()), "{text:?}");
    }
    let empty = validate::settle(Formatted::default(), true).unwrap();
    assert_eq!(empty.formatted, Formatted::default());
}

#[test]
fn control_characters_go_and_carriage_returns_shift_entities() {
    let settled = settle("a\r\nb\tc\u{202e}d", vec![Entity::new(Kind::Bold, 3, 1)]).unwrap();
    assert_eq!(settled.formatted.text, "a\nb cd");
    assert_eq!(shape(&settled.formatted), "bold 2+1");
}

#[test]
fn nesting_is_put_in_order_and_what_was_lost_is_told() {
    let e = Entity::new;
    let language = || Kind::Pre { language: None };
    let cases = [
        (vec![e(Kind::Bold, 0, 4), e(Kind::Italic, 2, 4)], "bold 0+4, italic 2+4", 0),
        (vec![e(Kind::Bold, 0, 2), e(Kind::Bold, 2, 2)], "bold 0+4", 0),
        (vec![e(Kind::Blockquote, 0, 8), e(language(), 2, 2)], "blockquote 0+8, pre 2+2", 0),
        (vec![e(Kind::Bold, 0, 8), e(Kind::Code, 2, 2)], "bold 0+2, code 2+2, bold 4+4", 1),
        (vec![e(Kind::Code, 0, 4), e(Kind::Code, 2, 4)], "code 0+4", 1),
        (vec![e(Kind::Blockquote, 0, 8), e(Kind::Blockquote, 2, 2)], "blockquote 0+8", 1),
        (vec![e(Kind::Code, 0, 4), e(Kind::Blockquote, 2, 4)], "blockquote 2+4", 1),
    ];
    for (entities, expected, lost) in cases {
        let settled = settle("abcdefgh", entities.clone()).unwrap();
        assert_eq!(shape(&settled.formatted), expected, "{entities:?}");
        assert_eq!(settled.changed.len(), lost, "{entities:?}: {:?}", settled.changed);
    }
}

#[test]
fn of_very_many_entities_the_first_hundred_are_kept() {
    let marks = |count: usize, kind: Kind| {
        let entities = (0..count).map(|n| Entity::new(kind.clone(), n * 2, 1)).collect();
        settle(&"a ".repeat(count), entities)
    };
    let hundred = marks(100, Kind::Bold).unwrap();
    assert_eq!((hundred.formatted.entities.len(), hundred.changed.len()), (100, 0));
    let more = marks(101, Kind::Bold).unwrap();
    assert_eq!(more.formatted.entities.len(), 100);
    assert_eq!(more.changed, ["of 101 entities only the first 100 are shown"]);
    let links = Kind::TextLink { url: format!("https://a.b/{}", "x".repeat(200)) };
    assert_eq!(marks(90, links).map(|_| ()), Err("ENTITIES_TOO_LONG".to_owned()));
    // A style is cut where others begin within it.
    let mut nested = vec![Entity::new(Kind::Bold, 0, 200)];
    nested.extend((1..60).map(|n| Entity::new(Kind::Italic, n * 2, 1)));
    assert_eq!(settle(&"ab".repeat(100), nested).unwrap().changed.len(), 1);
}

#[test]
fn given_entities_are_read_strictly() {
    let good = json!([
        { "type": "pre", "offset": 0, "length": 2, "language": "rust" },
        { "type": "text_link", "offset": "2", "length": 1, "url": "https://a.b" },
    ]);
    let given = given::parse(&good).unwrap();
    assert_eq!(given.entities.len(), 2);
    assert!(given.dropped.is_empty());
    let silent = json!([{ "type": "url", "offset": 0, "length": 1 }, { "type": "text_link", "offset": 0, "length": 1, "url": "x" }]);
    assert_eq!(given::parse(&silent).unwrap().dropped.len(), 2);
    let bad = [
        (json!([1]), "expected an Object"),
        (json!([{ "type": "bold", "length": 1 }]), "Can't find field \"offset\""),
        (json!([{ "type": "bold", "offset": true, "length": 1 }]), "Field \"offset\" must be a Number"),
        (json!([{ "type": "blink", "offset": 0, "length": 1 }]), "Unsupported type specified"),
        (json!([{ "type": "text_link", "offset": 0, "length": 1 }]), "Can't find field \"url\""),
        (
            json!([{ "type": "bold", "offset": -1, "length": 1 }]),
            "Receive an entity with incorrect offset -1",
        ),
    ];
    for (value, why) in bad {
        assert_eq!(given::parse(&value).map(|_| ()), Err(format!("Can't parse MessageEntity: {why}")));
    }
}

#[test]
fn commands_and_mentions_of_people_are_found() {
    let show = |text| shape(&Formatted { text: String::new(), entities: validate::found_by_service(text) });
    assert_eq!(show("/start@bot now"), "bot_command 0+10");
    assert_eq!(show("😀 /new @someone!"), "bot_command 3+4, mention 8+8");
    assert_eq!(show("a/b c@d.e 1/2 //x"), "");
}

fn escape_v2(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        if "_*[]()~`>#+-=|{}.!\\".contains(c) {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_markup_breaks_a_parser(text in "(?s)([<>/a-c=\"'&;# \n\r\\\\_*\\[\\]()~`|!.é😀-]|<b>|</b>|<pre>|```|\\|\\||\n>|tg://user\\?id=1){0,40}") {
        for mode in [ParseMode::Html, ParseMode::MarkdownV2, ParseMode::Markdown] {
            if let Ok(formatted) = parse(mode, &text) {
                let length = utf16_len(&formatted.text);
                for entity in &formatted.entities {
                    prop_assert!(entity.length > 0 && entity.end() <= length, "{mode:?} {text:?} {entity:?}");
                }
                // What a parser gives out can always be settled, unless there is nothing to show.
                if let Err(why) = validate::settle(formatted, true) {
                    prop_assert!(false, "{mode:?} {text:?}: {why}");
                }
            }
        }
    }

    #[test]
    fn escaped_text_arrives_as_it_was(text in any::<String>()) {
        let v2 = parse(ParseMode::MarkdownV2, &escape_v2(&text)).unwrap();
        prop_assert_eq!(&v2.text, &text);
        prop_assert!(v2.entities.is_empty());
        let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let html = parse(ParseMode::Html, &html).unwrap();
        prop_assert_eq!(&html.text, &text);
    }

    #[test]
    fn settled_text_stays_as_it_is(text in any::<String>(), offset in 0_usize..8, length in 1_usize..8) {
        let length = length.min(utf16_len(&text).saturating_sub(offset));
        let Ok(once) = settle(&text, vec![Entity::new(Kind::Underline, offset, length)]) else { return Ok(()) };
        let twice = settle(&once.formatted.text, once.formatted.entities.clone()).unwrap();
        prop_assert_eq!(once.formatted, twice.formatted);
    }

    #[test]
    fn any_entities_are_settled_or_refused(
        text in "[a-d \n😀é]{0,12}",
        places in proptest::collection::vec((0_u8..7, 0_usize..14, 0_usize..14), 0..8),
    ) {
        let entities = places.into_iter().map(|(kind, offset, length)| {
            let kind = match kind {
                0 => Kind::Bold,
                1 => Kind::Italic,
                2 => Kind::Code,
                3 => Kind::Pre { language: None },
                4 => Kind::Blockquote,
                5 => Kind::TextLink { url: "https://a.b/".into() },
                _ => Kind::Spoiler,
            };
            Entity::new(kind, offset, length)
        });
        if let Ok(settled) = settle(&text, entities.collect()) {
            let formatted = settled.formatted;
            for entity in &formatted.entities {
                prop_assert!(entity.end() <= utf16_len(&formatted.text));
            }
            for code in formatted.entities.iter().filter(|entity| entity.kind.is_verbatim()) {
                let over = |other: &&Entity| {
                    !other.kind.is_quote() && *other != code && other.offset < code.end() && code.offset < other.end()
                };
                prop_assert!(formatted.entities.iter().find(over).is_none(), "{formatted:?}");
            }
        }
    }
}
