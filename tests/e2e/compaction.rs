// SPDX-License-Identifier: MIT OR Apache-2.0
//! Long conversations: the older part gives way to a summary, and what was said in it is still known.

use crate::house::{ADA, House};

#[tokio::test]
async fn what_was_said_long_ago_is_known_after_the_summary() {
    let house = House::plan()
        .set("context.soft_limit_tokens", "2000")
        .set("context.keep_tokens", "400")
        .build()
        .await;
    house.ask(ADA, "My dog's name is Max.").await;
    for round in 0..12 {
        house.ask(ADA, &format!("Number {round} of many. [sim:words 300]")).await;
    }
    house
        .eventually("a summary", async || {
            let cost = house.blufio(&["cost", "--since", "all", "--json"], "").await.ok().json();
            cost["lines"].as_array().unwrap().iter().any(|line| line["name"] == "compaction")
        })
        .await;
    let answer = house.ask(ADA, "What is my dog's name?").await.text;
    assert!(answer.contains("Max"), "{answer}");
    let request = house.sim.anthropic.requests().pop().unwrap().body_json();
    let messages = request["messages"].as_array().unwrap().len();
    assert!(messages < 20, "the older part is gone from the prompt: {messages} messages");
    house.assert_clean();
}

#[tokio::test]
async fn a_prompt_that_the_provider_finds_too_long_is_summarised_and_asked_once_more() {
    let house = House::plan()
        .set("routing.standard", "\"claude-haiku-4-5\"")
        // The agent believes in a larger window than the provider has.
        .set("anthropic.models.claude-haiku-4-5.context_window", "1000000")
        .set("context.soft_limit_tokens", "900000")
        .set("context.keep_tokens", "60000")
        .build()
        .await;
    house.ask(ADA, "My dog's name is Max.").await;
    let long = "word ".repeat(30_000);
    for round in 0..7 {
        let answer = house.ask(ADA, &format!("{round} {long} [sim:say Noted {round}.]")).await.text;
        assert!(answer.contains(&format!("Noted {round}.")), "{answer}");
    }
    assert_eq!(house.ask(ADA, "[sim:say Still here.]").await.text, "Still here.");
    assert!(house.last_prompt().contains("Max"), "what was said first is still known");
    let requests = house.sim.anthropic.requests();
    let too_long = requests.iter().filter(|call| call.status == 400).count();
    assert_eq!(too_long, 1, "it was refused once, and not again");
    let cost = house.blufio(&["cost", "--since", "all", "--json"], "").await.ok().json();
    let compacted = |line: &serde_json::Value| line["name"] == "compaction" && line["calls"] == 1;
    assert!(cost["lines"].as_array().unwrap().iter().any(compacted), "{cost:#}");
    house.assert_clean_but(&["too long"]);
}
