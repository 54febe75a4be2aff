// SPDX-License-Identifier: MIT OR Apache-2.0
//! The commands of the chat.

use crate::house::{ADA, House};
use serde_json::{Map, Value, json};

fn fields(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

#[tokio::test]
async fn the_commands_answer_without_the_model() {
    let house = House::plan().set("agent.name", "\"Babbage\"").build().await;
    let start = house.ask(ADA, "/start").await;
    assert!(start.text.contains("I am Babbage") && start.text.contains("/help"), "{start:?}");
    let help = house.ask(ADA, "/help").await;
    assert!(["/new", "/stop", "/status"].iter().all(|command| help.text.contains(command)), "{help:?}");
    let status = house.ask(ADA, "/status").await;
    assert!(status.text.contains("claude-") && status.text.contains("undeliverable: 0"), "{status:?}");
    let unknown = house.ask(ADA, "/dance").await;
    assert!(unknown.text.contains("I do not know /dance"), "{unknown:?}");
    assert_eq!(house.calls(), 0);
    let announced: Vec<_> =
        house.sim.telegram.commands().iter().map(|command| command["command"].clone()).collect();
    for command in ["new", "stop", "status", "help"] {
        assert!(announced.iter().any(|known| known == command), "{announced:?}");
    }
    house.assert_clean();
}

#[tokio::test]
async fn new_forgets_the_thread() {
    let house = House::start().await;
    house.ask(ADA, "My dog's name is Max.").await;
    assert!(house.ask(ADA, "What is my dog's name?").await.text.contains("Max"));
    house.ask(ADA, "/new").await;
    let answer = house.ask(ADA, "What is my dog's name?").await;
    assert!(!answer.text.contains("Max"), "{answer:?}");
    house.assert_clean();
}

#[tokio::test]
async fn a_path_is_no_command() {
    let house = House::start().await;
    house.ask(ADA, "/etc/passwd is what?").await;
    assert_eq!(house.calls(), 1);
    house.assert_clean();
}

#[tokio::test]
async fn a_command_that_the_operator_forwards_is_not_the_operator_s() {
    let house = House::plan().set("budget.daily_usd", "5").build().await;
    let bob =
        json!({"type": "user", "sender_user": {"id": 8, "is_bot": false, "first_name": "Bob"}, "date": 1});
    let newer = json!({"type": "newer than this program", "date": 1});
    let like = json!({"id": 9, "is_bot": true, "first_name": "Like", "username": "like_bot"});
    let mut count = 0;
    for extra in
        [json!({ "forward_origin": bob }), json!({ "forward_origin": newer }), json!({ "via_bot": like })]
    {
        for words in ["/budget raise daily 9", "/model deep", "/new", "/stop", "!deep /new"] {
            let mut message = fields(json!({ "text": words }));
            message.extend(fields(extra.clone()));
            house.sim.telegram.send_fields(ADA, ADA, message);
            count += 1;
            house.replies(ADA, count).await;
        }
    }
    assert_eq!(house.calls(), count, "all of them are words for the model");
    let models: Vec<_> =
        house.sim.anthropic.requests().iter().map(|call| call.body_json()["model"].clone()).collect();
    assert!(models.iter().all(|model| model != "claude-opus-5-5"), "{models:?}");
    let budget = house.blufio(&["budget", "--json"], "").await.ok().json();
    for standing in budget["standings"].as_array().unwrap() {
        assert_eq!(standing["raised"], 0, "{budget:#}");
    }
    assert!(house.ask(ADA, "/model").await.text.contains("claude-sonnet-5-5 (standard, as configured)"));
    // The same words are an order where they are the operator's own.
    let raised = house.ask(ADA, "/budget raise daily 9").await.text;
    assert!(raised.contains("Raised by $9.00"), "{raised}");
    house.assert_clean();
}
