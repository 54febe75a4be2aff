// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the agent does unasked: nothing, unless it is told to and something has changed.

use crate::house::{ADA, House, Plan};
use blufio_simulator::anthropic::Fault;
use std::path::Path;
use std::time::Duration;

fn watching(file: &Path) -> Plan {
    House::plan()
        .set("heartbeat.enabled", "true")
        .set("heartbeat.interval", "\"1s\"")
        .set("heartbeat.hours", "\"00:00-24:00\"")
        .set("heartbeat.watch", &format!("[{:?}]", file.to_str().unwrap()))
}

/// Another content, all at once: a look in between sees the old one or the new one.
fn put(file: &Path, content: &str) {
    let new = file.with_extension("new");
    std::fs::write(&new, content).unwrap();
    std::fs::rename(new, file).unwrap();
}

/// Somebody has to be there who can be told; only then is looked.
async fn first_look(house: &House) {
    house.ask(ADA, "Hello?").await;
    house.eventually("the first look", async || house.log().contains("outcome=\"unchanged\"")).await;
}

#[tokio::test]
async fn switched_off_it_asks_nothing_and_switched_on_nothing_that_has_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("news.txt");
    put(&file, "nothing new");
    let off = House::start().await;
    let on = watching(&file).build().await;
    for house in [&off, &on] {
        house.ask(ADA, "Hello?").await;
    }
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!((off.calls(), on.calls()), (1, 1), "the one call is Ada's");
}

#[tokio::test]
async fn a_change_is_told_once_and_paid_from_its_own_budget() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("news.txt");
    put(&file, "nothing new");
    let house = watching(&file).build().await;
    first_look(&house).await;
    put(&file, "The bakery opens on Sunday. [sim:say The bakery opens on Sunday.]");
    let told = house.replies(ADA, 2).await;
    assert!(told[1].text.contains("bakery"), "{told:?}");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(house.calls(), 2, "and not again");
    let requests = house.sim.anthropic.requests();
    assert_eq!(requests[1].body_json()["model"], "claude-haiku-5-5");
    let cost = house.blufio(&["cost", "--since", "all", "--json"], "").await.ok().json();
    let lines = cost["lines"].as_array().unwrap();
    assert!(lines.iter().any(|line| line["name"] == "heartbeat"), "{cost:#}");
    assert_eq!(cost["total"]["cost_nano_usd"].as_u64(), Some(house.sim.anthropic.bill().nano_usd));
    house.assert_clean();
}

#[tokio::test]
async fn the_providers_spend_limit_stops_it_until_the_operator_resumes_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("news.txt");
    put(&file, "one");
    let house = watching(&file).build().await;
    first_look(&house).await;
    house.sim.anthropic.fault(Fault::SpendLimit, 1);
    put(&file, "two");
    house.eventually("the refusal", async || house.calls() == 2).await;
    for round in 0..3 {
        put(&file, &format!("more {round}"));
        tokio::time::sleep(Duration::from_millis(1_200)).await;
    }
    assert_eq!(house.calls(), 2, "nothing is asked while it stands still");
    let standing = house.blufio(&["heartbeat", "--json"], "").await.ok().json();
    assert!(standing["standstill"]["reason"].is_string(), "{standing:#}");
    house.blufio(&["heartbeat", "resume"], "").await.ok();
    house.eventually("it goes on", async || house.calls() >= 3).await;
}
