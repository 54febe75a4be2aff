// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::behaviour::fixture::{
    CHANNEL, accept, chat, claim, fresh, here, ids, message, number, picture, postponement, queued, said,
    settle, settlement, transcript,
};
use blufio_core::ids::{Conversation, QueueId, SessionId};
use blufio_core::storage::{
    Arrival, Outbox, Queue, Rank, Sessions, Settlement, Storage, StorageError, TurnOutcome, TurnRecord,
};
use blufio_core::time::Timestamp;
use serde_json::json;

#[tokio::test]
async fn a_message_is_accepted_once_however_often_it_comes() {
    let f = fresh();
    let twice = vec![message(1, "a"), message(1, "b"), message(1, "a")];
    assert_eq!(accept(&f.store, twice, 10).await, [true, true, false]);
    assert_eq!(accept(&f.store, vec![message(1, "b"), message(1, "c")], 11).await, [false, true]);
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().queue_depth, 3);
    // Also once it has been answered.
    let first = claim(&f.store, 1, 12).await.unwrap();
    settle(&f.store, first.id, 13).await;
    assert_eq!(accept(&f.store, vec![message(1, "a")], 14).await, [false]);
}

#[tokio::test]
async fn the_same_id_on_another_channel_is_another_message() {
    let f = fresh();
    let mut other = message(1, "a");
    other.conversation.channel = "http".into();
    assert_eq!(accept(&f.store, vec![message(1, "a")], 10).await, [true]);
    assert_eq!(f.store.accept("http", queued(vec![other]), None, Timestamp(10)).await.unwrap(), [true]);
}

#[tokio::test]
async fn messages_and_cursor_are_stored_together_or_not_at_all() {
    let f = fresh();
    assert_eq!(f.store.cursor(CHANNEL).await.unwrap(), None);
    f.store.accept(CHANNEL, queued(vec![message(1, "a")]), Some(5), Timestamp(10)).await.unwrap();
    assert_eq!(f.store.cursor(CHANNEL).await.unwrap(), Some(5));
    let mut stray = message(1, "c");
    stray.conversation.channel = "elsewhere".into();
    let refused = f.store.accept(CHANNEL, queued(vec![message(1, "b"), stray]), Some(6), Timestamp(11)).await;
    assert!(matches!(refused, Err(StorageError::Unexpected(_))), "{refused:?}");
    assert_eq!(f.store.cursor(CHANNEL).await.unwrap(), Some(5));
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().queue_depth, 1);
    // A cursor may move without messages, and in any direction: it is the channel's own affair.
    f.store.accept(CHANNEL, Vec::new(), Some(2), Timestamp(12)).await.unwrap();
    assert_eq!(f.store.cursor(CHANNEL).await.unwrap(), Some(2));
    assert_eq!(f.store.cursor("http").await.unwrap(), None);
}

#[tokio::test]
async fn the_longest_waiting_conversation_is_due_first() {
    let f = fresh();
    accept(&f.store, vec![message(3, "a"), message(1, "b"), message(3, "c"), message(2, "d")], 10).await;
    let due = |busy: Vec<Conversation>, limit| {
        let store = f.store.clone();
        async move { store.due(Timestamp(20), &here(), &busy, limit).await.unwrap().0 }
    };
    assert_eq!(due(vec![], 9).await, [chat(3), chat(1), chat(2)]);
    assert_eq!(due(vec![], 2).await, [chat(3), chat(1)]);
    assert_eq!(due(vec![chat(3)], 1).await, [chat(1)]);
    claim(&f.store, 1, 20).await.unwrap();
    assert_eq!(due(vec![], 9).await, [chat(3), chat(2)], "a running turn holds its conversation back");
}

#[tokio::test]
async fn topics_of_one_chat_are_conversations_of_their_own() {
    let f = fresh();
    let mut topic = message(1, "b");
    topic.conversation.thread = "9".into();
    let of_topic = topic.conversation.clone();
    accept(&f.store, vec![message(1, "a"), topic], 10).await;
    let claimed = claim(&f.store, 1, 10).await.unwrap();
    assert_eq!(ids(&claimed), ["a"]);
    let claimed = f.store.claim(&of_topic, Timestamp(10)).await.unwrap().unwrap();
    assert_eq!(ids(&claimed), ["b"]);
}

