// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::behaviour::fixture::{
    Fixture, accept, chat, claim, fresh, memory, message, model, number, passage, person, query, said,
    settlement, transcript, turn,
};
use crate::lock::beside;
use crate::memories::erase::IN_THEIR_PLACE;
use blufio_core::channel::{Inbound, Sender};
use blufio_core::content::{Block, Message};
use blufio_core::ids::{MemoryId, MessageId, PassageId};
use blufio_core::memory::{ItemId, MemorySource, NewMemory};
use blufio_core::route::Decision;
use blufio_core::storage::{
    Background, Compaction, Embedded, Forgetting, Forgotten, How, Ledger, Lesson, Memories, MemoryFilter,
    Outbox, Queue, SaidAgain, Sessions, Settlement, Storage, StorageError, Summary, Telling,
};
use blufio_core::time::Timestamp;
use serde_json::json;

async fn forget(f: &Fixture, items: &[ItemId]) -> Forgotten {
    let what = Forgetting { scopes: None, items: items.to_vec() };
    f.store.forget(what, Timestamp(1000)).await.unwrap()
}

async fn remember(f: &Fixture, new: NewMemory) -> MemoryId {
    f.store.remember(new, Timestamp(500)).await.unwrap().memory.id
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|bytes| bytes.eq_ignore_ascii_case(word.as_bytes()))
}

