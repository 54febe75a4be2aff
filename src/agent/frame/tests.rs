// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use blufio_core::content::Role;
use blufio_core::ids::MessageId;
use blufio_core::storage::{StoredMessage, Summary, Transcript, TurnRecord};
use proptest::prelude::*;
use serde_json::json;

fn tool_use(id: &str) -> Block {
    Block::ToolUse { id: id.into(), name: "t".into(), input: json!({}) }
}

fn tool_result(id: &str) -> Block {
    Block::ToolResult { tool_use_id: id.into(), content: "ok".into(), is_error: false }
}

fn any_block() -> impl Strategy<Value = Block> {
    prop_oneof![
        "[a-z ]{0,3}".prop_map(Block::text),
        "[a-z ]{0,3}".prop_map(|text| Block::Note { text }),
        "[abc]".prop_map(|id| tool_use(&id)),
        "[abc]".prop_map(|id| tool_result(&id)),
        (0_usize..6).prop_map(|size| Block::Image { media_type: "image/png".into(), data: "x".repeat(size) }),
        ("[a ]{0,2}", 0_usize..6).prop_map(|(name, size)| Block::Document {
            media_type: "application/pdf".into(),
            name,
            data: "x".repeat(size)
        }),
        Just(Block::Thinking { thinking: "hm".into(), signature: "s".into() }),
    ]
}

fn any_history() -> impl Strategy<Value = Vec<Message>> {
    let message = (any::<bool>(), prop::collection::vec(any_block(), 0..4))
        .prop_map(|(user, content)| if user { Message::user(content) } else { Message::assistant(content) });
    prop::collection::vec(message, 0..10)
}

/// The steps of a turn that used tools in so many rounds, with this many calls in each, cut behind any of them by the
/// death of the process and closed at the next start.
fn any_steps() -> impl Strategy<Value = Vec<Message>> {
    (prop::collection::vec(1_usize..3, 0..4), any::<prop::sample::Index>()).prop_map(|(rounds, died)| {
        let mut steps = Vec::new();
        for (round, calls) in rounds.iter().enumerate() {
            let ids: Vec<_> = (0..*calls).map(|call| format!("{round}-{call}")).collect();
            steps.push(Message::assistant(ids.iter().map(|id| tool_use(id)).collect()));
            steps.push(Message::user(ids.iter().map(|id| tool_result(id)).collect()));
        }
        steps.truncate(died.index(steps.len() + 1));
        let mut record = TurnRecord { steps, ..TurnRecord::default() };
        crate::act::close(&mut record);
        record.steps
    })
}

fn stored(messages: Vec<Message>) -> Vec<StoredMessage> {
    let ids = 1_i64..;
    ids.zip(messages).map(|(id, message)| StoredMessage { id: MessageId(id), message }).collect()
}

fn of(messages: Vec<Message>) -> History {
    History::of(Transcript { messages: stored(messages), ..Transcript::default() })
}

fn model(window: u64) -> ModelSpec {
    ModelSpec {
        id: "m".into(),
        context_window: window,
        max_output: 100,
        prices: vec![],
        cache_minimum: 1,
        images: true,
    }
}

fn said(text: &str) -> Vec<Block> {
    vec![Block::text(text)]
}

proptest! {
    #[test]
    fn whatever_was_stored_becomes_a_transcript_that_is_accepted(history in any_history()) {
        let repaired = repair(history);
        prop_assert!(is_sound(&repaired), "{repaired:?}");
    }

    #[test]
    fn a_sound_transcript_is_left_as_it_is(history in any_history()) {
        let once = repair(history);
        prop_assert_eq!(repair(once.clone()), once);
    }

    #[test]
    fn a_lighter_transcript_is_as_sound_as_before(history in any_history(), limit in 0_usize..20) {
        let light = lighten(repair(history), limit);
        prop_assert!(is_sound(&light), "{light:?}");
        prop_assert!(media(&light) <= limit);
    }

    /// Whatever is stored, wherever a summary begins to stand for the past, however small the window, wherever the
    /// process died: the request is one that a provider accepts.
    #[test]
    fn every_request_is_accepted(
        history in any_history(),
        summarised in 0_usize..12,
        summary in prop::option::of("[a-z ]{0,8}"),
        halvings in 0_usize..3,
        message in prop::collection::vec(any_block(), 0..3),
        steps in any_steps(),
        window in 0_u64..200,
    ) {
        let behind = stored(history).into_iter().skip(summarised).collect();
        let summary = summary.map(|text| Summary { upto: MessageId(0), text });
        let mut history = History::of(Transcript { summary, messages: behind, ..Transcript::default() });
        for _ in 0..halvings {
            history.halve();
        }
        let message: Vec<_> = message.into_iter().filter(|block| !matches!(block, Block::ToolUse { .. } | Block::ToolResult { .. })).collect();
        let notes = [Block::Note { text: "It is Sunday.".into() }, Block::Note { text: " ".into() }];
        let frame = Frame { system: "s", tools: &[], history: &history, message: &message, notes: &notes, steps: &steps };
        let request = frame.request("m", Some(&model(window)), 10);
        prop_assert!(is_sound(&request.messages), "{:?}", request.messages);
        prop_assert_eq!(request.messages.last().map(|message| message.role), Some(Role::User));
    }

    #[test]
    fn what_does_not_fit_is_left_out_in_steps_and_at_the_beginning_of_a_turn(window in 800_u64..3_000, turns in 1_usize..60) {
        let mut messages = Vec::new();
        let mut begins = Vec::new();
        let room = cut::room(&model(window), 100, 0);
        for turn in 0..turns {
            messages.extend([
                Message::user(said(&format!("question {turn} {}", "and more ".repeat(5)))),
                Message::assistant(vec![tool_use("a")]),
                Message::user(vec![tool_result("a")]),
                Message::assistant(said("answer")),
            ]);
            let history = of(messages.clone());
            let shown = history.within(room, 50);
            let tokens = tokens::of_messages(&shown).expected;
            prop_assert!(tokens + 50 <= room || shown.is_empty(), "{} of {}", tokens, room);
            prop_assert!(shown.first().is_none_or(begins_turn));
            prop_assert!(tokens + 50 + room / 4 + 120 > room.min(history.tokens()), "less than need be: {}", tokens);
            begins.push(messages.len() - shown.len());
        }
        let moves = begins.windows(2).filter(|pair| pair[0] != pair[1]).count();
        let total = tokens::of_messages(&messages).expected;
        prop_assert!(u64::try_from(moves).unwrap() <= total / (room / 4) + 1, "moved {} times", moves);
        prop_assert!(begins.is_sorted());
    }
}