#[tokio::test]
async fn due_tells_the_next_instant_at_which_something_becomes_due() {
    let f = fresh();
    assert_eq!(f.store.due(Timestamp(20), &here(), &[], 9).await.unwrap(), (vec![], None));
    accept(&f.store, vec![picture(1, "a", "g", 50), picture(2, "b", "g", 40), message(3, "c")], 10).await;
    assert_eq!(
        f.store.due(Timestamp(20), &here(), &[], 9).await.unwrap(),
        (vec![chat(3)], Some(Timestamp(40)))
    );
    assert_eq!(
        f.store.due(Timestamp(20), &here(), &[chat(2)], 9).await.unwrap(),
        (vec![chat(3)], Some(Timestamp(50)))
    );
    assert_eq!(
        f.store.due(Timestamp(50), &here(), &[], 9).await.unwrap(),
        (vec![chat(1), chat(2), chat(3)], None)
    );
}

#[tokio::test]
async fn messages_of_a_conversation_are_taken_one_after_the_other_in_order() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a"), message(1, "b")], 10).await;
    let first = claim(&f.store, 1, 11).await.unwrap();
    assert_eq!(ids(&first), ["a"]);
    assert_eq!((first.attempts, first.received_at), (0, Timestamp(10)));
    assert_eq!(first.turn, TurnRecord::default());
    assert_eq!(claim(&f.store, 1, 11).await, None);
    settle(&f.store, first.id, 12).await;
    assert_eq!(ids(&claim(&f.store, 1, 13).await.unwrap()), ["b"]);
    assert_eq!(claim(&f.store, 2, 13).await, None);
}

#[tokio::test]
async fn an_inbound_message_comes_back_as_it_was() {
    use blufio_core::channel::{FileKind, FileRef};
    let f = fresh();
    let file = FileRef {
        kind: FileKind::Voice,
        handle: "h/\u{0}1".into(),
        name: "Grüße 🦀.ogg".into(),
        media_type: Some("audio/ogg".into()),
        size: Some(u64::from(u32::MAX) + 1),
    };
    let mut rich = picture(1, "a", "g", 5);
    rich.files = vec![file];
    rich.text = "مرحبا \u{0} 漢字 e\u{301}".into();
    rich.notices = vec!["a sticker".into()];
    accept(&f.store, vec![rich.clone()], 10).await;
    assert_eq!(claim(&f.store, 1, 10).await.unwrap().messages, [rich]);
}

#[tokio::test]
async fn an_album_is_one_turn() {
    let f = fresh();
    let other_chat = picture(2, "x", "g", 15);
    let messages = vec![
        picture(1, "a", "g", 15),
        other_chat,
        message(1, "between"),
        picture(1, "b", "g", 16),
        picture(1, "c", "h", 15),
    ];
    accept(&f.store, messages, 10).await;
    assert_eq!(claim(&f.store, 1, 14).await, None, "the rest of the album may still arrive");
    let album = claim(&f.store, 1, 15).await.unwrap();
    assert_eq!(ids(&album), ["a", "b"]);
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().queue_depth, 5);
    // One that comes too late is a turn of its own.
    accept(&f.store, vec![picture(1, "late", "g", 18)], 16).await;
    settle(&f.store, album.id, 20).await;
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().queue_depth, 4);
    for expected in ["between", "c", "late"] {
        let next = claim(&f.store, 1, 30).await.unwrap();
        assert_eq!(ids(&next), [expected]);
        settle(&f.store, next.id, 30).await;
    }
    assert_eq!(ids(&claim(&f.store, 2, 30).await.unwrap()), ["x"]);
}

#[tokio::test]
async fn a_postponed_album_stays_together_and_takes_in_latecomers() {
    let f = fresh();
    accept(&f.store, vec![picture(1, "a", "g", 10), picture(1, "b", "g", 10)], 10).await;
    let album = claim(&f.store, 1, 10).await.unwrap();
    accept(&f.store, vec![picture(1, "c", "g", 11)], 11).await;
    f.store.postpone(postponement(album.id, 50), Timestamp(12)).await.unwrap();
    let again = claim(&f.store, 1, 50).await.unwrap();
    assert_eq!((again.id, ids(&again)), (album.id, vec!["a", "b", "c"]));
    f.store.recover(Timestamp(20)).await.unwrap();
    let again = claim(&f.store, 1, 50).await.unwrap();
    assert_eq!((ids(&again), again.attempts), (vec!["a", "b", "c"], 2));
    settle(&f.store, again.id, 51).await;
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().queue_depth, 0);
}

