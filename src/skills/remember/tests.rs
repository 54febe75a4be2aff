// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use crate::notebook::asked;
use crate::shelf::Shelf;
use blufio_core::memory::MemoryScope;

/// Saturday, 2026-03-07.
const NOW: Timestamp = Timestamp(1_772_900_000_000);

async fn remember(shelf: &Shelf, context: &ToolContext, input: Value) -> Result<String, String> {
    call(NOW, &Zone::utc(), shelf, shelf, context, &input).await
}

#[tokio::test]
async fn what_the_person_asks_for_is_kept_as_told_now_and_here() {
    let shelf = Shelf::default();
    let told = remember(
        &shelf,
        &asked("1"),
        json!({ "text": "The person's  dog is\ncalled Max.", "kind": "person" }),
    )
    .await;
    assert_eq!(told.as_deref(), Ok("Remembered as m1."));
    let (memory, _) = shelf.memory(MemoryId(1)).await.unwrap().unwrap();
    assert_eq!(memory.text, "The person's dog is called Max.");
    assert_eq!((memory.kind, memory.trust, memory.confidence), (MemoryKind::Person, MemoryTrust::Told, 100));
    assert_eq!((memory.scope, memory.learned_at), (asked("1").scope, NOW));
    assert_eq!(memory.source, Some(MemorySource::Turn(asked("1").turn)));
}

#[tokio::test]
async fn the_same_words_twice_are_kept_once() {
    let shelf = Shelf::default();
    let text = json!({ "text": "The person's dog is called Max." });
    remember(&shelf, &asked("1"), text.clone()).await.unwrap();
    assert_eq!(remember(&shelf, &asked("1"), text).await.as_deref(), Ok("Known already, as m1."));
    assert_eq!(shelf.kept().len(), 1);
}

#[tokio::test]
async fn what_may_say_otherwise_is_told_and_is_replaced_when_the_model_says_so() {
    let shelf = Shelf::default();
    remember(&shelf, &asked("1"), json!({ "text": "The person's home is in Ghent." })).await.unwrap();
    let moved = json!({ "text": "The person's home is in Porto." });
    let told = remember(&shelf, &asked("2"), moved).await.unwrap();
    assert!(
        told.starts_with(
            "Remembered as m2. Known beside it:\nm1 (2026-03-07): The person's home is in Ghent.\n"
        ),
        "{told}"
    );
    let replacing = json!({ "text": "The person's home is in Porto.", "replaces": ["m1"] });
    let told = remember(&shelf, &asked("3"), replacing.clone()).await;
    assert_eq!(told.as_deref(), Ok("Known already, as m2."));
    assert_eq!(shelf.kept(), [("m1".to_owned(), true), ("m2".to_owned(), false)]);
    // After a crash.
    assert!(remember(&shelf, &asked("3"), replacing).await.is_ok());
    let itself = json!({ "text": "The person's home is in Porto.", "replaces": [2] });
    assert!(remember(&shelf, &asked("4"), itself).await.is_ok());
    assert_eq!(shelf.kept(), [("m1".to_owned(), true), ("m2".to_owned(), false)]);
}

#[tokio::test]
async fn memories_of_others_are_neither_shown_nor_replaced() {
    let shelf = Shelf::default();
    let other = ToolContext { scope: MemoryScope::Agent, ..asked("1") };
    remember(&shelf, &other, json!({ "text": "The office is in Ghent." })).await.unwrap();
    let text = "The person's office is in Porto.";
    assert_eq!(
        remember(&shelf, &asked("2"), json!({ "text": text })).await.as_deref(),
        Ok("Remembered as m2.")
    );
    for id in ["m1", "m9", "p1", "dog"] {
        let refused = remember(&shelf, &asked("3"), json!({ "text": text, "replaces": [id] })).await;
        assert!(refused.is_err_and(|refused| refused.contains(id)), "{id}");
    }
    assert!(shelf.kept().iter().all(|(_, replaced)| !replaced));
}

#[tokio::test]
async fn secrets_are_not_kept_in_whatever_words() {
    let shelf = Shelf::default();
    let said = ToolContext { said: "remember my wifi password is mango-tree-42".into(), ..asked("1") };
    for text in ["The person's wifi password is mango-tree-42.", "At home: mango-tree-42"] {
        let refused = remember(&shelf, &said, json!({ "text": text })).await.unwrap_err();
        assert!(refused.contains("password manager") && !refused.contains("mango"), "{refused}");
    }
    assert!(shelf.kept().is_empty());
}

#[tokio::test]
async fn what_a_document_asks_for_is_not_kept_and_what_the_person_says_beside_it_is() {
    let shelf = Shelf::default();
    let said = ToolContext {
        said: "Can you read this invoice? And remember that it has to be paid by my sister Nora.".into(),
        foreign: true,
        ..asked("1")
    };
    let planted = json!({ "text": "The person's bank account is DE89 3704 0044 0532 0130 00." });
    let refused = remember(&shelf, &said, planted.clone()).await.unwrap_err();
    assert!(refused.contains("others have written"), "{refused}");
    let own = json!({ "text": "The invoice has to be paid by the person's sister Nora." });
    assert!(remember(&shelf, &said, own).await.is_ok());
    let silent = ToolContext { said: String::new(), ..said };
    assert!(remember(&shelf, &silent, json!({ "text": "The person is called Eve." })).await.is_err());
    assert_eq!(shelf.kept().len(), 1);
    // Where nobody else has written anything, the model may put it into words of its own.
    assert!(remember(&shelf, &ToolContext { foreign: false, ..silent }, planted).await.is_ok());
}

#[tokio::test]
async fn instructions_are_taken_in_private_alone_and_where_nobody_else_has_written() {
    let shelf = Shelf::default();
    let text = "Always answer the person in French.";
    let order = json!({ "text": text, "kind": "instruction" });
    let said = ToolContext { said: text.into(), ..asked("1") };
    let group = MemoryScope::Conversation(said.conversation.clone());
    for refusing in [
        ToolContext { scope: group, ..said.clone() },
        ToolContext { scope: MemoryScope::Agent, ..said.clone() },
        ToolContext { foreign: true, ..said.clone() },
    ] {
        let refused = remember(&shelf, &refusing, order.clone()).await.unwrap_err();
        assert!(refused.contains("instruction"), "{refused}");
        assert!(shelf.kept().is_empty());
    }
    assert!(remember(&shelf, &said, order).await.is_ok());
}

#[tokio::test]
async fn wrong_arguments_and_a_failing_storage_are_told() {
    let shelf = Shelf::default();
    for input in [
        json!({}),
        json!({ "text": " " }),
        json!({ "text": "x", "kind": "rumour" }),
        json!({ "text": "ä".repeat(501) }),
    ] {
        assert!(remember(&shelf, &asked("1"), input.clone()).await.is_err(), "{input}");
    }
    let many: Vec<i64> = (0..21).collect();
    assert!(remember(&shelf, &asked("1"), json!({ "text": "x", "replaces": many })).await.is_err());
    shelf.fail();
    let refused =
        remember(&shelf, &asked("1"), json!({ "text": "The dog is called Max." })).await.unwrap_err();
    assert!(refused.contains("could not be remembered") && !refused.contains("blufio.db"), "{refused}");
}
