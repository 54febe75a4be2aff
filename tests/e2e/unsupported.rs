// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the agent cannot read is said to the person, or passed over; it never stands in the way.

use crate::house::{ADA, House};
use serde_json::{Map, Value, json};

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("no object: {other}"),
    }
}

#[tokio::test]
async fn a_sticker_is_named_to_the_person() {
    let house = House::start().await;
    let sticker = json!({ "sticker": {
        "file_id": "AgACsimulated00000001", "file_unique_id": "uAgACsimulated00000001", "type": "regular",
        "width": 512, "height": 512, "is_animated": false, "is_video": false, "emoji": "👍", "file_size": 9000,
    }});
    house.sim.telegram.send_fields(ADA, ADA, fields(sticker));
    let answer = house.replies(ADA, 1).await.swap_remove(0);
    assert!(answer.text.contains("could not take in a sticker (👍)"), "{answer:?}");
    assert_eq!(house.calls(), 0);
    house.assert_clean();
}

#[tokio::test]
async fn a_message_of_a_kind_that_nobody_knows_is_told() {
    let house = House::start().await;
    house.sim.telegram.send_fields(ADA, ADA, fields(json!({ "hologram": { "depth": 3 } })));
    house.say(ADA, "And this?");
    house
        .until("the text is answered", |telegram| {
            telegram.messages(ADA).iter().any(|message| message.text.contains("And this?"))
        })
        .await;
    house.assert_clean();
}

#[tokio::test]
async fn unknown_updates_do_not_stand_in_the_way() {
    let house = House::start().await;
    for unknown in [
        json!({ "telepathy": { "from": { "id": ADA } } }),
        json!({ "message": { "nothing": "like a message" } }),
        json!({ "message": null }),
        json!({}),
    ] {
        house.sim.telegram.send_raw_update(fields(unknown));
    }
    let answer = house.ask(ADA, "Still there?").await;
    assert_eq!(answer.text, "You said: “Still there?”");
    house.until("all is confirmed", |telegram| telegram.pending_updates() == 0).await;
    house.assert_clean();
}

#[tokio::test]
async fn an_edit_is_no_new_message() {
    let house = House::start().await;
    let answer = house.ask(ADA, "Hello").await;
    house.sim.telegram.edit_text(ADA, answer.id - 1, "Hello!!");
    house.ask(ADA, "Next.").await;
    assert_eq!(house.calls(), 2);
    house.assert_clean();
}
