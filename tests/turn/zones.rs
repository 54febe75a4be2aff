// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the model is shown stays the same from turn to turn, so that the provider's cache serves it.
use crate::house::{House, Model, Play};
use blufio_core::content::{Block, Role};
use blufio_core::provider::{Request, StopReason};
use serde_json::json;
use std::time::Duration;

/// The prompt up to the notes of its turn: what the provider keeps. Block by block, with the side that speaks.
fn cached(request: &Request) -> Vec<(Role, &Block)> {
    let blocks =
        request.messages.iter().flat_map(|message| message.content.iter().map(|block| (message.role, block)));
    blocks.take_while(|(_, block)| !matches!(block, Block::Note { .. })).collect()
}

fn shown(request: &Request) -> Vec<(Role, &Block)> {
    let blocks =
        request.messages.iter().flat_map(|message| message.content.iter().map(|block| (message.role, block)));
    blocks.filter(|(_, block)| !matches!(block, Block::Note { .. })).collect()
}

/// The part that stands for what was said long ago.
fn summary(request: &Request) -> Option<&str> {
    match request.messages.first()?.content.first()? {
        Block::Text { text } if text.starts_with("[What was said before, in short:") => Some(text),
        _ => None,
    }
}

fn notes(request: &Request) -> Vec<&str> {
    let blocks = request.messages.iter().flat_map(|message| &message.content);
    let notes = blocks.filter_map(|block| match block {
        Block::Note { text } => Some(text.as_str()),
        _ => None,
    });
    notes.collect()
}

#[tokio::test]
async fn over_fifty_turns_the_static_zone_keeps_its_bytes_and_the_prompt_only_grows() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    let mut number = 0;
    model.summarised_by(move |_| {
        number += 1;
        Play::Write(format!("Ada and the agent talked about the garden, part {number}."), StopReason::EndTurn)
    });
    let house = House::with(folder.path(), &model, |options| {
        options.routing.always = None;
        options.context.soft_limit = 2_000;
        options.context.keep = 700;
    })
    .await;
    let mut sent = 0;
    for turn in 0..50_usize {
        match turn {
            10 => house.say("1", "/model deep").await,
            20 => house.say("1", "/model auto").await,
            30 => house.say("1", "/why").await,
            _ => {}
        }
        sent += usize::from([10, 20, 30].contains(&turn));
        let pauses = [67, 400, 3_600, 90_000];
        house.advance(Duration::from_secs(pauses[turn % 4]));
        let answer = Play::Write(
            format!("An answer, number {turn}. {}", "It grows well. ".repeat(15)),
            StopReason::EndTurn,
        );
        if turn % 3 == 1 {
            model.plays([Play::Tool(["a", "b", "c"][turn % 3], "look", json!({})), answer]);
        } else {
            model.plays([answer]);
        }
        let words = match turn % 5 {
            0 => "👍".to_owned(),
            1 => format!("!fast how is bed number {turn}?"),
            2 => {
                "Prove that the irrigation plan is optimal, step by step, and refute the alternatives.".into()
            }
            _ => format!("What grows in bed number {turn}? {}", "Tell me more about it. ".repeat(4)),
        };
        house.say("1", &words).await;
        sent += 1;
        house.replies_to("1", sent).await;
    }
    let requests = model.requests.lock().unwrap().clone();
    let fixed = |request: &Request| serde_json::to_vec(&(&request.tools, &request.system)).unwrap();
    assert!(requests.iter().all(|request| fixed(request) == fixed(&requests[0])));
    assert!(requests.iter().any(|request| request.model != requests[0].model), "routes changed");

    let mut summaries = 0;
    for pair in requests.windows(2) {
        let (before, after) = (cached(&pair[0]), shown(&pair[1]));
        let summarised = summary(&pair[0]) != summary(&pair[1]);
        assert_eq!(
            after.starts_with(&before),
            !summarised,
            "the beginning moves with a summary and never else"
        );
        summaries += usize::from(summarised);
    }
    assert!(summaries >= 2, "there were summaries in the middle: {summaries}");

    let mut hours: Vec<&str> = requests.iter().flat_map(notes).collect();
    assert_eq!(hours.len(), requests.len(), "every call says what the clock shows, once");
    hours.dedup();
    assert_eq!(hours.len(), 50, "and says the same all through a turn");
    assert!(hours[0].contains("Sunday, 2026-11-22 21:01 (Europe/Berlin)"), "{}", hours[0]);
    let stored = house.transcript("1").await;
    let blocks = stored.iter().flat_map(|message| &message.content);
    assert!(blocks.into_iter().all(|block| !matches!(block, Block::Note { .. } | Block::Thinking { .. })));
    house.close().await;
}
