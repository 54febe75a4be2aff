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
async fn a_huge_tool_result_and_a_prompt_that_is_too_long_do_not_end_the_conversation() {
    // The provider takes no more than this table says, whatever the agent believes.
    let house = House::plan().set("routing.standard", "\"claude-haiku-4-5\"").build().await;
    let long = "word ".repeat(30_000);
    for round in 0..8 {
        let answer = house.ask(ADA, &format!("{round} {long} [sim:say Noted {round}.]")).await.text;
        assert!(answer.contains(&format!("Noted {round}.")), "{answer}");
    }
    let answer = house.ask(ADA, "[sim:say Still here.]").await.text;
    assert!(answer.contains("Still here."), "{answer}");
}