#[tokio::test]
async fn settling_writes_transcript_and_outbox_together() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    let turn = claim(&f.store, 1, 11).await.unwrap();
    let session = f.store.session(&chat(1), Timestamp(11)).await.unwrap();
    let settlement = Settlement {
        session: Some(session),
        transcript: vec![said("the question"), said("the answer")],
        outbox: vec![json!({"part": 1}), json!({"part": 2})],
        ..settlement(turn.id)
    };
    f.store.settle(settlement.clone(), Timestamp(12)).await.unwrap();
    assert_eq!(transcript(&f.store, session, 9).await, settlement.transcript);
    let (out, next) = f.store.outbox_due(Timestamp(12), &here(), &[], 9).await.unwrap();
    assert_eq!((out.len(), next), (1, None), "the second part waits for the first");
    let row = out.first().unwrap();
    assert_eq!((&row.payload, row.turn, row.attempts), (&json!({"part": 1}), Some(turn.id), 0));
    assert_eq!((&row.conversation, row.created_at), (&chat(1), Timestamp(12)));
    let stats = f.store.stats(Timestamp(0)).await.unwrap();
    assert_eq!((stats.queue_depth, stats.outbox_depth, stats.messages, stats.sessions), (0, 2, 2, 1));
    assert_eq!(stats.outbox_oldest, Some(Timestamp(12)));
}

