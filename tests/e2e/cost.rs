// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ledger, held against the provider's bill.

use crate::house::{ADA, House};
use blufio_simulator::anthropic::Fault;
use serde_json::Value;

async fn cost(house: &House, by: &str) -> Value {
    house.blufio(&["cost", "--since", "all", "--by", by, "--json"], "").await.ok().json()
}

fn nanos(line: &Value) -> u64 {
    line["cost_nano_usd"].as_u64().unwrap()
}

/// Turns on three models, tools, streams that break off, in two sessions.
async fn spend(house: &House) {
    house.ask(ADA, "!fast Hello there.").await;
    house.ask(ADA, "!deep What time is it?").await;
    house.sim.anthropic.fault(Fault::OverloadedMidStream { after_events: 4 }, 1);
    house.ask(ADA, "[sim:words 300]").await;
    house.sim.anthropic.fault(Fault::Truncated { after_events: 5 }, 1);
    house.ask(ADA, "[sim:tool 3 current_time {}]").await;
    house.ask(ADA, "/new").await;
    house.ask(ADA, "And a second session.").await;
}

#[tokio::test]
async fn the_ledger_and_the_providers_bill_agree_to_the_nano_dollar_however_they_are_added_up() {
    let house = House::start().await;
    spend(&house).await;
    let bill = house.sim.anthropic.bill();
    for by in ["session", "model", "feature", "day"] {
        let report = cost(&house, by).await;
        assert_eq!(nanos(&report["total"]), bill.nano_usd, "{by}: {report:#}");
        let lines = report["lines"].as_array().unwrap();
        assert_eq!(lines.iter().map(nanos).sum::<u64>(), bill.nano_usd, "{by}: {report:#}");
        assert_eq!(report["total"]["prompt_tokens"].as_u64(), Some(bill.usage.prompt()), "{by}");
        assert_eq!(report["total"]["estimated_usd"], 0.0, "{by}");
    }
    let models = cost(&house, "model").await;
    assert_eq!(models["lines"].as_array().unwrap().len(), 3, "{models:#}");
    let sessions = cost(&house, "session").await;
    assert_eq!(sessions["lines"].as_array().unwrap().len(), 2, "{sessions:#}");
    let features = cost(&house, "feature").await;
    let names: Vec<_> =
        features["lines"].as_array().unwrap().iter().map(|line| line["name"].clone()).collect();
    assert!(names.contains(&"turn".into()) && names.contains(&"tool_loop".into()), "{features:#}");
    house.assert_clean();
}

#[tokio::test]
async fn what_was_spent_outlives_a_restart_and_is_told_in_the_chat() {
    let mut house = House::start().await;
    spend(&house).await;
    let before = cost(&house, "model").await;
    house.restart().await;
    assert_eq!(cost(&house, "model").await, before);
    let told = house.ask(ADA, "/cost").await.text;
    for words in ["oday", "month", "session", "cache"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let none = house.blufio(&["cost", "--since", "2030-01-01", "--json"], "").await.ok().json();
    assert_eq!(none["total"]["calls"], 0);
    let wrong = house.blufio(&["cost", "--since", "yesterdayish"], "").await;
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(wrong.stderr.contains("7d"), "{wrong:?}");
}

#[tokio::test]
async fn a_call_whose_end_nobody_saw_is_entered_at_its_worst_case() {
    let mut house = House::start().await;
    house.say(ADA, "Take your time. [sim:sleep 30]");
    house.eventually("the call to begin", async || house.calls() == 1).await;
    house.kill().await;
    house.set("routing.mode", "\"fast\"");
    house.spawn();
    house.wait_ready().await;
    let report = cost(&house, "feature").await;
    let bill = house.sim.anthropic.bill().nano_usd;
    assert!(report["total"]["estimated_usd"].as_f64().unwrap() > 0.0, "{report:#}");
    assert!(nanos(&report["total"]) >= bill, "{report:#}, bill {bill}");
}
