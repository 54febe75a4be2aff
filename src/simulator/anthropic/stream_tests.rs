// SPDX-License-Identifier: MIT OR Apache-2.0
//! The order of events, and every way in which a stream breaks.

use super::*;
use futures_util::StreamExt;
use proptest::prelude::*;
use std::sync::{Arc, Mutex};

fn answer(text: &str) -> Answer {
    Answer {
        id: "msg_1".to_owned(),
        model: "claude-opus-5-5",
        content: vec![
            Content::Thinking { text: String::new(), signature: "c2ln".to_owned() },
            Content::Text(text.to_owned()),
            Content::Tool {
                id: "toolu_1".to_owned(),
                name: "look".to_owned(),
                input: json!({"where": "日本"}),
            },
        ],
        stop_reason: "tool_use",
        stop_sequence: None,
        usage: Usage { input: 10, output: 20, cache_read: 5, cache_write_5m: 3, cache_write_1h: 2 },
        thinking_tokens: 4,
        pace: Duration::ZERO,
        diagnostics: false,
    }
}

fn bytes(pieces: &VecDeque<Piece>) -> Vec<u8> {
    pieces.iter().flat_map(|piece| piece.bytes.iter().copied()).collect()
}

/// Reads a stream as a client does: name and data of each event.
fn read(bytes: &[u8]) -> Vec<(String, Value)> {
    let text = String::from_utf8(bytes.to_vec()).unwrap().replace("\r\n", "\n");
    text.split("\n\n")
        .filter(|event| !event.is_empty())
        .map(|event| {
            let field = |name: &str| {
                event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned()
            };
            (field("event: "), serde_json::from_str(&field("data: ")).unwrap_or_default())
        })
        .collect()
}

fn events(wire: &Wire, fault: Option<&Fault>) -> Vec<(String, Value)> {
    let frames = break_frames(frames(&answer("Hello there, how are you?"), wire), fault);
    let comments = matches!(fault, Some(Fault::Garbage));
    read(&bytes(&chop(encode(frames, wire, comments), &wire.chunks, Duration::ZERO)))
}

#[test]
fn events_come_in_the_order_of_the_api() {
    let events = events(&Wire::default(), None);
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "message_start",
            "content_block_start",
            "ping",
            "content_block_delta",
            "content_block_stop",
            "content_block_start",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "content_block_start",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop"
        ]
    );
    for (name, data) in &events {
        assert_eq!(data["type"], **name);
    }
    let start = &events[0].1["message"];
    assert_eq!((start["content"].clone(), start["stop_reason"].clone()), (json!([]), Value::Null));
    assert_eq!(start["usage"]["cache_creation_input_tokens"], 5);
    assert_eq!(events[1].1["content_block"], json!({"type": "thinking", "thinking": "", "signature": ""}));
    assert_eq!(events[3].1["delta"]["type"], "signature_delta");
    let json: String = events.iter().filter_map(|(_, data)| data["delta"]["partial_json"].as_str()).collect();
    assert_eq!(json, r#"{"where":"日本"}"#);
    let last = &events[13].1;
    assert_eq!(
        (last["usage"]["output_tokens"].clone(), last["delta"]["stop_reason"].clone()),
        (json!(20), json!("tool_use"))
    );
}

#[test]
fn empty_arguments_are_the_empty_string() {
    let mut answer = answer("x");
    answer.content = vec![Content::Tool { id: "t".to_owned(), name: "now".to_owned(), input: json!({}) }];
    let events = read(&bytes(&encode(frames(&answer, &Wire::default()), &Wire::default(), false)));
    let json: Vec<&Value> =
        events.iter().map(|(_, data)| &data["delta"]["partial_json"]).filter(|v| !v.is_null()).collect();
    assert_eq!(json, [&json!("")]);
}

#[test]
fn unknown_events_are_added_without_changing_the_known_ones() {
    let known = |events: Vec<(String, Value)>| {
        events
            .into_iter()
            .filter(|(name, data)| {
                !name.starts_with("x_")
                    && name != "ping"
                    && name != "weather_report"
                    && data["delta"]["type"] != "x_future_delta"
                    && data["delta"]["stop_reason"] != json!(null)
                    || (name.starts_with("content_block") && data["delta"]["type"] != "x_future_delta")
                    || name == "message_stop"
                    || name == "message_start"
            })
            .collect::<Vec<_>>()
    };
    let plain = known(events(&Wire::default(), None));
    assert_eq!(known(events(&Wire { unknown_events: true, ..Wire::default() }, None)), plain);
    assert_eq!(known(events(&Wire::default(), Some(&Fault::Garbage))), plain);
    assert!(events(&Wire::default(), Some(&Fault::Garbage)).len() > plain.len() + 5);
}