/// Wherever words can be: memory, history, transcript, keywords, what was said around others, summary, queue, outbox, notices, decisions.
#[tokio::test]
async fn what_is_forgotten_is_nowhere_in_the_file_nor_in_a_copy_of_it() {
    const WORD: &str = "zanzibarek";
    let f = fresh();
    let mut filler = Vec::new();
    for number in 0..40 {
        filler.push(
            turn(&f.store, "1", vec![said(&format!("filler {number} about zebras"))], 10 + number).await,
        );
    }
    f.store
        .tell(
            Telling {
                conversation: chat(1),
                how: How::WithNext { text: format!("by the way: {WORD}") },
                notes: vec![],
            },
            Timestamp(60),
        )
        .await
        .unwrap();
    accept(&f.store, vec![message(1, "told")], 70).await;
    let inbound = blufio_core::channel::Inbound { text: format!("my cat is {WORD}"), ..message(1, "cat") };
    let claimed = claim(&f.store, 1, 70).await.unwrap();
    f.store.settle(settlement(claimed.id), Timestamp(71)).await.unwrap();
    accept(&f.store, vec![inbound], 72).await;
    let session = filler[0].session;
    let id = claim(&f.store, 1, 72).await.unwrap().id;
    let notices = f.store.notices(&chat(1)).await.unwrap();
    let call = |input| Block::ToolUse { id: "t1".into(), name: "remember".into(), input };
    let settle = Settlement {
        session: Some(session),
        transcript: vec![
            Message::user(vec![Block::text(format!("my cat is {WORD}")), Block::text("a second block")]),
            Message::assistant(vec![Block::text("I note it"), call(json!({ "text": WORD }))]),
            Message::user(vec![Block::ToolResult {
                tool_use_id: "t1".into(),
                content: format!("stored: {WORD}"),
                is_error: false,
            }]),
            Message::assistant(vec![Block::text(format!("{WORD} is a fine name"))]),
        ],
        outbox: vec![json!({ "text": format!("{WORD} is a fine name") })],
        told: notices.iter().map(|notice| notice.id).collect(),
        decision: Some(Decision {
            memories: vec![format!("“The cat is called {WORD}”")],
            ..Decision::default()
        }),
        ..settlement(id)
    };
    f.store.settle(settle, Timestamp(80)).await.unwrap();
    let (outbox, _) = f.store.outbox_due(Timestamp(80), &["telegram".into()], &[], 9).await.unwrap();
    f.store.outbox_sent(outbox[0].id, "x", Timestamp(81)).await.unwrap();
    let stored = f.store.transcript(session, 4).await.unwrap().messages;
    let first = stored[0].id;
    let later = turn(&f.store, "1", vec![said("and now something else")], 90).await;
    let summary = Summary { upto: later.messages[0], text: format!("The cat: {WORD}.") };
    let compaction = Compaction { session, after: None, summary };
    assert!(f.store.compact(compaction.clone(), Timestamp(91)).await.unwrap());

    let found = |text: String, message: MessageId, around: String| blufio_core::memory::NewPassage {
        message,
        around,
        ..passage(&later, &text, "")
    };
    let mut passages: Vec<_> = filler
        .iter()
        .map(|turn| found("filler about zebras".into(), turn.messages[0], "around it".into()))
        .collect();
    passages.push(found(format!("my cat is {WORD}"), first, "before".into()));
    passages.push(found(
        "and now something else".into(),
        later.messages[0],
        format!("you: my cat is {WORD}"),
    ));
    f.store.index(later.messages[0], passages).await.unwrap();
    let source = Some(MemorySource::Message(first));
    let old = remember(&f, NewMemory { source, ..memory(&format!("The cat was {WORD}ina")) }).await;
    let text = format!("The cat is called {WORD}");
    let id = remember(&f, NewMemory { replaces: vec![old], ..memory(&text) }).await;
    let again = NewMemory { source: Some(MemorySource::Turn(later.id)), ..memory(&text) };
    assert_eq!(remember(&f, again).await, id);
    for item in f.store.unembedded(&model("m"), 99).await.unwrap() {
        let around = item.around.map(|_| vec![0.0, 1.0, 0.0]);
        f.store
            .embed(&model("m"), vec![Embedded { id: item.id, text: vec![1.0, 0.0, 0.0], around }])
            .await
            .unwrap();
    }
    f.store.write(crate::writer::Durability::Now, |_| Ok(())).await.unwrap();
    assert!(
        holds(&std::fs::read(beside(&f.path, "-wal")).unwrap_or_default(), WORD)
            || holds(&std::fs::read(&f.path).unwrap(), WORD)
    );

    let forgotten = forget(&f, &[ItemId::Memory(id)]).await;
    assert_eq!(forgotten, Forgotten { memories: 2, messages: 5 });
    let copy = f.folder.path().join("copy.db");
    f.store.snapshot(&copy).await.unwrap();
    assert!(!holds(&std::fs::read(&copy).unwrap(), WORD), "in the copy");

    // What was not meant is still there, and sound.
    let messages = transcript(&f.store, session, 5).await;
    let gone = || Block::text(IN_THEIR_PLACE);
    assert_eq!(
        messages,
        [
            Message::user(vec![gone()]),
            Message::assistant(vec![gone(), call(json!({}))]),
            Message::user(vec![Block::ToolResult {
                tool_use_id: "t1".into(),
                content: IN_THEIR_PLACE.into(),
                is_error: false,
            }]),
            Message::assistant(vec![gone()]),
            Message::user(vec![gone()]),
        ]
    );
    assert_eq!(f.store.transcript(session, 99).await.unwrap().summary, None);
    let answers = f.store.answers(None, 9).await.unwrap();
    assert_eq!(answers.last().map(|answer| answer.decision.memories.clone()), Some(vec![]));
    let found = f.store.candidates(query(&["zebras", WORD], Some([1.0, 0.0, 0.0]))).await.unwrap();
    assert_eq!((found.occurrences, found.rows), (vec![40, 0], 40));
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().memories, 0);
    assert_eq!(number(&f.store, "SELECT count(*) FROM vectors WHERE kind = 'memory'").await, 0);
    assert_eq!(number(&f.store, "SELECT count(*) FROM pragma_foreign_key_check").await, 0);
    // A summary that was begun before is not swapped in any more, one that is made anew is.
    assert!(!f.store.compact(compaction.clone(), Timestamp(2000)).await.unwrap());
    assert!(f.store.compact(compaction, Timestamp(10_000_000)).await.unwrap());
    f.store
        .write(crate::writer::Durability::Now, |db| {
            Ok(db.execute("DELETE FROM summaries", []).map(|_| ())?)
        })
        .await
        .unwrap();
    f.store.close();
    assert!(!holds(&std::fs::read(&f.path).unwrap(), WORD), "in the file");
    assert_eq!(beside(&f.path, "-wal").metadata().map_or(0, |log| log.len()), 0);
}

