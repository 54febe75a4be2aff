// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::Store;
use crate::behaviour::fixture::{
    accept, chat, claim, fresh, here, message, number, said, settlement, transcript,
};
use blufio_core::channel::Sender;
use blufio_core::ids::{Conversation, NoticeId};
use blufio_core::storage::{
    Background, How, Outbox, Queue, Sessions, Settlement, Standstill, Telling, TurnOutcome,
};
use blufio_core::time::Timestamp;
use serde_json::json;

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

async fn give_notice(store: &Store, chat_name: u32, text: &str, now: i64) {
    let telling =
        Telling { conversation: chat(chat_name), how: How::WithNext { text: text.into() }, notes: vec![] };
    store.tell(telling, Timestamp(now)).await.unwrap();
}

async fn notices(store: &Store, chat_name: u32) -> Vec<String> {
    store.notices(&chat(chat_name)).await.unwrap().into_iter().map(|notice| notice.text).collect()
}

#[tokio::test]
async fn small_values_are_kept_under_their_names() {
    let f = fresh();
    assert_eq!(f.store.noted("looked").await.unwrap(), None);
    f.store.note(vec![pair("looked", "10"), pair("digest:/a", "ab")]).await.unwrap();
    f.store.note(vec![pair("looked", "20")]).await.unwrap();
    assert_eq!(f.store.noted("looked").await.unwrap().as_deref(), Some("20"));
    assert_eq!(f.store.noted("digest:/a").await.unwrap().as_deref(), Some("ab"));
}

#[tokio::test]
async fn what_is_told_at_once_is_sent_and_joins_the_session_which_is_opened_for_it() {
    let f = fresh();
    let telling = Telling {
        conversation: chat(1),
        how: How::Now { outbox: vec![json!("x")], transcript: vec![said("x")] },
        notes: vec![pair("digest", "1")],
    };
    f.store.tell(telling.clone(), Timestamp(10)).await.unwrap();
    let session = f.store.session(&chat(1), Timestamp(11)).await.unwrap();
    assert_eq!(transcript(&f.store, session, 9).await, [said("x")]);
    f.store.tell(telling, Timestamp(12)).await.unwrap();
    assert_eq!(transcript(&f.store, session, 9).await, [said("x"), said("x")]);
    let silent = Telling {
        conversation: chat(2),
        how: How::Now { outbox: vec![], transcript: vec![] },
        notes: vec![],
    };
    f.store.tell(silent, Timestamp(12)).await.unwrap();
    assert_eq!(number(&f.store, "SELECT count(*) FROM sessions").await, 1, "nothing to know of");
    let (out, _) = f.store.outbox_due(Timestamp(12), &here(), &[], 9).await.unwrap();
    assert_eq!((&out[0].payload, out[0].turn, &out[0].conversation), (&json!("x"), None, &chat(1)));
    assert_eq!(number(&f.store, "SELECT count(*) FROM outbox").await, 2);
    assert_eq!(f.store.noted("digest").await.unwrap().as_deref(), Some("1"));
}

#[tokio::test]
async fn a_notice_waits_for_the_answer_that_tells_it() {
    let f = fresh();
    give_notice(&f.store, 1, "one", 10).await;
    give_notice(&f.store, 1, "two", 11).await;
    give_notice(&f.store, 2, "theirs", 12).await;
    assert_eq!(notices(&f.store, 1).await, ["one", "two"]);
    let first = f.store.notices(&chat(1)).await.unwrap().remove(0);
    assert_eq!((first.id, first.at), (NoticeId(1), Timestamp(10)));
    accept(&f.store, vec![message(1, "a")], 20).await;
    let turn = claim(&f.store, 1, 20).await.unwrap();
    // The third belongs to somebody else, the fourth to nobody.
    let told = [1, 3, 99].map(NoticeId).to_vec();
    f.store.settle(Settlement { told, ..settlement(turn.id) }, Timestamp(21)).await.unwrap();
    assert_eq!(notices(&f.store, 1).await, ["two"]);
    assert_eq!(notices(&f.store, 2).await, ["theirs"]);
    assert_eq!(number(&f.store, "SELECT told_at FROM notices WHERE id = 1").await, 21);
}

