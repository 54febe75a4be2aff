// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use blufio_core::provider::ProviderErrorKind as Kind;
use proptest::prelude::*;
use serde_json::json;

fn assembler() -> Assembler {
    Assembler::new(Some("req_1".into()), Arc::new(Redactor::new()))
}

fn frame(value: &Value) -> Frame {
    Frame { event: value["type"].as_str().unwrap_or_default().to_owned(), data: value.to_string() }
}

fn start() -> Value {
    json!({"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-5-5", "content": [],
        "stop_reason": null, "stop_sequence": null,
        "usage": {"input_tokens": 10, "output_tokens": 1, "cache_read_input_tokens": 20,
                  "cache_creation_input_tokens": 30,
                  "cache_creation": {"ephemeral_5m_input_tokens": 25, "ephemeral_1h_input_tokens": 5},
                  "service_tier": "standard"},
    }})
}

fn open(index: u64, block: Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn grow(index: u64, delta: Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn close(index: u64) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

fn end(reason: &str, output: u64) -> [Value; 2] {
    [
        json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null},
               "usage": {"output_tokens": output}}),
        json!({"type": "message_stop"}),
    ]
}

fn text(text: &str) -> Value {
    json!({"type": "text_delta", "text": text})
}

fn run(events: &[Value]) -> Result<Vec<Event>, Failure> {
    let mut assembler = assembler();
    let mut seen = Vec::new();
    for event in events {
        seen.extend(assembler.feed(&frame(event))?);
    }
    Ok(seen)
}

fn completion(events: &[Value]) -> Completion {
    match run(events).expect("a sound stream").pop() {
        Some(Event::Completed(completion)) => completion,
        other => panic!("no completion: {other:?}"),
    }
}

fn tool_with(pieces: &[&str]) -> Value {
    let mut events =
        vec![start(), open(0, json!({"type": "tool_use", "id": "t", "name": "clock", "input": {}}))];
    events.extend(
        pieces.iter().map(|piece| grow(0, json!({"type": "input_json_delta", "partial_json": piece}))),
    );
    events.push(close(0));
    events.extend(end("tool_use", 9));
    match completion(&events).content.as_slice() {
        [Block::ToolUse { id, name, input }] if id == "t" && name == "clock" => input.clone(),
        other => panic!("no tool call: {other:?}"),
    }
}

