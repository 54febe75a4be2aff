// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is told in one conversation is there in another, for those whom it concerns, and gone when it is to be gone.

use crate::house::{ADA, House, Plan};
use blufio_simulator::telegram::ChatKind;

const GRACE: i64 = 1906;
const GROUP: i64 = -1_000_000_001_815;
/// What stands before what is recalled, in the prompt.
const REMEMBERED: &str = "[Remembered from earlier";

/// A house that remembers. Nothing is learned by a model unless a test wants it.
fn plan() -> Plan {
    House::plan()
        .set("memory.enabled", "true")
        .set("memory.learn", "false")
        // On a busy machine the model has to be loaded first; no test measures how long that takes.
        .set("memory.patience", "\"10s\"")
}

async fn stored(house: &House, what: &str) -> u64 {
    let status = house.blufio(&["status", "--json"], "").await.ok().json();
    status["store"][what].as_u64().unwrap()
}

/// Waits until so many messages can be found again, by their meaning too.
async fn indexed(house: &House, count: u64) {
    house.eventually("past words that can be found", async || stored(house, "passages").await >= count).await;
    house
        .eventually("their vectors", async || {
            house.metrics().await.get("blufio_embedded_sentences_total", &[]).unwrap_or(0.0) >= count as f64
        })
        .await;
}

async fn memories(house: &House) -> Vec<String> {
    let told = house.blufio(&["memory", "list", "--json"], "").await.ok().json();
    let texts = told["memories"].as_array().unwrap().iter().map(|memory| memory["text"].as_str().unwrap());
    texts.map(str::to_owned).collect()
}

#[tokio::test]
async fn told_in_one_conversation_it_is_there_in_another_after_a_restart() {
    let mut house = plan().set("telegram.operators", &format!("[{ADA}]")).build().await;
    house.ask(ADA, "My dog's name is Max.").await;
    indexed(&house, 1).await;
    house.ask(ADA, "/new").await;
    house.restart().await;
    let answer = house.ask(ADA, "What is my dog's name?").await.text;
    assert!(answer.contains("Max"), "{answer}");
    assert!(house.last_prompt().contains(REMEMBERED), "{}", house.last_prompt());
    let why = house.ask(ADA, "/why").await.text;
    assert!(why.contains("My dog's name is Max"), "{why}");
    // The operator comes by another door.
    let shell = house.blufio(&["shell", "-m", "What is my dog's name?"], "").await.ok();
    assert!(shell.stdout.contains("Max"), "{shell:?}");
    house.assert_clean();
}

#[tokio::test]
async fn it_is_found_by_its_meaning_where_no_word_is_the_same() {
    let house = plan().build().await;
    house.ask(ADA, "My dog's name is Max.").await;
    indexed(&house, 1).await;
    house.ask(ADA, "/new").await;
    house.ask(ADA, "How is the puppy called that I own?").await;
    assert!(house.last_prompt().contains("My dog's name is Max."), "{}", house.last_prompt());
    house.assert_clean();
}

#[tokio::test]
async fn what_has_nothing_to_do_with_it_brings_nothing_back() {
    let house = plan().build().await;
    house.ask(ADA, "My dog's name is Max.").await;
    house.ask(ADA, "I am allergic to peanuts, and my sister Clara lives in Porto.").await;
    indexed(&house, 2).await;
    for question in [
        "What is the capital of Australia?",
        "Write a haiku about rain.",
        "How do I reverse a list in Python?",
        "17 * 23?",
        "Translate 'good morning' into Finnish.",
        "Wie spät ist es in Tokio, wenn es hier zwölf ist?",
        "Who wrote Moby Dick?",
        "Explain TCP slow start in two sentences.",
        "What is the boiling point of water at 2,000 metres?",
        "Thanks!",
    ] {
        house.ask(ADA, "/new").await;
        house.ask(ADA, question).await;
        assert!(!house.last_prompt().contains(REMEMBERED), "{question}: {}", house.last_prompt());
    }
    house.assert_clean();
}