#[tokio::test]
async fn only_so_many_notices_wait_and_the_oldest_go() {
    let f = fresh();
    give_notice(&f.store, 2, "theirs", 1).await;
    for number in 1..=103 {
        give_notice(&f.store, 1, &number.to_string(), number).await;
    }
    let waiting = notices(&f.store, 1).await;
    assert_eq!((waiting.len(), waiting[0].as_str(), waiting[99].as_str()), (100, "4", "103"));
    assert_eq!(notices(&f.store, 2).await, ["theirs"]);
}

/// A message of `sender` is taken on and ends.
async fn answer(
    store: &Store,
    conversation: Conversation,
    sender: &str,
    private: bool,
    outcome: TurnOutcome,
) {
    let id = format!("{conversation} {sender} {}", number(store, "SELECT count(*) FROM queue").await);
    let mut message = message(1, id);
    message.conversation = conversation.clone();
    message.sender = Sender { id: sender.into(), name: String::new() };
    message.private = private;
    accept(store, vec![message], 10).await;
    let turn = store.claim(&conversation, Timestamp(10)).await.unwrap().unwrap();
    store.settle(Settlement { outcome, ..settlement(turn.id) }, Timestamp(11)).await.unwrap();
}

#[tokio::test]
async fn people_are_found_where_they_were_last_answered_in_private() {
    let f = fresh();
    let last = |people: Vec<(String, String)>| {
        let store = f.store.clone();
        async move { store.last_private(&people).await.unwrap() }
    };
    let ada = || pair("telegram", "ada");
    assert_eq!(last(vec![ada()]).await, None);
    answer(&f.store, chat(1), "ada", true, TurnOutcome::Answered).await;
    answer(&f.store, chat(2), "bob", true, TurnOutcome::Answered).await;
    answer(&f.store, chat(3), "ada", false, TurnOutcome::Answered).await;
    answer(&f.store, chat(4), "ada", true, TurnOutcome::Command).await;
    answer(&f.store, chat(5), "eve", true, TurnOutcome::Pairing).await;
    assert_eq!(last(vec![ada()]).await, Some(chat(1)));
    assert_eq!(last(vec![ada(), pair("telegram", "bob")]).await, Some(chat(2)), "who was answered last");
    assert_eq!(last(vec![pair("telegram", "bob"), ada()]).await, Some(chat(2)), "in whatever order");
    assert_eq!(last(vec![pair("telegram", "eve")]).await, None);
    assert_eq!(last(vec![pair("http", "ada")]).await, None);
    assert_eq!(last(vec![pair("telegram", "")]).await, Some(chat(2)), "anyone there");
    assert_eq!(last(vec![]).await, None);
    let topic = Conversation { thread: "9".into(), ..chat(1) };
    answer(&f.store, topic.clone(), "ada", true, TurnOutcome::Answered).await;
    assert_eq!(last(vec![pair("telegram", "")]).await, Some(topic));
}

#[tokio::test]
async fn a_standstill_lasts_until_it_is_lifted() {
    let f = fresh();
    assert_eq!(f.store.standstill().await.unwrap(), None);
    let why = |reason: &str, at| Some(Standstill { reason: reason.into(), at: Timestamp(at) });
    f.store.set_standstill(why("the spend limit", 5)).await.unwrap();
    f.store.set_standstill(why("once more", 6)).await.unwrap();
    f.store.close();
    let store = Store::open(&f.path, crate::StoreOptions::default()).unwrap();
    assert_eq!(store.standstill().await.unwrap(), why("once more", 6));
    store.set_standstill(None).await.unwrap();
    assert_eq!(store.standstill().await.unwrap(), None);
    store.set_standstill(None).await.unwrap();
}

#[tokio::test]
async fn notices_move_along_and_no_more_wait_than_ever() {
    let f = fresh();
    for number in 0..60 {
        give_notice(&f.store, 1, &format!("old {number}"), 10).await;
        give_notice(&f.store, 2, &format!("own {number}"), 10).await;
    }
    f.store.move_notices(&chat(2)).await.unwrap();
    assert_eq!(notices(&f.store, 1).await, [""; 0]);
    assert_eq!(notices(&f.store, 2).await.len(), 100);
}
