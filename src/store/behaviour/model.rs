// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whatever the order of accepting, claiming, settling, postponing and dying: no message is lost, none is answered
//! twice, and each conversation is answered in its order. Checked against a queue that is a few vectors.

use super::fixture::{chat, here, ids, message, picture, postponement, queued, settlement};
use crate::{Store, StoreOptions};
use blufio_core::channel::Inbound;
use blufio_core::ids::QueueId;
use blufio_core::storage::{Queue, Settlement, Storage};
use blufio_core::time::Timestamp;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;

#[derive(Clone, Debug)]
enum Step {
    Accept { chat: u8, id: u8, group: Option<u8>, delay: u8 },
    Claim { chat: u8 },
    Settle { chat: u8 },
    Postpone { chat: u8, delay: u8 },
    Recover,
    Reopen,
    Wait { span: u8 },
}

fn step() -> impl Strategy<Value = Step> {
    let chat = 0..3_u8;
    prop_oneof![
        6 => (chat.clone(), 0..24_u8, prop::option::of(0..2_u8), 0..3_u8)
            .prop_map(|(chat, id, group, delay)| Step::Accept { chat, id, group, delay }),
        6 => chat.clone().prop_map(|chat| Step::Claim { chat }),
        4 => chat.clone().prop_map(|chat| Step::Settle { chat }),
        2 => (chat, 0..4_u8).prop_map(|(chat, delay)| Step::Postpone { chat, delay }),
        1 => Just(Step::Recover),
        1 => Just(Step::Reopen),
        2 => (0..4_u8).prop_map(|span| Step::Wait { span }),
    ]
}

/// Messages that share a turn.
#[derive(Clone, Debug)]
struct Entry {
    chat: u8,
    group: Option<u8>,
    ids: Vec<String>,
    not_before: i64,
    attempts: u32,
    running: Option<QueueId>,
}

#[derive(Default)]
struct Model {
    known: BTreeSet<String>,
    /// In the order of their first messages.
    waiting: Vec<Entry>,
    settled: Vec<(u8, Vec<String>)>,
    now: i64,
}

impl Model {
    fn accept(&mut self, chat: u8, id: &str, group: Option<u8>, delay: u8) -> bool {
        let new = self.known.insert(id.to_owned());
        if new {
            let not_before = self.now + i64::from(delay);
            let ids = vec![id.to_owned()];
            self.waiting.push(Entry { chat, group, ids, not_before, attempts: 0, running: None });
        }
        new
    }

    fn head(&mut self, chat: u8) -> Option<usize> {
        let mut of_chat = self.waiting.iter().enumerate().filter(|(_, entry)| entry.chat == chat);
        let busy = self.waiting.iter().any(|entry| entry.chat == chat && entry.running.is_some());
        let (at, head) = of_chat.next()?;
        (!busy && head.not_before <= self.now).then_some(at)
    }

    /// The entry that a claim must come to, with its group drawn in.
    fn claim(&mut self, chat: u8) -> Option<&mut Entry> {
        let head = self.head(chat)?;
        if let Some(group) = self.waiting[head].group {
            let mut rest = self.waiting.split_off(head + 1);
            for entry in rest.extract_if(.., |entry| entry.chat == chat && entry.group == Some(group)) {
                self.waiting[head].ids.extend(entry.ids);
            }
            self.waiting.append(&mut rest);
        }
        Some(&mut self.waiting[head])
    }

    fn running(&mut self, chat: u8) -> Option<usize> {
        self.waiting.iter().position(|entry| entry.chat == chat && entry.running.is_some())
    }

    fn recover(&mut self) -> u64 {
        let running = self.waiting.iter_mut().filter_map(|entry| entry.running.take());
        running.count() as u64
    }

    fn due(&mut self) -> Vec<u8> {
        let mut heads: Vec<usize> = (0..3).filter_map(|chat| self.head(chat)).collect();
        heads.sort_unstable();
        heads.into_iter().map(|at| self.waiting[at].chat).collect()
    }
}

