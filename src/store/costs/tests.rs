// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::behaviour::fixture::{call, chat, enter, fresh, reservation, reserve};
use blufio_core::ids::Conversation;
use blufio_core::money::{NanoUsd, Usage};
use blufio_core::storage::{CallRecord, Cost, CostBy, Feature, Ledger, Queue, Sessions};
use blufio_core::time::Timestamp;

fn told(lines: &[Cost]) -> Vec<(&str, u64, i64)> {
    lines.iter().map(|line| (line.name.as_str(), line.calls, line.cost.0)).collect()
}

#[tokio::test]
async fn costs_are_added_up_by_session_model_and_feature_the_largest_first() {
    let f = fresh();
    let one = f.store.session(&chat(1), Timestamp(1)).await.unwrap();
    let topic = Conversation { thread: "9".into(), ..chat(2) };
    let two = f.store.session(&topic, Timestamp(1)).await.unwrap();
    let deep = |call: CallRecord| CallRecord { model: "deep-model".into(), ..call };
    enter(&f.store, Some(one), call(Feature::Turn, 5, 10)).await;
    enter(&f.store, Some(one), deep(call(Feature::ToolLoop, 40, 11))).await;
    enter(&f.store, Some(two), call(Feature::Turn, 90, 12)).await;
    enter(&f.store, None, call(Feature::Heartbeat, 45, 13)).await;
    enter(&f.store, None, call(Feature::Heartbeat, 999, 9)).await;
    let since = Timestamp(10);

    let (lines, total) = f.store.costs(since, CostBy::Session).await.unwrap();
    let names = [format!("telegram:2/9 #{two}"), "(background)".to_owned(), format!("telegram:1 #{one}")];
    assert_eq!(told(&lines), [(names[0].as_str(), 1, 90), (&names[1], 1, 45), (&names[2], 2, 45)]);
    let usage = Usage { input: 4, output: 8, cache_read: 12, cache_write_5m: 16, cache_write_1h: 20 };
    let expected = Cost {
        name: "total".into(),
        calls: 4,
        usage,
        cost: NanoUsd(180),
        estimated: NanoUsd(0),
        overhead: 32,
    };
    assert_eq!(total, expected);

    let (lines, same) = f.store.costs(since, CostBy::Model).await.unwrap();
    assert_eq!(told(&lines), [("some-model", 3, 140), ("deep-model", 1, 40)]);
    assert_eq!(same, total);
    let (lines, same) = f.store.costs(since, CostBy::Feature).await.unwrap();
    assert_eq!(told(&lines), [("turn", 2, 95), ("heartbeat", 1, 45), ("tool_loop", 1, 40)]);
    assert_eq!(same, total);
}

#[tokio::test]
async fn spans_stay_in_their_order_also_the_empty_ones() {
    let f = fresh();
    for (cost, at) in [(1, 5), (20, 10), (300, 19), (4_000, 20), (50_000, 35)] {
        enter(&f.store, None, call(Feature::Turn, cost, at)).await;
    }
    let span = |name: &str, from, until| (name.to_owned(), Timestamp(from), Timestamp(until));
    let spans = vec![span("a", 0, 20), span("b", 20, 30), span("c", 30, 30), span("d", 30, 40)];
    let (lines, total) = f.store.costs(Timestamp(10), CostBy::Spans(spans)).await.unwrap();
    assert_eq!(told(&lines), [("a", 2, 320), ("b", 1, 4_000), ("c", 0, 0), ("d", 1, 50_000)]);
    assert_eq!((total.calls, total.cost), (4, NanoUsd(54_320)));
    let (lines, total) = f.store.costs(Timestamp(99), CostBy::Model).await.unwrap();
    assert_eq!((lines, total), (vec![], Cost { name: "total".into(), ..Cost::default() }));
}

#[tokio::test]
async fn what_was_cut_off_is_told_as_estimated() {
    let f = fresh();
    enter(&f.store, None, call(Feature::Turn, 5, 10)).await;
    reserve(&f.store, reservation(Feature::Turn, 70, vec![]), 11).await;
    f.store.recover(Timestamp(12)).await.unwrap();
    let (lines, total) = f.store.costs(Timestamp(0), CostBy::Feature).await.unwrap();
    assert_eq!((total.calls, total.cost, total.estimated), (2, NanoUsd(75), NanoUsd(70)));
    assert_eq!(lines[0].estimated, NanoUsd(70));
}