#[tokio::test]
async fn remember_that_is_kept_at_once_and_listed_and_shown() {
    let house = plan().build().await;
    let told = house.ask(ADA, "Remember that my bicycle's lock opens with the small key.").await.text;
    let listed = memories(&house).await;
    assert!(
        listed.iter().any(|text| text.contains("small key")),
        "{told}: {listed:?}, {}",
        house.last_prompt()
    );
    let list = house.ask(ADA, "/memory").await.text;
    assert!(list.contains("small key"), "{list}");
    house.assert_clean();
}

#[tokio::test]
async fn a_conversation_that_has_gone_quiet_is_learned_from_for_one_cheap_call() {
    let house = plan().set("memory.learn", "true").set("memory.quiet", "\"1s\"").build().await;
    house.ask(ADA, "My dog's name is Max.").await;
    house.eventually("a memory", async || !memories(&house).await.is_empty()).await;
    assert!(memories(&house).await[0].contains("Max"));
    let cost = house.blufio(&["cost", "--since", "all", "--json"], "").await.ok().json();
    let line = cost["lines"].as_array().unwrap().iter().find(|line| line["name"] == "extraction").cloned();
    let line = line.expect("a line of its own in the ledger");
    assert_eq!(line["calls"], 1, "{cost:#}");
    // Nothing more is said, and nothing more is asked.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!(house.calls(), 2);
    house.assert_clean();
}

#[tokio::test]
async fn what_was_forgotten_is_in_no_file_any_more() {
    let mut house = plan().build().await;
    house.ask(ADA, "My dog's name is Xylophonius.").await;
    indexed(&house, 1).await;
    let found = house.blufio(&["memory", "search", "dog", "--json"], "").await.ok().json();
    let id = found["found"][0]["item"]["passage"]["id"].as_i64().expect("past words");
    let list = house.ask(ADA, "/forget dog").await.text;
    assert!(list.contains(&format!("p{id}")), "{list}");
    let forgotten = house.ask(ADA, &format!("/forget p{id}")).await.text;
    assert!(!forgotten.is_empty());
    let asked = house.ask(ADA, "What is my dog's name?").await.text;
    assert!(!asked.contains("Xylophonius"), "{asked}");
    assert!(!house.last_prompt().contains("Xylophonius"), "{}", house.last_prompt());
    assert_eq!(house.terminate().await.code(), Some(0));
    for file in std::fs::read_dir(house.database().parent().unwrap()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let word = b"Xylophonius";
            assert!(!bytes.windows(word.len()).any(|part| part == word), "{}", path.display());
        }
    }
    house.assert_clean();
}

#[tokio::test]
async fn nobody_is_told_what_somebody_else_has_said_in_private() {
    let house = plan().set("telegram.allowed_users", &format!("[{ADA}, {GRACE}]")).build().await;
    house.sim.telegram.user(GRACE, "Grace");
    house.ask(ADA, "My dog's name is Max.").await;
    indexed(&house, 1).await;
    house.ask(GRACE, "What is the name of the dog?").await;
    assert!(!house.last_prompt().contains("Max"), "{}", house.last_prompt());
    house.sim.telegram.chat(GROUP, ChatKind::Supergroup, "The engine room");
    let name = house.sim.telegram.bot().username;
    house.sim.telegram.send_text(GROUP, ADA, &format!("@{name} what is my dog's name?"));
    house.replies(GROUP, 1).await;
    assert!(!house.last_prompt().contains("Max"), "{}", house.last_prompt());
    house.assert_clean();
}

