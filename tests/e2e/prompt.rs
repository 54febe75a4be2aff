// SPDX-License-Identifier: MIT OR Apache-2.0
//! The prompt: what is the same in every turn, what it weighs, and how well the provider's cache serves it.

use crate::house::{ADA, House};
use serde_json::{Value, json};
use std::time::Duration;

/// The part of a request's bytes that holds the tools and the system prompt.
fn fixed(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap();
    json!([body["tools"], body["system"]]).to_string()
}

#[tokio::test]
async fn the_static_zone_is_the_same_to_the_byte_over_fifty_turns_with_routes_tools_and_a_restart() {
    let mut house = House::plan().set("routing.mode", "\"auto\"").build().await;
    let said = [
        "hi!",
        "What time is it?",
        "Prove that there are infinitely many primes of the form 4k+3.",
        "!fast [sim:tool 2 current_time {}]",
        "Remind me tomorrow at nine to call Mum.",
        "!deep thanks",
        "Write a short note to my neighbour about the parcel.",
    ];
    for turn in 0..50 {
        house.ask(ADA, said[turn % said.len()]).await;
        if turn == 25 {
            house.restart().await;
        }
    }
    let requests = house.sim.anthropic.requests();
    assert!(requests.len() > 50);
    let models: std::collections::BTreeSet<_> =
        requests.iter().map(|call| call.body_json()["model"].to_string()).collect();
    assert_eq!(models.len(), 3, "{models:?}");
    let first = fixed(&requests[0].body);
    for call in &requests {
        assert_eq!(fixed(&call.body), first);
    }
    house.assert_clean();
}

#[tokio::test]
async fn fifty_turns_with_three_long_pauses_are_served_from_the_cache_to_85_percent() {
    let house = House::plan().set("routing.mode", "\"auto\"").build().await;
    let said = [
        "What should I cook tonight with leeks and potatoes?",
        "And what would go with that for dessert, without eggs?",
        "Write a short invitation to dinner for my neighbours.",
        "ok thanks",
        "What would you change if two of them do not eat meat?",
        "Can you make a shopping list of all this?",
        "What time is it?",
    ];
    for turn in 0..50 {
        if [12, 25, 38].contains(&turn) {
            house.sim.anthropic.advance(Duration::from_secs(2 * 3_600));
        }
        house.ask(ADA, &format!("{} [sim:words 60]", said[turn % said.len()])).await;
    }
    let ratio = house.sim.anthropic.cache_hit_ratio();
    println!("cache hit ratio {ratio:.3}");
    assert!(ratio >= 0.85, "{ratio}");
    // The program says the same of itself.
    let cost = house.blufio(&["cost", "--since", "all", "--json"], "").await.ok().json();
    let own = cost["total"]["cache_hit_ratio"].as_f64().unwrap();
    assert!((own - ratio).abs() < 1e-6, "{own} and {ratio}");
    let metric = house.metrics().await.get("blufio_prompt_cache_hit_ratio", &[]).unwrap();
    assert!((metric - ratio).abs() < 1e-6, "{metric} and {ratio}");
    house.assert_clean();
}

#[tokio::test]
async fn a_simple_message_carries_at_most_a_thousand_tokens_besides_itself() {
    let house = House::start().await;
    house.ask(ADA, "hi").await;
    let call = house.sim.anthropic.requests().pop().unwrap();
    // By the provider's own count: the whole prompt, less the two letters.
    let prompt = call.billed.prompt();
    println!("overhead {} tokens", prompt - 1);
    assert!(prompt <= 1_001, "{prompt}");
    let cost = house.blufio(&["cost", "--since", "all", "--json"], "").await.ok().json();
    let own = cost["total"]["overhead_tokens_per_call"].as_u64().unwrap();
    assert!(own.abs_diff(prompt - 1) <= prompt / 5, "the program's own estimate: {own} of {prompt}");
}
