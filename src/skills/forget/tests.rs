// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use crate::notebook::asked;
use crate::remember;
use crate::shelf::Shelf;

async fn forget(shelf: &Shelf, context: &ToolContext, input: Value) -> Result<String, String> {
    call(Timestamp(0), &Zone::utc(), shelf, shelf, context, &input).await
}

/// m1 and p101 about the dog, m2 about the work; m3 is everybody's.
async fn shelf() -> Shelf {
    let shelf = Shelf::default();
    let everybodys = ToolContext { scope: MemoryScope::Agent, ..asked("0") };
    for (context, text) in [
        (asked("0"), "The person's dog is called Max."),
        (asked("0"), "The person works as a nurse."),
        (everybodys, "The dog of the house is called Rex."),
    ] {
        let input = json!({ "text": text });
        remember::call(Timestamp(0), &Zone::utc(), &shelf, &shelf, &context, &input).await.unwrap();
    }
    shelf.hear(&asked("0").scope, "Max, my dog, hates thunder");
    shelf
}

#[tokio::test]
async fn listing_deletes_nothing_and_names_what_may_be_deleted_here() {
    let shelf = shelf().await;
    let told = forget(&shelf, &asked("1"), json!({ "about": "my dog" })).await.unwrap();
    assert_eq!(
        told,
        "Nothing is deleted yet. Call forget with the `ids` of those that the person means:\n\
         m1 (1970-01-01): The person's dog is called Max.\n\
         p103 (1970-01-01): Max, my dog, hates thunder"
    );
    assert_eq!(shelf.kept().len(), 4);
    let told = forget(&shelf, &asked("1"), json!({ "about": "submarines" })).await.unwrap();
    assert!(told.starts_with("Nothing that is remembered fits."), "{told}");
}

#[tokio::test]
async fn what_the_person_meant_is_deleted_and_nothing_of_others() {
    let shelf = shelf().await;
    let told = forget(&shelf, &asked("1"), json!({ "ids": ["m1", "p103", "m3"] })).await;
    assert_eq!(told.as_deref(), Ok("Deleted for good: memories: 1, messages: 1."));
    assert_eq!(shelf.kept(), [("m2".to_owned(), false), ("m3".to_owned(), false)]);
    let again = forget(&shelf, &asked("1"), json!({ "ids": ["m1"] })).await.unwrap_err();
    assert!(again.contains("nothing was deleted"), "{again}");
}

#[tokio::test]
async fn where_others_have_written_only_what_the_persons_own_message_speaks_of_is_deleted() {
    let shelf = shelf().await;
    let said = |said: &str| ToolContext { said: said.into(), foreign: true, ..asked("1") };
    let about_the_dog = said("Read this, and forget what I told you about my dog");
    for ids in [json!(["m2"]), json!(["m1", "m2"]), json!(["p999"])] {
        let refused = forget(&shelf, &about_the_dog, json!({ "ids": ids })).await.unwrap_err();
        assert!(refused.contains("others have written") && refused.contains("/forget "), "{refused}");
    }
    assert!(forget(&shelf, &said("what does this page say?"), json!({ "ids": ["m1"] })).await.is_err());
    assert!(forget(&shelf, &said(""), json!({ "ids": ["m1"] })).await.is_err());
    assert_eq!(shelf.kept().len(), 4);
    assert!(forget(&shelf, &about_the_dog, json!({ "ids": ["m1", "p103"] })).await.is_ok());
    assert_eq!(shelf.kept().len(), 2);
}

#[tokio::test]
async fn where_nothing_may_be_deleted_that_is_told() {
    let shelf = shelf().await;
    let in_group = ToolContext { forgettable: vec![], ..asked("1") };
    for input in [json!({ "about": "dog" }), json!({ "ids": ["m1"] })] {
        let refused = forget(&shelf, &in_group, input).await.unwrap_err();
        assert!(refused.contains("only the operator"), "{refused}");
    }
    assert_eq!(shelf.kept().len(), 4);
}

#[tokio::test]
async fn wrong_arguments_and_a_failing_storage_are_told() {
    let shelf = shelf().await;
    for input in [
        json!({}),
        json!({ "about": " " }),
        json!({ "ids": [] }),
        json!({ "about": "x", "ids": ["m1"] }),
        json!({ "ids": ["max"] }),
    ] {
        let refused = forget(&shelf, &asked("1"), input).await.unwrap_err();
        assert!(refused.starts_with("wrong arguments"), "{refused}");
    }
    let many: Vec<i64> = (0..31).collect();
    assert!(forget(&shelf, &asked("1"), json!({ "ids": many })).await.is_err());
    shelf.fail();
    for input in [json!({ "about": "dog" }), json!({ "ids": ["m1"] })] {
        let refused = forget(&shelf, &asked("1"), input).await.unwrap_err();
        assert!(refused.contains("the storage failed") && !refused.contains("blufio.db"), "{refused}");
    }
}