#[tokio::test]
async fn settling_twice_is_an_error_and_changes_nothing() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    let turn = claim(&f.store, 1, 11).await.unwrap();
    settle(&f.store, turn.id, 12).await;
    let session = f.store.session(&chat(1), Timestamp(11)).await.unwrap();
    let again = Settlement {
        session: Some(session),
        transcript: vec![said("again")],
        outbox: vec![json!("again")],
        end_session: true,
        outcome: TurnOutcome::Failed,
        ..settlement(turn.id)
    };
    let refused = f.store.settle(again, Timestamp(13)).await.unwrap_err();
    assert!(refused.to_string().contains("turn 1 is not running"), "{refused}");
    let stats = f.store.stats(Timestamp(0)).await.unwrap();
    assert_eq!((stats.messages, stats.outbox_depth), (0, 0));
    assert_eq!(
        number(&f.store, "SELECT count(*) FROM queue WHERE outcome = 'answered' AND finished_at = 12").await,
        1
    );
    assert_eq!(f.store.session(&chat(1), Timestamp(14)).await.unwrap(), session);
    for refused in [
        f.store.checkpoint(turn.id, &TurnRecord::default()).await,
        f.store.postpone(postponement(turn.id, 50), Timestamp(14)).await,
        f.store.settle(settlement(QueueId(99)), Timestamp(14)).await,
    ] {
        assert!(matches!(refused, Err(StorageError::Unexpected(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn a_settlement_that_cannot_be_stored_leaves_the_turn_running() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    let turn = claim(&f.store, 1, 11).await.unwrap();
    let strangers = f.store.session(&chat(2), Timestamp(11)).await.unwrap();
    for session in [Some(strangers), Some(SessionId(99)), None] {
        let wrong = Settlement { session, transcript: vec![said("private")], ..settlement(turn.id) };
        let refused = f.store.settle(wrong, Timestamp(12)).await;
        assert!(matches!(refused, Err(StorageError::Unexpected(_))), "{session:?}");
    }
    assert_eq!(transcript(&f.store, strangers, 9).await, []);
    settle(&f.store, turn.id, 13).await;
}

#[tokio::test]
async fn ending_the_session_makes_the_next_message_start_a_new_one() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    let turn = claim(&f.store, 1, 11).await.unwrap();
    let session = f.store.session(&chat(1), Timestamp(11)).await.unwrap();
    let last = Settlement {
        session: Some(session),
        transcript: vec![said("bye")],
        end_session: true,
        ..settlement(turn.id)
    };
    f.store.settle(last, Timestamp(12)).await.unwrap();
    assert_eq!(transcript(&f.store, session, 9).await, [said("bye")], "what was said before the end is kept");
    let next = f.store.session(&chat(1), Timestamp(13)).await.unwrap();
    assert_ne!(next, session);
    assert_eq!(transcript(&f.store, next, 9).await, []);
}

#[tokio::test]
async fn a_postponed_turn_waits_with_its_progress_and_holds_later_messages_back() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a"), message(1, "b")], 10).await;
    let turn = claim(&f.store, 1, 11).await.unwrap();
    let progress =
        TurnRecord { steps: vec![said("so far")], started: vec!["tool-1".into()], ..TurnRecord::default() };
    let mut later = postponement(turn.id, 100);
    later.turn = progress.clone();
    later.outbox = vec![json!("I will answer later")];
    f.store.postpone(later, Timestamp(12)).await.unwrap();
    assert_eq!(f.store.due(Timestamp(99), &here(), &[], 9).await.unwrap(), (vec![], Some(Timestamp(100))));
    assert_eq!(claim(&f.store, 1, 99).await, None);
    assert_eq!(
        number(&f.store, "SELECT count(*) FROM queue WHERE reason = 'Claude cannot be reached'").await,
        1
    );
    let (out, _) = f.store.outbox_due(Timestamp(12), &here(), &[], 9).await.unwrap();
    let notice = out.first().unwrap();
    assert_eq!((&notice.payload, notice.turn), (&json!("I will answer later"), None), "it is not the answer");
    let again = claim(&f.store, 1, 100).await.unwrap();
    assert_eq!((again.id, again.attempts, again.turn), (turn.id, 1, progress));
    assert_eq!(number(&f.store, "SELECT count(*) FROM queue WHERE reason IS NOT NULL").await, 0);
}

#[tokio::test]
async fn after_a_start_what_was_running_waits_again_with_its_progress() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a"), message(2, "b"), message(3, "c")], 10).await;
    let first = claim(&f.store, 1, 11).await.unwrap();
    let second = claim(&f.store, 2, 11).await.unwrap();
    let progress = TurnRecord { started: vec!["tool-1".into()], ..TurnRecord::default() };
    f.store.checkpoint(first.id, &progress).await.unwrap();
    settle(&f.store, second.id, 12).await;
    f.store.close();
    let store = crate::Store::open(&f.path, crate::StoreOptions::default()).unwrap();
    assert_eq!(store.recover(Timestamp(20)).await.unwrap(), 1);
    assert_eq!(store.recover(Timestamp(20)).await.unwrap(), 0);
    assert_eq!(store.due(Timestamp(20), &here(), &[], 9).await.unwrap().0, [chat(1), chat(3)]);
    let again = claim(&store, 1, 20).await.unwrap();
    assert_eq!((again.id, again.attempts, again.turn), (first.id, 1, progress));
}

#[tokio::test]
async fn the_payload_goes_thirty_days_after_the_turn_but_the_key_stays() {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let f = fresh();
    for number in 1..=64 {
        accept(&f.store, vec![message(1, number)], 10).await;
        let turn = claim(&f.store, 1, 10).await.unwrap();
        // The last of them sweeps, when the first ones are 31 days old.
        let now = if number > 60 { 31 * DAY } else { 10 };
        f.store
            .settle(Settlement { outbox: vec![json!(number)], ..settlement(turn.id) }, Timestamp(now))
            .await
            .unwrap();
        if number == 1 {
            let out = f.store.outbox_due(Timestamp(10), &here(), &[], 1).await.unwrap().0;
            f.store.outbox_sent(out.first().unwrap().id, "m1", Timestamp(10)).await.unwrap();
        }
        if number == 63 {
            assert_eq!(number_of_payloads(&f.store).await, 63);
        }
    }
    assert_eq!(number_of_payloads(&f.store).await, 4);
    assert_eq!(
        number(&f.store, "SELECT count(*) FROM outbox").await,
        63,
        "what was sent is dropped, what waits is not"
    );
    assert_eq!(accept(&f.store, vec![message(1, 1)], 32 * DAY).await, [false]);
}

async fn number_of_payloads(store: &crate::Store) -> i64 {
    number(store, "SELECT count(payload) FROM queue").await
}

fn ranked(rank: Rank, id: &str) -> Vec<Arrival> {
    vec![Arrival { message: message(1, id), rank }]
}

#[tokio::test]
async fn a_command_does_not_wait_behind_a_message_that_was_put_back() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a"), message(1, "b")], 10).await;
    let turn = claim(&f.store, 1, 11).await.unwrap();
    f.store.postpone(postponement(turn.id, 1000), Timestamp(12)).await.unwrap();
    assert_eq!(f.store.due(Timestamp(20), &here(), &[], 9).await.unwrap(), (vec![], Some(Timestamp(1000))));
    f.store.accept(CHANNEL, ranked(Rank::Command, "/help"), None, Timestamp(20)).await.unwrap();
    assert_eq!(f.store.due(Timestamp(20), &here(), &[], 9).await.unwrap(), (vec![chat(1)], None));
    let command = claim(&f.store, 1, 20).await.unwrap();
    assert_eq!(ids(&command), ["/help"]);
    settle(&f.store, command.id, 21).await;
    assert_eq!(claim(&f.store, 1, 22).await, None, "the other ones wait as before");
    f.store.accept(CHANNEL, ranked(Rank::Command, "/help again"), None, Timestamp(1000)).await.unwrap();
    for expected in ["a", "b", "/help again"] {
        let next = claim(&f.store, 1, 1000).await.unwrap();
        assert_eq!(ids(&next), [expected], "what is due keeps its order");
        settle(&f.store, next.id, 1000).await;
    }
}

