// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::behaviour::fixture::{
    accept, chat, claim, fresh, message, number, said, settlement, transcript, turn,
};
use crate::writer::Durability;
use blufio_core::content::{Block, Message};
use blufio_core::ids::SessionId;
use blufio_core::storage::{Queue, Sessions, Settlement};
use blufio_core::time::Timestamp;
use serde_json::json;

#[tokio::test]
async fn a_conversation_keeps_its_session_until_it_ends() {
    let f = fresh();
    let first = f.store.session(&chat(1), Timestamp(1)).await.unwrap();
    assert_eq!(f.store.session(&chat(1), Timestamp(2)).await.unwrap(), first);
    assert_ne!(f.store.session(&chat(2), Timestamp(3)).await.unwrap(), first);
}

#[tokio::test]
async fn asked_for_many_times_at_once_one_session_is_opened() {
    let f = fresh();
    let asked = (0..32).map(|_| {
        let store = f.store.clone();
        tokio::spawn(async move { store.session(&chat(1), Timestamp(1)).await.unwrap() })
    });
    let mut ids = Vec::new();
    for asked in asked.collect::<Vec<_>>() {
        ids.push(asked.await.unwrap());
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(number(&f.store, "SELECT count(*) FROM sessions").await, 1);
}

#[tokio::test]
async fn a_damaged_message_does_not_end_the_conversation() {
    let f = fresh();
    let turn = turn(&f.store, "1", vec![said("alpha"), said("beta"), said("gamma")], 10).await;
    let damage = "UPDATE messages SET content = CASE id WHEN 1 THEN CAST(x'ff' AS TEXT) ELSE '[{\"type\":\"tomorrow\"}]' END WHERE id <= 2";
    f.store.write(Durability::Now, move |db| Ok(db.execute(damage, []).map(|_| ())?)).await.unwrap();
    let messages = f.store.transcript(turn.session, 9).await.unwrap().messages;
    let content: Vec<_> = messages.into_iter().flat_map(|one| one.message.content).collect();
    assert_eq!(content, [super::UNREADABLE, super::UNREADABLE, "gamma"].map(Block::text));
    assert_eq!(f.store.oldest(turn.session, 9, 1 << 20).await.unwrap().messages.len(), 3);
}

#[tokio::test]
async fn the_last_messages_come_back_in_order_and_as_they_were() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 1).await;
    let turn = claim(&f.store, 1, 1).await.unwrap();
    let session = f.store.session(&chat(1), Timestamp(1)).await.unwrap();
    let every_block = Message::assistant(vec![
        Block::Thinking { thinking: String::new(), signature: "s".into() },
        Block::RedactedThinking { data: "d".into() },
        Block::text("日本語 👩‍👩‍👧 \u{0} ' \" \\"),
        Block::Image { media_type: "image/png".into(), data: "AAAA".into() },
        Block::Document { media_type: "application/pdf".into(), name: "ü.pdf".into(), data: "AAAA".into() },
        Block::ToolUse { id: "t1".into(), name: "clock".into(), input: json!({"b": 1, "a": [null, 1.5]}) },
    ]);
    let result = Block::ToolResult { tool_use_id: "t1".into(), content: "12:00".into(), is_error: false };
    let said = vec![said("one"), every_block, Message::user(vec![result])];
    let settlement = Settlement { session: Some(session), transcript: said.clone(), ..settlement(turn.id) };
    f.store.settle(settlement, Timestamp(2)).await.unwrap();
    assert_eq!(transcript(&f.store, session, 100).await, said);
    assert_eq!(transcript(&f.store, session, 2).await, said[1..]);
    assert_eq!(transcript(&f.store, session, 0).await, []);
    assert_eq!(f.store.transcript_length(session).await.unwrap(), said.len());
    assert_eq!(transcript(&f.store, SessionId(99), 9).await, []);
}