#[test]
fn thinking_text_and_several_tool_calls_are_put_together_in_order() {
    let mut events = vec![
        json!({"type": "ping"}),
        start(),
        open(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
        grow(0, json!({"type": "thinking_delta", "thinking": "let me "})),
        grow(0, json!({"type": "thinking_delta", "thinking": "see"})),
        grow(0, json!({"type": "signature_delta", "signature": "proof"})),
        close(0),
        open(1, json!({"type": "redacted_thinking", "data": "opaque"})),
        close(1),
        json!({"type": "ping"}),
        open(2, json!({"type": "text", "text": ""})),
        grow(2, text("It is ")),
        grow(2, json!({"type": "citations_delta", "citation": {"type": "char_location"}})),
        grow(2, text("noon.")),
        close(2),
        open(3, json!({"type": "tool_use", "id": "a", "name": "clock", "input": {}})),
        grow(3, json!({"type": "input_json_delta", "partial_json": ""})),
        grow(3, json!({"type": "input_json_delta", "partial_json": "{\"zo"})),
        grow(3, json!({"type": "input_json_delta", "partial_json": "ne\":\"UTC\"}"})),
        close(3),
        open(4, json!({"type": "tool_use", "id": "b", "name": "clock", "input": {}})),
        close(4),
    ];
    events.extend(end("tool_use", 40));
    let seen = run(&events).expect("a sound stream");
    let words: Vec<_> = seen
        .iter()
        .filter_map(|event| match event {
            Event::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(words, ["It is ", "noon."]);
    let counted = Usage { input: 10, output: 1, cache_read: 20, cache_write_5m: 25, cache_write_1h: 5 };
    assert_eq!(seen.first(), Some(&Event::Started { usage: counted }));
    assert!(seen.contains(&Event::Busy));
    assert_eq!(
        seen.last(),
        Some(&Event::Completed(Completion {
            model: "claude-haiku-5-5".into(),
            request_id: Some("req_1".into()),
            content: vec![
                Block::Thinking { thinking: "let me see".into(), signature: "proof".into() },
                Block::RedactedThinking { data: "opaque".into() },
                Block::text("It is noon."),
                Block::ToolUse { id: "a".into(), name: "clock".into(), input: json!({"zone": "UTC"}) },
                Block::ToolUse { id: "b".into(), name: "clock".into(), input: json!({}) },
            ],
            stop: StopReason::ToolUse,
            usage: Usage { output: 40, ..counted },
        }))
    );
}

#[test]
fn counts_are_totals_and_replace_each_other() {
    let mut events = vec![start()];
    for output in [5, 9] {
        events.push(json!({"type": "message_delta", "delta": {"stop_reason": null}, "usage": {
            "output_tokens": output, "input_tokens": 12, "cache_read_input_tokens": null,
        }}));
    }
    events.extend(end("end_turn", 15));
    let usage = Usage { input: 12, output: 15, cache_read: 20, cache_write_5m: 25, cache_write_1h: 5 };
    assert_eq!(completion(&events).usage, usage);
}

#[test]
fn cache_writes_without_their_split_count_as_five_minute_ones() {
    let usage = |value| {
        let mut counted = Counted::default();
        counted.replace(serde_json::from_value(value).expect("counts"));
        let usage = counted.usage();
        (usage.cache_write_5m, usage.cache_write_1h)
    };
    assert_eq!(usage(json!({"cache_creation_input_tokens": 7})), (7, 0));
    let split = json!({"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 4});
    assert_eq!(usage(json!({"cache_creation_input_tokens": 7, "cache_creation": split})), (3, 4));
    assert_eq!(usage(json!({"cache_creation_input_tokens": 9, "cache_creation": split})), (5, 4));
    assert_eq!(usage(json!({"cache_creation": split})), (3, 4));
}

#[test]
fn every_reason_to_stop_is_known_and_a_newer_one_stops_safely() {
    for (name, stop) in [
        ("end_turn", StopReason::EndTurn),
        ("max_tokens", StopReason::MaxTokens),
        ("stop_sequence", StopReason::StopSequence),
        ("tool_use", StopReason::ToolUse),
        ("pause_turn", StopReason::PauseTurn),
        ("refusal", StopReason::Refusal),
        ("model_context_window_exceeded", StopReason::ContextWindowExceeded),
        ("tea_break", StopReason::Unknown),
    ] {
        let mut events = vec![start()];
        events.extend(end(name, 2));
        let completion = completion(&events);
        assert_eq!((completion.stop, completion.content), (stop, vec![]), "{name}");
    }
    assert_eq!(completion(&[start(), json!({"type": "message_stop"})]).stop, StopReason::Unknown);
}

#[test]
fn arguments_of_a_tool_are_parsed_when_their_block_ends() {
    assert_eq!(tool_with(&[]), json!({}));
    assert_eq!(tool_with(&["", " "]), json!({}));
    assert_eq!(tool_with(&["{\"a\"", ":[1,", "2]}"]), json!({"a": [1, 2]}));
}

#[test]
fn arguments_that_are_no_json_leave_the_turn_alive() {
    assert_eq!(tool_with(&["{\"a\": ", "tru"]), json!("{\"a\": tru"));
}

#[test]
fn arguments_that_come_with_the_beginning_of_the_block_are_kept() {
    let mut events = vec![
        start(),
        open(0, json!({"type": "tool_use", "id": "t", "name": "clock", "input": {"zone": "UTC"}})),
        close(0),
    ];
    events.extend(end("tool_use", 9));
    let input = json!({"zone": "UTC"});
    assert_eq!(completion(&events).content, [Block::ToolUse { id: "t".into(), name: "clock".into(), input }]);
}

#[test]
fn blocks_that_are_empty_are_left_out() {
    let mut events = vec![start(), open(0, json!({"type": "text", "text": ""})), close(0)];
    events.extend([
        open(1, json!({"type": "thinking"})),
        close(1),
        open(2, json!({"type": "text", "text": "hi"})),
    ]);
    events.extend(end("end_turn", 2));
    assert_eq!(completion(&events).content, [Block::text("hi")]);
    assert!(run(&events).expect("sound").contains(&Event::Text("hi".into())));
}

#[test]
fn what_is_newer_than_this_program_is_passed_over() {
    let mut assembler = assembler();
    let garbage = Frame { event: "telemetry".into(), data: "not json at all {".into() };
    assert_eq!(assembler.feed(&garbage), Ok(None));
    for value in [
        json!({"type": "weather", "sky": "blue"}),
        start(),
        open(0, json!({"type": "hologram", "data": [1, 2]})),
        grow(0, json!({"type": "hologram_delta", "data": [3]})),
        grow(0, text("lost")),
        close(0),
        open(1, json!({"type": "text", "text": "", "mood": "fine"})),
        grow(1, json!({"type": "mood_delta", "mood": "better"})),
        grow(1, text("kept")),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_details": {"x": 1}}, "future": 1}),
    ] {
        assembler.feed(&frame(&value)).expect("passed over");
    }
    match assembler.feed(&frame(&json!({"type": "message_stop", "future": 1}))) {
        Ok(Some(Event::Completed(completion))) => assert_eq!(completion.content, [Block::text("kept")]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stream_that_contradicts_itself_is_malformed_and_may_be_tried_again() {
    let tool = || open(0, json!({"type": "tool_use", "id": "t", "name": "n", "input": {}}));
    let words = || open(0, json!({"type": "text", "text": ""}));
    for events in [
        vec![words()],
        vec![start(), start()],
        vec![start(), grow(0, text("x"))],
        vec![start(), words(), words()],
        vec![start(), words(), close(0), grow(0, text("x"))],
        vec![start(), tool(), grow(0, text("x"))],
        vec![start(), json!({"type": "content_block_start", "index": "zero"})],
    ] {
        let failure = run(&events).expect_err("malformed");
        assert_eq!(failure.kind, Kind::Malformed, "{events:?}");
        assert!(failure.kind.is_retryable());
    }
    let broken = Frame { event: "content_block_delta".into(), data: "{\"type\": \"content_b secret".into() };
    let failure = assembler().feed(&broken).expect_err("malformed");
    assert!(!failure.message.contains("secret"), "{}", failure.message);
}

#[test]
fn an_error_in_the_stream_ends_it_and_keeps_the_counts() {
    let mut assembler = assembler();
    assembler.feed(&frame(&start())).expect("start");
    let error = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    let failure = assembler.feed(&frame(&error)).expect_err("error");
    assert_eq!((failure.kind, failure.message.as_str()), (Kind::Overloaded, "Overloaded"));
    assert_eq!(assembler.usage().prompt(), 60);
}

#[test]
fn an_endless_answer_is_refused() {
    let mut assembler = assembler();
    assembler.feed(&frame(&start())).expect("start");
    assembler.feed(&frame(&open(0, json!({"type": "text", "text": ""})))).expect("open");
    let piece = frame(&grow(0, text(&"x".repeat(1024 * 1024))));
    let failure = (0..17).find_map(|_| assembler.feed(&piece).err()).expect("refused");
    assert_eq!(failure.kind, Kind::Malformed);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_and_arguments_survive_being_cut_anywhere(
        words in "[ -~äß漢字😀\n]{1,40}",
        value in "[ -~äß漢字😀\"\\\\]{0,40}",
        cut in 1_usize..7,
    ) {
        let input = json!({"value": value});
        let pieces = |whole: &str| -> Vec<String> {
            let letters: Vec<char> = whole.chars().collect();
            letters.chunks(cut).map(|piece| piece.iter().collect()).collect()
        };
        let mut events = vec![start(), open(0, json!({"type": "text", "text": ""}))];
        events.extend(pieces(&words).iter().map(|piece| grow(0, text(piece))));
        events.push(open(1, json!({"type": "tool_use", "id": "t", "name": "n", "input": {}})));
        events.extend(pieces(&input.to_string()).iter().map(|piece| {
            grow(1, json!({"type": "input_json_delta", "partial_json": piece}))
        }));
        events.extend(end("tool_use", 3));
        let content = completion(&events).content;
        let call = Block::ToolUse { id: "t".into(), name: "n".into(), input };
        prop_assert_eq!(content, vec![Block::text(words), call]);
    }

    #[test]
    fn arbitrary_events_never_break_the_assembler(
        frames in prop::collection::vec(("[a-z_]{0,20}|message_start|ping|error", "\\PC{0,60}"), 0..12),
    ) {
        let mut assembler = assembler();
        for (event, data) in frames {
            if assembler.feed(&Frame { event, data }).is_err() { break; }
        }
    }
}
