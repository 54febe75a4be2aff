// SPDX-License-Identifier: MIT OR Apache-2.0
//! The prompt: what is the same in every turn, what it weighs, and how well the provider's cache serves it.

use crate::house::{ADA, House};
use serde_json::Value;
use std::time::Duration;

/// The part of a request's bytes that holds the tools and the system prompt, as they went over the wire.
fn fixed(body: &str) -> &str {
    let (begin, end) = (body.find("\"system\":").unwrap(), body.find(",\"messages\":").unwrap());
    let part = &body[begin..end];
    assert!(part.contains("\"tools\":") && part.contains("current_time"), "{part}");
    part
}

/// Tokens of a request that are the person's words or history, as the stand-in counts them.
fn conversation(body: &Value) -> u64 {
    let text = |text: &str| text.len().div_ceil(4) as u64;
    let block = |block: &Value| match block["type"].as_str().unwrap() {
        "text" if block["text"].as_str().unwrap().starts_with("[Now: ") => 0,
        "text" => text(block["text"].as_str().unwrap()),
        "tool_use" => text(block["name"].as_str().unwrap()) + text(&block["input"].to_string()) + 4,
        "tool_result" => text(block["content"].as_str().unwrap_or_default()) + 4,
        "thinking" => text(block["thinking"].as_str().unwrap()) + text(block["signature"].as_str().unwrap()),
        other => panic!("unexpected {other}"),
    };
    let messages = body["messages"].as_array().unwrap().iter();
    messages.map(|message| 3 + message["content"].as_array().unwrap().iter().map(block).sum::<u64>()).sum()
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
    // What each of them carries besides the conversation, by the provider's own count.
    let overhead = requests.iter().map(|call| call.billed.prompt() - conversation(&call.body_json()));
    let overhead: Vec<u64> = overhead.collect();
    let average = overhead.iter().sum::<u64>() / overhead.len() as u64;
    println!("overhead: {average} tokens on average, {} at most", overhead.iter().max().unwrap());
    assert!(average <= 3_000 && overhead.iter().all(|tokens| *tokens <= 1_000), "{overhead:?}");
    let cost = house.blufio(&["cost", "--since", "all", "--json"], "").await.ok().json();
    let own = cost["total"]["overhead_tokens_per_call"].as_u64().unwrap();
    assert!(own.abs_diff(average) <= average / 4, "the program's own estimate: {own}, not {average}");
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
