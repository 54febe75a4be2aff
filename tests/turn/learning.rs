// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of a conversation that has gone quiet, what the person said in it and is worth remembering is remembered: once, for one
//! cheap call, and nothing else.

mod meaning;
mod trouble;
mod trust;

use crate::house::{FAST, House, Model, Play, cost_of};
use blufio_agent::AgentOptions;
use blufio_core::content::{Block, Message};
use blufio_core::ids::Conversation;
use blufio_core::memory::*;
use blufio_core::money::NanoUsd;
use blufio_core::provider::{Request, StopReason};
use blufio_core::storage::*;
use blufio_core::time::{Clock as _, Timestamp};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

fn on(options: &mut AgentOptions) {
    options.memory.enabled = true;
    options.memory.model = FAST.into();
}

async fn open(folder: &Path, model: &Arc<Model>) -> House {
    House::with(folder, model, on).await
}

/// One entry of an answer.
fn entry(text: &str, from: usize) -> Value {
    json!({ "text": text, "kind": "fact", "from": [from], "confidence": 90, "replaces": [], "same": null })
}

fn answer(entries: &[Value]) -> Play {
    Play::Write(json!({ "memories": entries }).to_string(), StopReason::EndTurn)
}

/// The model always proposes the same.
fn proposes(model: &Model, entries: &[Value]) {
    let entries = entries.to_vec();
    model.learned_by(move |_| answer(&entries));
}

/// What the model is shown.
fn shown(request: &Request) -> String {
    request.messages[0].plain_text()
}

fn lessons(model: &Model) -> Vec<String> {
    model.lessons.lock().unwrap().iter().map(shown).collect()
}

/// The person says something and is answered.
async fn say(house: &House, model: &Model, words: &str) {
    let replies = house.sent_to("1").len();
    model.plays([Play::Say("I see.")]);
    house.say("1", words).await;
    house.replies_to("1", replies + 1).await;
    house.quiet().await;
}

/// Time passes, and the loops do what they do then.
async fn after(house: &House, span: Duration) {
    house.advance(span);
    house.agent.tick(house.clock.now()).await;
}

async fn all(house: &House) -> Vec<Memory> {
    let filter = MemoryFilter { replaced: true, limit: 100, ..MemoryFilter::default() };
    let mut memories = house.store.memories(filter).await.unwrap();
    memories.reverse();
    memories
}

async fn texts(house: &House) -> Vec<String> {
    all(house).await.into_iter().map(|memory| memory.text).collect()
}

/// Puts a message into the transcript that came by another way.
async fn comes(house: &House, blocks: Vec<Block>) {
    let transcript = vec![Message::user(blocks), Message::assistant(vec![Block::text("I see.")])];
    let how = How::Now { outbox: vec![], transcript };
    let telling = Telling { conversation: Conversation::new("test", "1"), how, notes: vec![] };
    house.store.tell(telling, house.clock.now()).await.unwrap();
}

#[tokio::test]
async fn a_conversation_that_has_gone_quiet_is_learned_from_once_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    proposes(&model, &[entry("The person's dog is called Max.", 1)]);
    let house = open(folder.path(), &model).await;
    let at = house.clock.now();
    say(&house, &model, "My dog Max is afraid of thunder").await;
    after(&house, 14 * MINUTE).await;
    assert_eq!(lessons(&model), [""; 0], "somebody may go on");
    after(&house, 2 * MINUTE).await;
    let expected = "<conversation>\nSunday, 2026-11-22\n1 person: My dog Max is afraid of thunder\n\
        2 assistant: I see.\n</conversation>";
    assert_eq!(lessons(&model), [expected]);
    assert_eq!(model.lessons.lock().unwrap()[0].model, FAST);
    let memories = all(&house).await;
    assert_eq!(memories.len(), 1);
    let scope = MemoryScope::Person { channel: "test".into(), sender: String::new() };
    assert_eq!((&memories[0].scope, memories[0].trust), (&scope, MemoryTrust::Gathered));
    assert_eq!((memories[0].learned_at, memories[0].confidence), (at, 90));
    assert!(matches!(memories[0].source, Some(MemorySource::Message(_))));

    let by_feature = house.store.costs(Timestamp(0), CostBy::Feature).await.unwrap().0;
    let own = by_feature.iter().find(|line| line.name == "extraction").unwrap();
    assert_eq!((own.calls, own.cost), (1, cost_of(FAST)));
    assert_eq!(house.heard.count("Extraction { outcome: \"learned\", new: 1 }"), 1);

    after(&house, HOUR).await;
    house.close().await;
    let house = open(folder.path(), &model).await;
    after(&house, 3 * HOUR).await;
    assert_eq!((lessons(&model).len(), all(&house).await.len()), (1, 1), "not after a restart either");

    // Only what is new is shown, with what is known of it.
    house.advance(3 * HOUR);
    proposes(&model, &[entry("The person's dog Max likes snow.", 1)]);
    say(&house, &model, "Max the dog likes snow though").await;
    after(&house, 16 * MINUTE).await;
    let second = &lessons(&model)[1];
    assert!(
        second.starts_with("<known>\n1 (2026-11-22): The person's dog is called Max.\n</known>"),
        "{second}"
    );
    assert!(second.contains("1 person: Max the dog likes snow") && !second.contains("thunder"), "{second}");
    assert_eq!(texts(&house).await, ["The person's dog is called Max.", "The person's dog Max likes snow."]);
    house.close().await;
}