/// Words that lie at the ends of the pages of the keywords leave no trace there either.
#[tokio::test]
async fn also_in_a_large_index_no_keyword_stays() {
    let f = fresh();
    let mut passages = Vec::new();
    let talk = turn(&f.store, "1", (0..1200).map(|_| said("x")).collect(), 10).await;
    for (number, message) in talk.messages.iter().enumerate() {
        let text = format!("common w{number:05}ord trá{number:05}x {}", "padding ".repeat(number % 7));
        passages.push(blufio_core::memory::NewPassage { message: *message, ..passage(&talk, &text, "") });
    }
    for batch in passages.chunks(100) {
        f.store.index(batch[batch.len() - 1].message, batch.to_vec()).await.unwrap();
    }
    // Each message is a turn of its own here.
    f.store
        .write(crate::writer::Durability::Now, |db| {
            Ok(db.execute("UPDATE messages SET turn = NULL", []).map(|_| ())?)
        })
        .await
        .unwrap();
    let doomed: Vec<_> = (0..1200).step_by(13).collect();
    let items: Vec<_> = doomed.iter().map(|number| ItemId::Passage(PassageId(number + 1))).collect();
    forget(&f, &items).await;
    f.store.close();
    let bytes = std::fs::read(&f.path).unwrap();
    for number in doomed {
        assert!(!holds(&bytes, &format!("w{number:05}ord")), "{number}");
        assert!(!holds(&bytes, &format!("trá{number:05}x")), "{number}");
    }
    assert!(holds(&bytes, "w00001ord"));
}

#[tokio::test]
async fn others_are_left_alone() {
    let f = fresh();
    let stranger = remember(&f, NewMemory { scope: person(8), ..memory("a") }).await;
    let own = remember(&f, memory("a")).await;
    let kept = remember(&f, memory("b")).await;
    let items = [stranger, own, MemoryId(99)].map(ItemId::Memory);
    let what = Forgetting { scopes: Some(vec![person(7)]), items: items.to_vec() };
    let forgotten = f.store.forget(what.clone(), Timestamp(1)).await.unwrap();
    assert_eq!(forgotten, Forgotten { memories: 1, messages: 0 });
    assert_eq!(f.store.forget(what, Timestamp(1)).await.unwrap(), Forgotten::default());
    let left = f.store.memories(MemoryFilter { limit: 9, ..MemoryFilter::default() }).await.unwrap();
    assert_eq!(left.iter().map(|memory| memory.id).collect::<Vec<_>>(), [kept, stranger]);
}

#[tokio::test]
async fn history_goes_with_what_took_its_place_and_can_go_alone() {
    let f = fresh();
    let mut before = Vec::new();
    for text in ["a", "b", "c", "d"] {
        let id = remember(&f, NewMemory { replaces: before.clone(), ..memory(text) }).await;
        before = vec![id];
    }
    let id = |number| ItemId::Memory(MemoryId(number));
    assert_eq!(forget(&f, &[id(2)]).await.memories, 2);
    assert_eq!(f.store.memory(MemoryId(4)).await.unwrap().unwrap().1.len(), 1);
    assert_eq!(forget(&f, &[id(4), id(3)]).await.memories, 2);
    assert_eq!(f.store.stats(Timestamp(0)).await.unwrap().memories, 0);
}

#[tokio::test]
async fn past_words_take_their_turn_along_and_nothing_that_waits() {
    let f = fresh();
    let answer = Message::assistant(vec![Block::text("yes")]);
    let one = turn(&f.store, "1", vec![said("a b c"), answer], 10).await;
    let two = turn(&f.store, "1", vec![said("d e f")], 20).await;
    let passages = vec![passage(&one, "a b", "x"), passage(&one, "c", "y"), passage(&two, "d e f", "yes")];
    f.store.index(two.messages[0], passages).await.unwrap();
    accept(&f.store, vec![message(1, "waits")], 30).await;
    assert_eq!(forget(&f, &[ItemId::Passage(PassageId(1))]).await, Forgotten { memories: 0, messages: 2 });
    let stats = f.store.stats(Timestamp(0)).await.unwrap();
    assert_eq!((stats.passages, stats.queue_depth), (1, 1));
    assert_eq!(number(&f.store, "SELECT count(*) FROM queue WHERE payload IS NULL").await, 1);
    assert_eq!(number(&f.store, "SELECT count(*) FROM passages WHERE around <> ''").await, 0);
    assert_eq!(transcript(&f.store, one.session, 1).await, [said("d e f")]);
    let again = forget(&f, &[ItemId::Passage(PassageId(1)), ItemId::Passage(PassageId(99))]).await;
    assert_eq!(again, Forgotten::default());
}

