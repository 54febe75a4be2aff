// SPDX-License-Identifier: MIT OR Apache-2.0
//! Streams without sockets: what a connection that does not read, or hangs up, leads to.

use super::*;
use crate::tests::{FakeInbox, Noon};
use blufio_core::ids::OutboxId;
use bytes::Bytes;
use std::convert::Infallible;
use std::pin::Pin;

type Events = Pin<Box<dyn futures_util::Stream<Item = Result<Bytes, Infallible>> + Send>>;

fn channel() -> Arc<LocalChannel> {
    Arc::new(LocalChannel::new(Arc::new(Noon)))
}

fn listen(channel: &LocalChannel) -> Events {
    Box::pin(channel.streams.listen("default").unwrap())
}

fn conversation() -> Conversation {
    Conversation::new("local", "default")
}

fn delivery(id: i64) -> Delivery {
    Delivery { id: OutboxId(id), conversation: conversation(), turn: None, payload: json!({"text": "hi"}) }
}

async fn line(events: &mut Events) -> Value {
    serde_json::from_slice(&events.next().await.unwrap().unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_message_counts_as_delivered_only_once_it_was_written() {
    let channel = channel();
    let mut events = listen(&channel);
    let sending = tokio::spawn({
        let channel = Arc::clone(&channel);
        async move { channel.deliver(&delivery(1)).await }
    });
    assert_eq!(line(&mut events).await["id"], 1);
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert!(!sending.is_finished(), "taken from the queue is not written");
    let asks_for_more = tokio::spawn(async move { events.next().await });
    assert_eq!(sending.await.unwrap().unwrap(), "1");
    asks_for_more.abort();
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_before_it_has_written_leaves_the_message_waiting() {
    let channel = channel();
    let mut events = listen(&channel);
    let sending = tokio::spawn({
        let channel = Arc::clone(&channel);
        async move { channel.deliver(&delivery(1)).await }
    });
    line(&mut events).await;
    drop(events);
    assert!(matches!(sending.await.unwrap(), Err(ChannelError::Transient { .. })));
    assert!(matches!(channel.deliver(&delivery(1)).await, Err(ChannelError::Absent { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_is_stuck_is_disconnected() {
    let channel = channel();
    let mut events = listen(&channel);
    let error = channel.deliver(&delivery(1)).await.unwrap_err();
    assert!(matches!(error, ChannelError::Transient { .. }), "{error}");
    assert!(channel.listened_to().is_empty());
    // What is in the stream already still comes, then it ends.
    assert_eq!(line(&mut events).await["id"], 1);
    assert!(events.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn one_reader_that_reads_is_enough_and_a_full_one_is_ended() {
    let channel = channel();
    let stuck = listen(&channel);
    let mut reading = listen(&channel);
    let reader = tokio::spawn(async move {
        let mut ids = Vec::new();
        while ids.len() < 12 {
            ids.push(line(&mut reading).await["id"].as_i64().unwrap());
        }
        reading.next().await;
        ids
    });
    for id in 0..12 {
        channel.deliver(&delivery(id)).await.unwrap();
    }
    assert_eq!(channel.listened_to().len(), 1, "the stuck one holds eight and was ended at the ninth");
    channel.close();
    assert_eq!(reader.await.unwrap(), (0..12).collect::<Vec<_>>());
    drop(stuck);
}

#[tokio::test(start_paused = true)]
async fn of_partial_answers_only_the_latest_is_kept_and_a_newcomer_sees_it() {
    let channel = channel();
    let mut first = listen(&channel);
    for text in ["a", "ab", "abc"] {
        channel.progress(&conversation(), QueueId(1), Progress::Partial(text)).await;
    }
    assert_eq!(line(&mut first).await, json!({"event": "partial", "text": "abc"}));
    let mut second = listen(&channel);
    assert_eq!(line(&mut second).await, json!({"event": "partial", "text": "abc"}));
    channel.progress(&conversation(), QueueId(1), Progress::Partial("abcd")).await;
    // The answer makes what was shown of it void.
    let _ = channel.streams.message("default", 5, "abcde");
    assert_eq!(line(&mut first).await["event"], "message");
    channel.progress(&conversation(), QueueId(2), Progress::Working).await;
    assert_eq!(line(&mut first).await, json!({"event": "working"}));
}

#[tokio::test(start_paused = true)]
async fn progress_is_paced_also_when_nobody_listens() {
    let begin = tokio::time::Instant::now();
    channel().progress(&conversation(), QueueId(1), Progress::Working).await;
    assert_eq!(begin.elapsed(), PROGRESS_PACE);
}

#[tokio::test]
async fn an_answer_is_one_message_and_an_empty_one_none() {
    let channel = channel();
    let long = "x".repeat(100_000);
    assert_eq!(channel.render(&conversation(), &long), [json!({ "text": long })]);
    assert!(channel.render(&conversation(), " \n").is_empty());
    let mut bad = delivery(1);
    bad.payload = json!({});
    assert!(!channel.deliver(&bad).await.unwrap_err().is_retryable());
}

#[tokio::test]
async fn a_run_that_ends_late_does_not_close_the_inbox_of_the_next() {
    let channel = channel();
    let run = || {
        let channel = Arc::clone(&channel);
        tokio::spawn(async move { channel.run(&FakeInbox::default()).await })
    };
    let first = run();
    tokio::task::yield_now().await;
    let second = run();
    tokio::task::yield_now().await;
    first.abort();
    let _ = first.await;
    assert!(channel.inbox_is_open());
    second.abort();
    let _ = second.await;
    assert!(!channel.inbox_is_open());
}