fn media(history: &[Message]) -> usize {
    let blocks = history.iter().flat_map(|message| &message.content);
    let sizes = blocks.map(|block| match block {
        Block::Image { data, .. } | Block::Document { data, .. } => data.len(),
        _ => 0,
    });
    sizes.sum()
}

#[test]
fn older_pictures_give_way_to_words_and_the_newest_stay() {
    let picture = |size| Block::Image { media_type: "image/png".into(), data: "x".repeat(size) };
    let document =
        Block::Document { media_type: "application/pdf".into(), name: "a.pdf".into(), data: "x".into() };
    let history = vec![
        Message::user(vec![document, picture(6)]),
        Message::assistant(said("seen")),
        Message::user(vec![picture(4), Block::text("and this?")]),
    ];
    let light = lighten(history.clone(), 9);
    assert_eq!(light[0].content, [Block::text("[document a.pdf]"), Block::text("[picture]")]);
    assert_eq!(light[2], history[2]);
    assert_eq!(lighten(history.clone(), 11), history);
}

#[test]
fn a_tool_call_that_was_cut_off_from_its_result_is_dropped_and_the_words_stay() {
    let history = vec![
        Message::user(said("hi")),
        Message::assistant(vec![Block::text("let me look"), tool_use("a")]),
        Message::user(said("and?")),
    ];
    let expected =
        vec![Message::user(said("hi")), Message::assistant(said("let me look")), Message::user(said("and?"))];
    assert_eq!(repair(history), expected);
}

#[test]
fn a_whole_tool_pair_survives() {
    let history = vec![
        Message::user(said("hi")),
        Message::assistant(vec![tool_use("a"), tool_use("b")]),
        Message::user(vec![tool_result("b"), tool_result("a")]),
        Message::assistant(said("done")),
    ];
    assert_eq!(repair(history.clone()), history);
}

#[test]
fn the_summary_comes_first_and_the_notes_stand_behind_the_persons_words() {
    let summary = Some(Summary { upto: MessageId(7), text: "Ada likes tea.".into() });
    let messages = stored(vec![Message::user(said("hi")), Message::assistant(said("hello"))]);
    let history = History::of(Transcript { summary, messages, ..Transcript::default() });
    let zone = Zone::named("Europe/Berlin").unwrap();
    let now = Timestamp(1_795_377_420_000);
    let steps = [Message::assistant(vec![tool_use("a")]), Message::user(vec![tool_result("a")])];
    let notes = [hour(&zone, now)];
    let frame = Frame {
        system: "s",
        tools: &[],
        history: &history,
        message: &said("tea?"),
        notes: &notes,
        steps: &steps,
    };
    let request = frame.request("m", Some(&model(10_000)), 1_000);
    assert!(history.has_summary() && !History::default().has_summary());
    assert_eq!(request.max_tokens, 100, "a model is not asked for more than it can say");
    let past = Block::text("[What was said before, in short: Ada likes tea.]");
    assert_eq!(request.messages[0].content, [past, Block::text("hi")]);
    let note = Block::Note { text: "[Now: Sunday, 2026-11-22 20:57 (Europe/Berlin)]".into() };
    assert_eq!(request.messages[2].content, [Block::text("tea?"), note]);
    assert_eq!(request.messages[3..], steps);
}

#[test]
fn halving_leaves_the_newer_half_and_in_the_end_nothing() {
    let turn = |text: &str| [Message::user(said(text)), Message::assistant(said("yes"))];
    let mut history = of([turn("one"), turn("two"), turn("three"), turn("four")].concat());
    let mut left = vec![history.messages().len()];
    while history.halve() {
        left.push(history.messages().len());
    }
    assert_eq!((left.first(), left.last()), (Some(&8), Some(&0)));
    assert!(left.len() > 2 && left.is_sorted_by(|a, b| a > b), "{left:?}");
}