#[tokio::test]
async fn a_turn_that_runs_goes_on() {
    let f = fresh();
    accept(&f.store, vec![message(1, "a")], 1).await;
    let id = claim(&f.store, 1, 1).await.unwrap().id;
    let memory = remember(&f, NewMemory { source: Some(MemorySource::Turn(id)), ..memory("x") }).await;
    assert_eq!(forget(&f, &[ItemId::Memory(memory)]).await, Forgotten { memories: 1, messages: 0 });
    f.store.settle(settlement(id), Timestamp(2)).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_forgotten_as_a_whole_is_not_forgotten_in_part() {
    let f = fresh();
    let told = turn(&f.store, "1", vec![said("a")], 1).await;
    let source = Some(MemorySource::Message(told.messages[0]));
    let id = remember(&f, NewMemory { source, ..memory("x") }).await;
    // A row that cannot be read stands for whatever fails on the way.
    f.store
        .write(crate::writer::Durability::Now, |db| {
            Ok(db.execute("UPDATE messages SET content = 'x'", []).map(|_| ())?)
        })
        .await
        .unwrap();
    let what = Forgetting { scopes: None, items: vec![ItemId::Memory(id)] };
    let refused = f.store.forget(what, Timestamp(2)).await;
    assert!(matches!(refused, Err(StorageError::Unexpected(_))), "{refused:?}");
    assert!(f.store.memory(id).await.unwrap().is_some());
    assert_eq!(f.store.candidates(query(&["x"], None)).await.unwrap().candidates.len(), 1);
}

#[tokio::test]
async fn what_repeats_the_words_goes_too_and_others_keep_theirs() {
    let f = fresh();
    let words = "my favourite harbour town is called Zierikzee";
    let mut turns = Vec::new();
    for (chat, text) in [
        ("1", words),
        ("1", "something else"),
        ("1", "as I said, my favourite harbour town is called Zierikzee"),
    ] {
        turns.push(turn(&f.store, chat, vec![said(text)], 10 + i64::try_from(turns.len()).unwrap()).await);
    }
    let stranger = Inbound {
        sender: Sender { id: "8".into(), name: "Bob".into() },
        text: words.into(),
        ..message(2, "b")
    };
    accept(&f.store, vec![stranger], 30).await;
    let id = claim(&f.store, 2, 30).await.unwrap().id;
    let session = f.store.session(&chat(2), Timestamp(30)).await.unwrap();
    let settle = Settlement {
        session: Some(session),
        transcript: vec![said(words)],
        outbox: vec![json!(words)],
        decision: Some(Decision { memories: vec![words.into()], ..Decision::default() }),
        ..settlement(id)
    };
    f.store.settle(settle, Timestamp(31)).await.unwrap();
    let (outbox, _) = f.store.outbox_due(Timestamp(32), &["telegram".into()], &[], 9).await.unwrap();
    f.store.outbox_sent(outbox[0].id, "x", Timestamp(32)).await.unwrap();
    let theirs = f.store.transcript(session, 1).await.unwrap().messages[0].id;
    let mut passages: Vec<_> = turns.iter().map(|turn| passage(turn, words, words)).collect();
    let theirs =
        blufio_core::memory::NewPassage { message: theirs, session, scope: person(8), ..passages[0].clone() };
    passages.push(theirs.clone());
    f.store.index(theirs.message, passages).await.unwrap();

    // Entered by hand: nothing but the scope tells whose words they are.
    let id = remember(&f, memory(words)).await;
    assert_eq!(forget(&f, &[ItemId::Memory(id)]).await, Forgotten { memories: 1, messages: 2 });
    let gone = said(IN_THEIR_PLACE);
    assert_eq!(transcript(&f.store, turns[0].session, 9).await, [gone.clone(), said("something else"), gone]);
    assert_eq!(transcript(&f.store, session, 9).await, [said(words)]);
    assert_eq!(number(&f.store, "SELECT count(*) FROM passages").await, 2);
    assert_eq!(number(&f.store, "SELECT count(*) FROM passages WHERE around <> ''").await, 1);
    assert_eq!(number(&f.store, "SELECT count(*) FROM outbox").await, 1);
    assert_eq!(number(&f.store, "SELECT count(*) FROM queue WHERE payload IS NULL").await, 2);
    assert_eq!(f.store.answers(None, 9).await.unwrap()[0].decision.memories, [words]);
}

#[tokio::test]
async fn what_is_common_stays_where_others_words_are_erased_and_a_long_message_loses_its_sentence() {
    let f = fresh();
    let thanks = "Thank you very much!";
    let answer = |text: &str| Message::assistant(vec![Block::text(text)]);
    let long = "Take the train at 9.30 from platform two. As you live in Ghent, take the tram. Then walk along the \
                river for half an hour until the old mill comes into sight.";
    let named = turn(&f.store, "1", vec![said(thanks), answer("You are welcome")], 10).await;
    let other = turn(&f.store, "1", vec![said(thanks), answer(long)], 20).await;
    let mut passages = vec![passage(&named, thanks, ""), passage(&other, thanks, "")];
    passages.push(blufio_core::memory::NewPassage {
        message: other.messages[1],
        ..passage(&other, "the old mill", "")
    });
    f.store.index(other.messages[1], passages).await.unwrap();
    let source = Some(MemorySource::Turn(named.id));
    let id = remember(&f, NewMemory { source, ..memory("The person lives in Ghent") }).await;
    assert_eq!(forget(&f, &[ItemId::Memory(id)]).await, Forgotten { memories: 1, messages: 3 });
    let shorter = format!(
        "Take the train at 9.30 from platform two. {IN_THEIR_PLACE} Then walk along the river for half an hour until the old mill \
         comes into sight."
    );
    let gone = IN_THEIR_PLACE;
    assert_eq!(
        transcript(&f.store, named.session, 9).await,
        [said(gone), answer(gone), said(thanks), answer(&shorter)]
    );
    assert_eq!(number(&f.store, "SELECT count(*) FROM passages").await, 2);
    assert_eq!(number(&f.store, "SELECT count(*) FROM queue WHERE payload IS NULL").await, 1);
}

#[tokio::test]
async fn what_people_say_in_a_group_is_theirs() {
    let f = fresh();
    let words = "the harbour town is called Zierikzee";
    let session = f.store.session(&chat(3), Timestamp(1)).await.unwrap();
    accept(&f.store, vec![Inbound { private: false, ..message(3, "a") }], 1).await;
    let id = claim(&f.store, 3, 1).await.unwrap().id;
    let answer = |text: &str| Message::assistant(vec![Block::text(text)]);
    let transcript_of = vec![said(words), answer(words)];
    let settle = Settlement { session: Some(session), transcript: transcript_of, ..settlement(id) };
    f.store.settle(settle, Timestamp(2)).await.unwrap();
    let scope = blufio_core::memory::MemoryScope::Conversation(chat(3));
    let id = remember(&f, NewMemory { scope, ..memory(words) }).await;
    assert_eq!(forget(&f, &[ItemId::Memory(id)]).await, Forgotten { memories: 1, messages: 1 });
    assert_eq!(transcript(&f.store, session, 9).await, [said(words), answer(IN_THEIR_PLACE)]);
    assert_eq!(number(&f.store, "SELECT count(*) FROM queue WHERE payload IS NULL").await, 0);
}

/// What was said again in quite other words, and the second of the lines out of which a memory was learned.
#[tokio::test]
async fn every_message_in_which_it_was_said_goes_out_of_the_file_and_of_a_copy() {
    let f = fresh();
    let words = [
        "zanzibarek barks",
        "my dog is called that, quetzalik",
        "yes, him, wombatovich",
        "and the cat? purrs",
    ];
    let mut turns = Vec::new();
    for (at, text) in (10..).zip(words) {
        turns.push(turn(&f.store, "1", vec![said(text)], at).await);
    }
    let passages = turns.iter().zip(words).map(|(turn, text)| passage(turn, text, "")).collect();
    f.store.index(turns[3].messages[0], passages).await.unwrap();
    let message = |at: usize| turns[at].messages[0];
    let new = NewMemory {
        source: Some(MemorySource::Message(message(0))),
        also: vec![message(1)],
        ..memory("The person has a dog")
    };
    let lesson = |upto, memories, again| Lesson { session: turns[0].session, upto, memories, again };
    assert!(f.store.learn(lesson(message(1), vec![new], vec![]), Timestamp(20)).await.unwrap());
    let id = MemoryId(1);
    let again = vec![SaidAgain { memory: id, message: message(2) }];
    // It has become history in the same breath.
    let now = NewMemory { replaces: vec![id], ..memory("The person has a wolf") };
    assert!(f.store.learn(lesson(message(2), vec![now], again), Timestamp(21)).await.unwrap());
    assert_eq!(forget(&f, &[ItemId::Memory(MemoryId(2))]).await, Forgotten { memories: 2, messages: 3 });
    let copy = f.folder.path().join("copy.db");
    f.store.snapshot(&copy).await.unwrap();
    f.store.close();
    for file in [&copy, &f.path] {
        let bytes = std::fs::read(file).unwrap();
        for word in ["zanzibarek", "quetzalik", "wombatovich"] {
            assert!(!holds(&bytes, word), "{word} in {}", file.display());
        }
        assert!(holds(&bytes, "purrs"), "what was not meant");
    }
}