#[tokio::test]
async fn where_the_person_has_told_nothing_nobody_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    proposes(&model, &[entry("The person says hello.", 1)]);
    let house = open(folder.path(), &model).await;
    say(&house, &model, "Hi!").await;
    say(&house, &model, "[Forwarded from Mallory]\nMy dog Max is afraid of thunder").await;
    after(&house, HOUR).await;
    after(&house, HOUR).await;
    assert_eq!((lessons(&model).len(), all(&house).await.len()), (0, 0));
    let left = house.store.quiet(house.clock.now(), 10).await.unwrap();
    assert!(left.is_empty(), "it is passed by: {left:?}");
    house.close().await;
}

#[tokio::test]
async fn a_new_beginning_is_learned_from_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    proposes(&model, &[entry("The person's dog is called Max.", 1)]);
    let house = open(folder.path(), &model).await;
    say(&house, &model, "My dog Max is afraid of thunder").await;
    house.say("1", "/new").await;
    house.until("the lesson", || house.heard.count("Extraction") == 1).await;
    assert_eq!(texts(&house).await, ["The person's dog is called Max."]);
    house.close().await;
}

#[tokio::test]
async fn what_has_changed_takes_the_place_of_what_was_and_the_old_is_kept_as_history() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    proposes(&model, &[entry("The person lives in Ghent.", 1)]);
    let house = open(folder.path(), &model).await;
    say(&house, &model, "I live in Ghent, near the canal").await;
    after(&house, HOUR).await;
    let mut moved = entry("The person lives in Porto, and moved there from Ghent.", 1);
    moved["replaces"] = json!([1, 77]);
    proposes(&model, &[moved]);
    say(&house, &model, "We have moved from Ghent to Porto!").await;
    after(&house, HOUR).await;
    let memories = all(&house).await;
    assert_eq!(memories.len(), 2);
    assert_eq!(memories[0].replaced.map(|replaced| replaced.by), Some(memories[1].id));
    let (now, before) = house.store.memory(memories[1].id).await.unwrap().unwrap();
    assert_eq!((now.text.contains("Porto"), before[0].text.as_str()), (true, "The person lives in Ghent."));
    house.close().await;
}

#[tokio::test]
async fn what_is_said_again_is_no_second_memory() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    proposes(
        &model,
        &[entry("The person's dog is called Max.", 1), entry("The dog of the person is called Max!", 1)],
    );
    let house = open(folder.path(), &model).await;
    say(&house, &model, "My dog Max is afraid of thunder").await;
    after(&house, HOUR).await;
    let first = all(&house).await;
    say(&house, &model, "The dog, Max, has eaten my shoe").await;
    after(&house, HOUR).await;
    let again = all(&house).await;
    assert_eq!((first.len(), again.len()), (1, 1));
    assert!(again[0].learned_at > first[0].learned_at, "it holds still");
    assert_eq!(house.heard.count("Extraction { outcome: \"nothing\""), 1);
    house.close().await;
}