#[tokio::test]
async fn memories_are_kept_looked_at_exported_and_taken_in_from_the_command_line() {
    let house = plan().build().await;
    let added =
        house.blufio(&["memory", "add", "The heating is serviced by Mr Okonkwo.", "--json"], "").await;
    let id = added.ok().json()["memory"]["id"].as_i64().unwrap().to_string();
    let again = house.blufio(&["memory", "add", "the heating is serviced by Mr Okonkwo"], "").await.ok();
    assert!(again.stdout.contains("known already"), "{again:?}");
    let found = house.blufio(&["memory", "search", "who repairs the heating?"], "").await.ok();
    assert!(found.stdout.contains("Okonkwo"), "{found:?}");
    let shown = house.blufio(&["memory", "show", &id], "").await.ok();
    assert!(shown.stdout.contains("entered by hand"), "{shown:?}");
    let other = house.blufio(&["memory", "add", "The roof is new.", "--json"], "").await;
    let other = other.ok().json()["memory"]["id"].as_i64().unwrap().to_string();
    let page = house.blufio(&["memory", "list", "--before", &other, "--json"], "").await.ok().json();
    assert_eq!(page["memories"].as_array().unwrap().len(), 1, "{page}");
    house.blufio(&["memory", "forget", &other, "--yes"], "").await.ok();
    house.ask(ADA, "My dog's name is Max.").await;
    indexed(&house, 1).await;
    let file = house.folder().join("memories.json");
    let path = file.to_str().unwrap();
    house.blufio(&["memory", "export", path], "").await.ok();
    let exported: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(exported["memories"][0]["text"], "The heating is serviced by Mr Okonkwo.");
    assert_eq!(exported["past_words"][0]["text"], "My dog's name is Max.");
    house.blufio(&["memory", "forget", &id, "--yes"], "").await.ok();
    assert!(memories(&house).await.is_empty());
    let taken = house.blufio(&["memory", "import", path, "--json"], "").await.ok().json();
    assert_eq!((&taken["new"], &taken["past_words_passed_over"]), (&1.into(), &1.into()));
    assert_eq!(house.blufio(&["memory", "import", path, "--json"], "").await.ok().json()["new"], 0);
    let secret = house.blufio(&["memory", "add", "The wifi password is mango-tree-42."], "").await;
    assert_eq!(secret.code, 3, "{secret:?}");
    assert!(secret.stderr.contains("vault set"), "{secret:?}");
    let answer = house.ask(ADA, "[sim:say ok] Who repairs our heating?").await;
    assert_eq!(answer.text, "ok");
    assert!(
        house.last_prompt().contains("Okonkwo"),
        "what is for everybody is there: {}",
        house.last_prompt()
    );
    house.assert_clean();
}

#[tokio::test]
async fn what_cannot_be_done_is_said_with_the_remedy() {
    let house = plan().idle().build().await;
    for (arguments, words) in [
        (&["memory", "show", "7"][..], "blufio memory list"),
        (&["memory", "forget", "7"], "--yes"),
        (&["memory", "forget", "7", "--yes"], "nothing of that"),
        (&["memory", "show", "p7"], "m12"),
        (&["memory", "forget", "x7", "--yes"], "p34"),
        (&["memory", "add", " "], "has words"),
        (&["memory", "add", "x", "--kind", "rumour"], "preference"),
    ] {
        // There has to be a state to ask.
        house.blufio(&["memory", "add", "A first one."], "").await;
        let output = house.blufio(arguments, "").await;
        assert_eq!(output.code, 2, "{arguments:?}: {output:?}");
        assert!(output.stderr.contains(words), "{arguments:?}: {output:?}");
    }
    let file = house.folder().join("bad.json");
    std::fs::write(&file, "{\"blufio_memories\": 1, \"memories\": [{\"text\": 3}]}").unwrap();
    let output = house.blufio(&["memory", "import", file.to_str().unwrap()], "").await;
    assert_eq!(output.code, 2, "{output:?}");
    assert!(output.stderr.contains("bad.json") && output.stderr.contains("line 1"), "{output:?}");
}

#[tokio::test]
async fn a_model_that_cannot_be_used_is_told_and_words_alone_count() {
    let house = plan().set("memory.model", "\"/nowhere/model\"").build().await;
    house.ask(ADA, "My dog's name is Max.").await;
    house.eventually("past words", async || stored(&house, "passages").await >= 1).await;
    house.ask(ADA, "/new").await;
    assert!(house.ask(ADA, "What is my dog's name?").await.text.contains("Max"));
    assert!(house.log().contains("/nowhere/model"), "the log names the folder");
    house.assert_clean_but(&["memory.model"]);
}

#[tokio::test]
async fn switched_off_nothing_is_kept_and_nothing_recalled() {
    let house = House::plan().set("memory.enabled", "false").build().await;
    house.ask(ADA, "My dog's name is Max.").await;
    house.ask(ADA, "/new").await;
    house.ask(ADA, "What is my dog's name?").await;
    assert!(!house.last_prompt().contains("Max"), "{}", house.last_prompt());
    assert_eq!(stored(&house, "passages").await, 0);
    house.assert_clean();
}
