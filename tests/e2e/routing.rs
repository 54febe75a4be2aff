// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which model answers.

use crate::house::{ADA, House, Plan};
use blufio_simulator::anthropic::Fault;

const FAST: &str = "claude-haiku-5-5";
const STANDARD: &str = "claude-sonnet-5-5";
const DEEP: &str = "claude-opus-5-5";

fn choosy() -> Plan {
    House::plan().set("routing.mode", "\"auto\"")
}

fn last_model(house: &House) -> String {
    house.sim.anthropic.requests().last().unwrap().body_json()["model"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn easy_words_go_to_the_small_model_and_hard_ones_to_the_strong_one_in_any_language() {
    let house = choosy().build().await;
    for (said, model) in [
        ("hi!", FAST),
        ("danke dir :)", FAST),
        ("Écris un mail à mon propriétaire pour lui demander de réparer le chauffage.", STANDARD),
        ("Prove that there are infinitely many primes of the form 4k+3.", DEEP),
        ("Beweise, dass die Wurzel aus 3 irrational ist.", DEEP),
    ] {
        house.ask(ADA, "/new").await;
        house.ask(ADA, said).await;
        assert_eq!(last_model(&house), model, "{said}");
    }
    house.assert_clean();
}

#[tokio::test]
async fn a_person_can_pin_a_route_or_order_one_for_a_message() {
    let house = choosy().build().await;
    let answer = house.ask(ADA, "!deep hi!").await.text;
    assert_eq!(last_model(&house), DEEP);
    assert_eq!(answer, "You said: “hi!”", "the order is not part of what was said");
    house.ask(ADA, "/model fast").await;
    house.ask(ADA, "Prove that there are infinitely many primes.").await;
    assert_eq!(last_model(&house), FAST);
    let why = house.ask(ADA, "/why").await.text;
    for words in ["fast", FAST, "Tokens", "$"] {
        assert!(why.contains(words), "{words}: {why}");
    }
    house.ask(ADA, "/model auto").await;
    house.ask(ADA, "Prove that there are infinitely many primes of the form 4k+1.").await;
    assert_eq!(last_model(&house), DEEP);
    let why = house.blufio(&["why", "--json"], "").await.ok().json();
    assert_eq!(why[0]["decision"]["route"], "deep", "{why:#}");
    assert!(!why[0]["decision"]["reasons"].as_array().unwrap().is_empty(), "{why:#}");
    house.assert_clean();
}

#[tokio::test]
async fn an_order_holds_also_in_a_reply() {
    let house = choosy().build().await;
    let mut reply = serde_json::Map::new();
    reply.insert("text".into(), "!deep thanks!".into());
    let bot = serde_json::json!({"id": house.sim.telegram.bot().id, "is_bot": true, "first_name": "Blufio"});
    let chat = serde_json::json!({"id": ADA, "type": "private", "first_name": "Ada"});
    let original =
        serde_json::json!({"message_id": 1, "date": 1, "chat": chat, "from": bot, "text": "!fast /new"});
    reply.insert("reply_to_message".into(), original);
    house.sim.telegram.send_fields(ADA, ADA, reply);
    house.replies(ADA, 1).await;
    assert_eq!(last_model(&house), DEEP);
    let request = house.sim.anthropic.requests().last().unwrap().body.clone();
    assert!(request.contains("[In reply to you: “!fast /new”]\\nthanks!"), "{request}");
    house.assert_clean();
}

#[tokio::test]
async fn a_model_that_cannot_be_had_is_replaced_by_the_next() {
    let house = House::plan()
        .set("routing.fallback", "[\"standard\", \"fast\"]")
        .set("anthropic.max_retries", "0")
        .build()
        .await;
    house.sim.anthropic.fault(Fault::Status { status: 529 }, 1);
    let answer = house.ask(ADA, "Hello?").await.text;
    assert!(answer.contains("You said: “Hello?”"), "{answer}");
    assert!(answer.contains(FAST) || answer.to_lowercase().contains("haiku"), "it says so: {answer}");
    let models: Vec<_> =
        house.sim.anthropic.requests().iter().map(|call| call.body_json()["model"].clone()).collect();
    assert_eq!(models, [STANDARD, FAST]);
    let why = house.blufio(&["why", "--json"], "").await.ok().json();
    assert_eq!(why[0]["decision"]["answered_by"], FAST, "{why:#}");
    house.assert_clean();
}

#[tokio::test]
async fn a_nearly_spent_budget_takes_the_cheaper_model_and_says_so() {
    let house = choosy()
        // The worst case of one deep answer does not fit, that of a standard one does.
        .set("budget.daily_usd", "0.12")
        .build()
        .await;
    let answer = house.ask(ADA, "Prove that there are infinitely many primes of the form 4k+3.").await.text;
    assert_eq!(last_model(&house), STANDARD);
    assert!(answer.to_lowercase().contains("budget"), "{answer}");
    house.assert_clean();
}

#[tokio::test]
async fn a_conversation_with_tools_goes_on_on_another_model() {
    let house = choosy().build().await;
    house.ask(ADA, "!deep What time is it?").await;
    house.ask(ADA, "!fast What time is it?").await;
    house.ask(ADA, "!standard [sim:tool 2 current_time {}]").await;
    let answer = house.ask(ADA, "!deep My dog's name is Max. What is my dog's name?").await.text;
    assert!(answer.contains("Max"), "{answer}");
    house.assert_clean();
}