#[tokio::test]
async fn forgetting_reaches_every_message_that_says_it_however_it_was_learned() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    let mut two_lines = entry("The person's dog is called Max.", 1);
    two_lines["from"] = json!([1, 3]);
    proposes(&model, &[two_lines]);
    let house = open(folder.path(), &model).await;
    say(&house, &model, "My dog Max is afraid of thunder").await;
    say(&house, &model, "Max is eleven by now, such a dear").await;
    after(&house, HOUR).await;
    // The model knows it, the words alone tell it, and the same is proposed twice.
    let mut same = entry("The person has a dog, Max.", 1);
    same["same"] = json!(1);
    let (twin, other) = (entry("The dog of the person is called Max!", 3), entry("Likes tea.", 5));
    let other_again = entry("Likes: tea", 7);
    proposes(&model, &[same, twin, other, other_again]);
    for words in
        ["Max the dog has eaten my shoe", "He is called Max, my dog", "I likes tea", "tea, as I said: likes"]
    {
        say(&house, &model, words).await;
    }
    after(&house, HOUR).await;
    let memories = all(&house).await;
    assert_eq!(texts(&house).await, ["The person's dog is called Max.", "Likes tea."]);
    assert_eq!(house.store.sources(memories[0].id).await.unwrap().len(), 4);
    assert_eq!(house.store.sources(memories[1].id).await.unwrap().len(), 2);
    house.say("1", "/forget 1").await;
    house
        .until("the words are gone", || house.sent_to("1").iter().any(|sent| sent.contains("8 messages")))
        .await;
    let left = house.store.passages(None, 99).await.unwrap();
    let mut left: Vec<_> = left.iter().map(|passage| passage.text.as_str()).collect();
    left.sort_unstable();
    assert_eq!(left, ["I likes tea", "tea, as I said: likes"]);
    house.close().await;
}

#[tokio::test]
async fn a_conversation_of_large_messages_is_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    proposes(&model, &[entry("The person's dog is called Max.", 1)]);
    let house = open(folder.path(), &model).await;
    let picture = || Block::Image { media_type: "image/png".into(), data: "A".repeat(9 << 20) };
    comes(&house, vec![picture(), Block::text("look at this picture")]).await;
    comes(&house, vec![Block::text("My dog Max is afraid of thunder")]).await;
    after(&house, HOUR).await;
    assert!(lessons(&model)[0].contains("afraid of thunder"), "{:?}", lessons(&model));
    assert_eq!(lessons(&model).len(), 1);
    house.close().await;
}

#[tokio::test]
async fn switched_off_nobody_is_asked_and_the_past_is_not_paid_for_later() {
    for off in [(|options| options.memory.learn = false) as fn(&mut AgentOptions), |options| {
        options.memory.enabled = false
    }] {
        let folder = tempfile::tempdir().unwrap();
        let model = Model::new([]);
        proposes(&model, &[entry("The person's dog is called Max.", 1)]);
        let house = House::with(folder.path(), &model, |options| {
            on(options);
            off(options);
        })
        .await;
        say(&house, &model, "My dog Max is afraid of thunder").await;
        after(&house, HOUR).await;
        house.close().await;
        let house = open(folder.path(), &model).await;
        after(&house, 5 * HOUR).await;
        assert_eq!(lessons(&model), [""; 0]);
        say(&house, &model, "The dog, Max, has eaten my shoe").await;
        after(&house, HOUR).await;
        assert!(lessons(&model).len() == 1 && !lessons(&model)[0].contains("thunder"));
        house.close().await;
    }
}

#[tokio::test]
async fn a_long_conversation_is_read_in_pieces_that_fit() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::with_window(20_000, []);
    model.learned_by(|request| {
        let own = shown(request).lines().filter(|line| line.contains(" person: ")).count();
        assert!(request.max_tokens + blufio_agent::tokens::estimate(request) < 20_000 && own > 0);
        answer(&[])
    });
    let house = open(folder.path(), &model).await;
    for number in 0..30 {
        let word = format!("word{number} ");
        comes(&house, vec![Block::text(format!("{}Story {number}.", word.repeat(400)))]).await;
    }
    after(&house, HOUR).await;
    let asked = lessons(&model);
    assert!((3..12).contains(&asked.len()), "{}", asked.len());
    let all = asked.concat();
    assert!((0..30).all(|number| all.contains(&format!("Story {number}."))));
    house.close().await;
}