#[test]
fn a_stream_can_break_between_events() {
    let overloaded = events(&Wire::default(), Some(&Fault::OverloadedMidStream { after_events: 3 }));
    assert_eq!(overloaded.len(), 4);
    assert_eq!(overloaded[3].1["error"]["type"], "overloaded_error");
    assert_eq!(events(&Wire::default(), Some(&Fault::Truncated { after_events: 6 })).len(), 6);
    let malformed = events(&Wire::default(), Some(&Fault::Malformed { after_events: 2 }));
    assert_eq!((malformed[2].0.as_str(), &malformed[2].1), ("content_block_delta", &Value::Null));
}

#[test]
fn a_cut_falls_inside_a_character_and_bills_only_what_arrived() {
    let whole = encode(frames(&answer("naïve"), &Wire::default()), &Wire::default(), false);
    let cut = break_pieces(whole, Some(&Fault::CutInCharacter));
    assert!(
        std::str::from_utf8(&bytes(&cut)).unwrap_err().error_len().is_none(),
        "the end is an unfinished character"
    );
    assert_eq!(cut.iter().filter(|piece| piece.report.is_some()).count(), 1, "message_start alone");
    assert!(cut.back().unwrap().broken);
}

#[test]
fn a_cut_inside_the_first_event_bills_nothing() {
    let whole = encode(frames(&answer("x"), &Wire::default()), &Wire::default(), false);
    let cut = break_pieces(whole, Some(&Fault::CutAfter { bytes: 40 }));
    assert_eq!((bytes(&cut).len(), cut.iter().any(|piece| piece.report.is_some())), (40, false));
}

#[test]
fn a_drip_waits_before_every_drop() {
    let whole = encode(frames(&answer("x"), &Wire::default()), &Wire::default(), false);
    let length = bytes(&whole).len();
    let drops = break_pieces(whole, Some(&Fault::Drip { bytes: 7, millis: 5 }));
    assert_eq!(drops.len(), length.div_ceil(7));
    assert!(drops.iter().all(|piece| piece.wait == Duration::from_millis(5)));
}

#[test]
fn a_slow_answer_is_spread_out_with_pings_in_long_silences() {
    let mut slow = answer("short");
    slow.pace = Duration::from_secs(130);
    let frames = frames(&slow, &Wire::default());
    let total: Duration = frames.iter().map(|frame| frame.wait).sum();
    assert!(total >= Duration::from_secs(129) && total <= Duration::from_secs(130), "{total:?}");
    assert!(frames.iter().all(|frame| frame.wait <= PING));
    assert!(frames.iter().filter(|frame| frame.event == "ping").count() > 5);
}

#[tokio::test(start_paused = true)]
async fn the_body_bills_as_it_goes_and_ends_with_an_error_when_cut() {
    let whole = encode(frames(&answer("naïve"), &Wire::default()), &Wire::default(), false);
    for (fault, expected, broken) in [(None, 20, false), (Some(Fault::CutInCharacter), 1, true)] {
        let billed = Arc::new(Mutex::new(Usage::default()));
        let sink = Arc::clone(&billed);
        let pieces = break_pieces(whole.clone(), fault.as_ref());
        let chunks: Vec<_> = body(pieces, move |usage| sink.lock().unwrap().add(&usage)).collect().await;
        let usage = *billed.lock().unwrap();
        assert_eq!((usage.output, usage.input, chunks.last().unwrap().is_err()), (expected, 10, broken));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn however_the_bytes_are_chunked_they_stay_the_same(
        text in "(\\PC|\n|\"){1,60}", sizes in proptest::collection::vec(0_usize..9, 0..5), crlf: bool
    ) {
        let wire = Wire { crlf, chunks: sizes.clone(), unknown_events: false };
        let whole = encode(frames(&answer(&text), &wire), &wire, false);
        let chopped = chop(whole.clone(), &sizes, Duration::ZERO);
        prop_assert_eq!(bytes(&whole), bytes(&chopped));
        let sum = |pieces: &VecDeque<Piece>| {
            let mut sum = Usage::default();
            pieces.iter().filter_map(|piece| piece.report).for_each(|report| sum.add(&report));
            sum
        };
        prop_assert_eq!(sum(&whole), sum(&chopped));
        let said: String = read(&bytes(&chopped)).iter().filter_map(|(_, data)| data["delta"]["text"].as_str().map(str::to_owned)).collect();
        prop_assert_eq!(said, text);
    }
}
