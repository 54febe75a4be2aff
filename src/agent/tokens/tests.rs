// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use blufio_core::skill::Effects;
use proptest::prelude::*;
use serde_json::json;

fn request(system: &str, messages: Vec<Message>) -> Request {
    Request { model: "m".into(), system: system.into(), tools: vec![], messages, max_tokens: 10 }
}

/// What the stand-in for the provider counts: a quarter of the bytes, and fixed amounts.
fn simulated(request: &Request) -> u64 {
    let text = |text: &str| u64::try_from(text.len().div_ceil(4)).unwrap();
    let block = |block: &Block| match block {
        Block::Text { text: words } | Block::Note { text: words } => text(words),
        Block::ToolUse { name, input, .. } => text(name) + text(&input.to_string()) + 4,
        Block::ToolResult { content, .. } => text(content) + 4,
        Block::Thinking { thinking, signature } => text(thinking) + text(signature),
        Block::RedactedThinking { .. } => 4,
        Block::Image { .. } => 1_600,
        Block::Document { .. } => 1_500,
    };
    let tool = |tool: &ToolSpec| text(&format!("{}{}{}", tool.name, tool.description, tool.input_schema)) + 8;
    let messages = request.messages.iter();
    text(&request.system)
        + request.tools.iter().map(tool).sum::<u64>()
        + messages.map(|message| 3 + message.content.iter().map(block).sum::<u64>()).sum::<u64>()
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,60}",
        "[a-zA-Z ,.]{0,80}",
        "[ \\n\\t]{0,80}",
        "[А-я ]{0,40}",
        "[一-龥、。]{0,40}",
        "[0-9A-Fa-f-]{0,40}"
    ]
}

fn any_block() -> impl Strategy<Value = Block> {
    prop_oneof![
        any_text().prop_map(Block::text),
        any_text().prop_map(|text| Block::Note { text }),
        any_text().prop_map(|text| Block::ToolUse {
            id: "a".into(),
            name: "t".into(),
            input: json!({ "q": text })
        }),
        any_text().prop_map(|content| Block::ToolResult {
            tool_use_id: "a".into(),
            content,
            is_error: false
        }),
        any_text().prop_map(|thinking| Block::Thinking { signature: thinking.clone(), thinking }),
        any_text().prop_map(|data| Block::RedactedThinking { data: format!("{data}AAAAAAAA") }),
    ]
}

