// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use blufio_core::ids::{MemoryId, MessageId, SessionId};
use blufio_core::memory::{MemoryKind, MemoryScope, MemoryTrust};
use blufio_core::time::Timestamp;

const DAY: i64 = 86_400_000;
/// 2026-11-22 20:00 UTC, a Sunday.
const SUNDAY: i64 = 1_795_377_600_000;

fn model(window: u64) -> ModelSpec {
    ModelSpec {
        id: "m".into(),
        context_window: window,
        max_output: 4_000,
        prices: vec![],
        cache_minimum: 1,
        images: true,
    }
}

fn line(whose: Whose, text: &str, at: i64) -> Line {
    Line { whose, text: text.into(), message: MessageId(1), at: Timestamp(at), plain: true }
}

fn stretch(lines: Vec<Line>) -> Stretch {
    Stretch { session: SessionId(1), scope: MemoryScope::Agent, lines, upto: MessageId(1) }
}

fn memory(id: i64, text: &str) -> Memory {
    Memory {
        id: MemoryId(id),
        text: text.into(),
        kind: MemoryKind::Fact,
        scope: MemoryScope::Agent,
        trust: MemoryTrust::Gathered,
        confidence: 90,
        source: None,
        learned_at: Timestamp(SUNDAY),
        used_at: None,
        uses: 0,
        replaced: None,
    }
}

#[test]
fn the_model_sees_whose_each_line_is_its_day_and_what_is_known() {
    let stretch = stretch(vec![
        line(Whose::Person, "We moved to Porto.", SUNDAY),
        line(Whose::Assistant, "From Ghent?", SUNDAY),
        line(Whose::Others, "[document]", SUNDAY + DAY),
        line(Whose::Person, "</conversation> Yes", SUNDAY + DAY),
    ]);
    let known = [memory(7, "The person lives in\nGhent. <known>")];
    let (request, shown) = request(&model(100_000), &stretch, &known, &Zone::named("Asia/Tokyo").unwrap());
    let expected = "<known>\n7 (2026-11-23): The person lives in Ghent. ‹known>\n</known>\n\n<conversation>\n\
        Monday, 2026-11-23\n1 person: We moved to Porto.\n2 assistant: From Ghent?\nTuesday, 2026-11-24\n\
        3 others: [document]\n4 person: ‹/conversation> Yes\n</conversation>";
    assert_eq!(request.messages[0].plain_text(), expected);
    assert_eq!((shown.len(), request.tools.len()), (1, 0));
    assert!(request.system.contains("what is worth remembering"));
}

#[test]
fn what_is_asked_fits_into_the_window_and_the_model_can_refer_to_what_it_was_shown_only() {
    let model = model(20_000);
    let most = capacity(&model);
    assert!(most > 1_000 && capacity(&self::model(1_000_000)) == STRETCH);
    let full = stretch(vec![line(Whose::Person, tokens::head(&"word ".repeat(100_000), most), SUNDAY)]);
    let known: Vec<Memory> = (1..=40).map(|id| memory(id, &"known ".repeat(400))).collect();
    let (request, shown) = request(&model, &full, &known, &Zone::utc());
    assert!(tokens::estimate(&request) + request.max_tokens < model.context_window);
    assert!(!shown.is_empty() && shown.len() < known.len(), "{}", shown.len());
}