#[tokio::test]
async fn stop_marks_everything_that_waits_before_it_and_nothing_after_it() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a"), picture(1, "b", "g", 500), message(2, "x")], 10).await;
    let turn = claim(&f.store, 1, 11).await.unwrap();
    let mut back = postponement(turn.id, 1000);
    back.turn.started = vec!["tool-1".into()];
    f.store.postpone(back, Timestamp(12)).await.unwrap();
    f.store.accept(CHANNEL, ranked(Rank::Stop, "/stop"), None, Timestamp(13)).await.unwrap();
    // The same update once more changes nothing.
    accept(&f.store, vec![message(1, "c")], 14).await;
    f.store.accept(CHANNEL, ranked(Rank::Stop, "/stop"), None, Timestamp(15)).await.unwrap();
    for (expected, stopped) in [("a", true), ("b", true), ("/stop", false), ("c", false)] {
        let next = claim(&f.store, 1, 16).await.unwrap();
        assert_eq!((ids(&next), next.turn.stopped), (vec![expected], stopped));
        assert_eq!(next.turn.started.is_empty(), expected != "a", "its progress is kept");
        settle(&f.store, next.id, 16).await;
    }
    assert!(!claim(&f.store, 2, 16).await.unwrap().turn.stopped, "another conversation");
}

#[tokio::test]
async fn new_marks_what_was_put_back_before_it_and_lets_fresh_messages_be_answered() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a"), message(1, "b")], 10).await;
    let turn = claim(&f.store, 1, 11).await.unwrap();
    f.store.postpone(postponement(turn.id, 1000), Timestamp(12)).await.unwrap();
    f.store.accept(CHANNEL, ranked(Rank::Fresh, "/new"), None, Timestamp(13)).await.unwrap();
    for (expected, stopped) in [("a", true), ("b", false), ("/new", false)] {
        let next = claim(&f.store, 1, 16).await.unwrap();
        assert_eq!((ids(&next), next.turn.stopped), (vec![expected], stopped));
        settle(&f.store, next.id, 16).await;
    }
}

#[tokio::test]
async fn rows_of_a_channel_that_is_not_in_use_are_left_alone() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 10).await;
    let turn = claim(&f.store, 1, 11).await.unwrap();
    f.store
        .settle(Settlement { outbox: vec![json!("answer")], ..settlement(turn.id) }, Timestamp(12))
        .await
        .unwrap();
    accept(&f.store, vec![message(1, "b")], 13).await;
    let others = ["local".to_owned()];
    assert_eq!(f.store.due(Timestamp(20), &others, &[], 9).await.unwrap(), (vec![], None));
    assert_eq!(f.store.outbox_due(Timestamp(20), &others, &[], 9).await.unwrap(), (vec![], None));
    assert_eq!(f.store.due(Timestamp(20), &here(), &[], 9).await.unwrap().0, [chat(1)]);
    assert_eq!(f.store.outbox_due(Timestamp(20), &here(), &[], 9).await.unwrap().0.len(), 1);
}

#[tokio::test]
async fn what_is_fresh_is_due_also_when_the_clock_is_set_back() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 5_000).await;
    let turn = claim(&f.store, 1, 10).await.unwrap();
    let answer = Settlement { outbox: vec![json!("answer")], ..settlement(turn.id) };
    f.store.settle(answer, Timestamp(5_000)).await.unwrap();
    let (rows, _) = f.store.outbox_due(Timestamp(10), &here(), &[], 9).await.unwrap();
    assert_eq!(rows.len(), 1);
}