fn any_messages() -> impl Strategy<Value = Vec<Message>> {
    prop::collection::vec(prop::collection::vec(any_block(), 0..4).prop_map(Message::user), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn the_bound_is_never_below_what_is_expected_nor_below_what_the_stand_in_counts(
        system in any_text(),
        description in any_text(),
        tools in 0_usize..3,
        messages in any_messages(),
    ) {
        let tool = ToolSpec { name: "look".into(), description, input_schema: json!({"type": "object"}), effects: Effects::None };
        let request = Request { tools: vec![tool; tools], ..request(&system, messages) };
        let tokens = of_request(&request);
        prop_assert!(tokens.expected <= tokens.most);
        prop_assert!(simulated(&request) <= tokens.most, "{} > {}", simulated(&request), tokens.most);
        prop_assert!(overhead(&request) <= tokens.expected);
    }

    #[test]
    fn whatever_is_appended_adds_to_both(head in any_text(), tail in any_text(), messages in any_messages(), more in any_block()) {
        let (before, after) = (of_text(&head), of_text(&format!("{head}{tail}")));
        prop_assert!(before.expected <= after.expected && before.most <= after.most);
        let before = request("s", messages);
        let mut after = before.clone();
        after.messages.push(Message::user(vec![more]));
        prop_assert!(estimate(&before) < estimate(&after) && bound(&before) < bound(&after));
    }
}

#[test]
fn prose_is_about_four_characters_a_token_and_reserved_at_less_than_its_bytes() {
    let text = "The quick brown fox jumps over the lazy dog, and nobody minds much. ".repeat(20);
    let Tokens { expected, most } = of_text(&text);
    let length = u64::try_from(text.len()).unwrap();
    assert!((length / 5..length / 3).contains(&expected), "{expected} of {length}");
    assert!(most < length * 2 / 3, "{most} of {length}");
}

#[test]
fn no_measured_text_exceeds_the_bound() {
    for (text, tokens) in MEASURED {
        assert!(of_text(text).most >= *tokens, "{text}: {} < {tokens}", of_text(text).most);
    }
}

#[test]
fn the_person_s_words_and_the_history_are_no_overhead() {
    let note = Block::Note { text: "It is Sunday.".into() };
    let of = |messages| overhead(&request("Be kind.", messages));
    let bare = of(vec![]);
    assert_eq!(of(vec![Message::user(vec![Block::text("word ".repeat(500))])]), bare);
    assert!(of(vec![Message::user(vec![Block::text("Hi"), note])]) > bare);
}

/// What is hard on tokenizers, and the largest count of three that are public.
#[rustfmt::skip]
const MEASURED: &[(&str, u64)] = &[
    ("The contract was renewed in March, and nobody remembered to tell the landlord about the leaking pipe.", 20),
    ("WARNING: DO NOT PRESS THE RED BUTTON UNLESS YOU ARE ABSOLUTELY CERTAIN", 21),
    ("dXNlcjpwYXNzd29yZA== aGVsbG8gd29ybGQgdGhpcyBpcyBiYXNlNjQ= 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", 85),
    ("1 2 3 4 5 6 7 8 9 10 3.14159 2026-11-22 20:57:13 +49 170 1234567", 45),
    ("{\"type\":\"object\",\"properties\":{\"at\":{\"type\":\"string\",\"description\":\"When\"}},\"required\":[\"at\"]}", 23),
    ("fn main() { let mut x: Vec<u8> = vec![0; 10]; x[3] ^= 0xff; println!(\"{:?}\", &x[..]); }", 41),
    ("Donaudampfschifffahrtsgesellschaftskapitän überprüft größere Straßenbaumaßnahmen", 30),
    ("Zażółć gęślą jaźń, a potem źdźbło trawy i chrząszcz brzmi w trzcinie", 40),
    ("Příliš žluťoučký kůň úpěl ďábelské ódy", 29),
    ("Pijamalı hasta yağız şoföre çabucak güvendi", 22),
    ("Tôi không thể ăn đậu phộng vì bị dị ứng, xin đừng bao giờ quên điều này", 54),
    ("Съешь же ещё этих мягких французских булок, да выпей чаю", 38),
    ("Ξεσκεπάζω την ψυχοφθόρα βδελυγμία", 41),
    ("דג סקרן שט בים מאוכזב ולפתע מצא חברה", 39),
    ("صِف خَلقَ خَودِ كَمِثلِ الشَمسِ إِذ بَزَغَت", 57),
    ("لا تحجز لي رحلة قبل التاسعة صباحا أبدا", 36),
    ("मुझे मूंगफली से एलर्जी है, इसे कभी मत भूलना", 48),
    ("நான் நிலக்கடலை சாப்பிடக்கூடாது என்பதை மறக்க வேண்டாம்", 99),
    ("എനിക്ക് നിലക്കടല അലർജിയാണ്", 55),
    ("เป็นมนุษย์สุดประเสริฐเลิศคุณค่า กว่าบรรดาฝูงสัตว์เดรัจฉาน", 105),
    ("ខ្ញុំមិនអាចបរិភោគសណ្តែកដី", 75),
    ("ကျွန်တော် မြေပဲ မစားနိုင်ပါ", 52),
    ("መሬት ላይ ያለ ሁሉ ሰው", 36),
    ("გთხოვთ ახლავე გაიაროთ რეგისტრაცია", 63),
    ("Բոլոր մարդիկ ծնվում են ազատ", 50),
    ("我对花生过敏，请永远不要忘记。龘靐齉爩鱻麤", 34),
    ("いろはにほへとちりぬるを、私は卵アレルギーです", 29),
    ("키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다", 42),
    ("👨\u{200d}👩\u{200d}👧\u{200d}👦🏳\u{fe0f}\u{200d}🌈🇩🇪👍🏽🤷\u{200d}♀\u{fe0f}🥲🫠", 52),
    ("∀x∈ℝ: ⌈x⌉ = −⌊−x⌋, α ∧ ¬β → √2 ≈ 1.41 ↔ ∞", 45),
    ("┌──┬──┐│a │b │└──┴──┘ ░▒▓█", 27),
    ("𝕳𝖊𝖑𝖑𝖔 𝓌𝑜𝓇𝓁𝒹", 30),
    ("  \n\n\t\t  \n    indented\n\n\n        more\n", 9),
    ("xqzjkvw bcdfg hjklmnp qrstvwxz wkrpf zzxcv", 24),
    ("https://example.org/a/b?c=d&e=f%20g#h-i_j", 26),
    ("a b c d e f g", 7),
    ("...---...!!!???", 5),
    ("ﬁﬂﬃ ﷽ Ω≈ç√∫˜µ≤≥÷", 29),
    ("E\u{301}e\u{301} Z\u{351}\u{36b}\u{343}\u{36a}\u{302}\u{36b}\u{33d}A\u{334}\u{335}", 24),
];