fn inbound(chat: u8, id: &str, group: Option<u8>, not_before: i64) -> Inbound {
    match group {
        Some(group) => picture(chat, id, &group.to_string(), not_before),
        None => Inbound { not_before: Some(Timestamp(not_before)), ..message(chat, id) },
    }
}

async fn play(steps: Vec<Step>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blufio.db");
    let mut store = Store::open(&path, StoreOptions::default()).unwrap();
    let mut model = Model { now: 100, ..Model::default() };
    for step in steps {
        let now = Timestamp(model.now);
        match step {
            Step::Accept { chat, id, group, delay } => {
                let id = id.to_string();
                let message = inbound(chat, &id, group, model.now + i64::from(delay));
                let new = store.accept("telegram", queued(vec![message]), None, now).await.unwrap();
                assert_eq!(new, [model.accept(chat, &id, group, delay)]);
            }
            Step::Claim { chat: name } => {
                let claimed = store.claim(&chat(name), now).await.unwrap();
                let expected = model.claim(name);
                assert_eq!(claimed.is_some(), expected.is_some());
                if let (Some(claimed), Some(expected)) = (claimed, expected) {
                    assert_eq!(
                        (ids(&claimed), claimed.attempts),
                        (expected.ids.iter().map(String::as_str).collect(), expected.attempts)
                    );
                    expected.attempts += 1;
                    expected.running = Some(claimed.id);
                }
            }
            Step::Settle { chat } => {
                let Some(at) = model.running(chat) else { continue };
                let entry = model.waiting.remove(at);
                let id = entry.running.unwrap();
                let answer = Settlement { outbox: vec![json!(entry.ids)], ..settlement(id) };
                store.settle(answer.clone(), now).await.unwrap();
                store.settle(answer, now).await.unwrap_err();
                model.settled.push((chat, entry.ids));
            }
            Step::Postpone { chat, delay } => {
                let Some(at) = model.running(chat) else { continue };
                let until = model.now + i64::from(delay);
                let entry = &mut model.waiting[at];
                store.postpone(postponement(entry.running.take().unwrap(), until), now).await.unwrap();
                entry.not_before = until;
            }
            Step::Recover => assert_eq!(store.recover(Timestamp(1)).await.unwrap(), model.recover()),
            Step::Reopen => {
                store.close();
                store = Store::open(&path, StoreOptions::default()).unwrap();
            }
            Step::Wait { span } => model.now += i64::from(span),
        }
        let (due, _) = store.due(Timestamp(model.now), &here(), &[], 9).await.unwrap();
        assert_eq!(due, model.due().into_iter().map(chat).collect::<Vec<_>>());
        let open: usize = model.waiting.iter().map(|entry| entry.ids.len()).sum();
        assert_eq!(store.stats(Timestamp(0)).await.unwrap().queue_depth, open as u64);
    }
    finish(&store, &mut model).await;
}

/// Answers what is left; then every message must have been answered exactly once.
async fn finish(store: &Store, model: &mut Model) {
    store.recover(Timestamp(1)).await.unwrap();
    model.recover();
    let end = Timestamp(model.now + 1000);
    loop {
        let (due, next) = store.due(end, &here(), &[], 9).await.unwrap();
        assert_eq!(next, None);
        let Some(conversation) = due.first() else { break };
        let turn = store.claim(conversation, end).await.unwrap().unwrap();
        let answer = ids(&turn).into_iter().map(str::to_owned).collect::<Vec<_>>();
        store.settle(Settlement { outbox: vec![json!(answer)], ..settlement(turn.id) }, end).await.unwrap();
        model.settled.push((0, answer));
    }
    let all = |connection: &rusqlite::Connection| {
        let mut statement = connection.prepare("SELECT payload FROM outbox ORDER BY id")?;
        Ok(statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?)
    };
    let answers = store.read(all).await.unwrap();
    let expected: Vec<String> = model.settled.iter().map(|(_, ids)| json!(ids).to_string()).collect();
    assert_eq!(answers, expected);
    let mut answered: Vec<&String> = model.settled.iter().flat_map(|(_, ids)| ids).collect();
    answered.sort();
    assert_eq!(answered, model.known.iter().collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_events_loses_or_doubles_a_message(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(steps));
    }
}
