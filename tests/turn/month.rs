// SPDX-License-Identifier: MIT OR Apache-2.0
//! A month in the background, with the real adapter against the stand-in of its provider: the calls are counted where
//! they arrive, and the ledger is held against the bill.

use crate::vigil::*;
use blufio_agent::AgentOptions;
use blufio_anthropic::{Anthropic, AnthropicOptions, ModelTable};
use blufio_core::money::NanoUsd;
use blufio_core::secret::SecretString;
use blufio_core::storage::*;
use blufio_core::time::Timestamp;
use blufio_net::{Net, NetOptions, Redactor};
use blufio_simulator::Simulator;
use blufio_simulator::anthropic::Fault;
use std::sync::Arc;

const HALF_AN_HOUR: std::time::Duration = std::time::Duration::from_secs(30 * 60);

/// An agent that watches a list, and the stand-in that it asks.
async fn month(enabled: bool) -> (Vigil, Simulator) {
    let simulator = Simulator::start(None).await.unwrap();
    let origins = NetOptions { loopback_origins: vec![simulator.anthropic_addr()], ..NetOptions::default() };
    let net = Net::new(origins, Arc::new(Redactor::new())).unwrap();
    let options = AnthropicOptions {
        max_retries: 0,
        ..AnthropicOptions::new(
            simulator.anthropic_url().parse().unwrap(),
            SecretString::new("sk-ant-x".into()),
        )
    };
    let change = |options: &mut AgentOptions| {
        options.heartbeat.enabled = enabled;
        options.heartbeat.watch = vec!["/srv/list.txt".into()];
        options.heartbeat.model = "claude-haiku-5-5".into();
    };
    // After the day from which the table's newest prices hold.
    let mut vigil = Vigil::begin(berlin("2026-11-01T00:00"), change).await;
    vigil.ask(Arc::new(Anthropic::new(net, options, ModelTable::builtin().unwrap()).unwrap()));
    (vigil, simulator)
}

/// The list changes each day at ten, and the stand-in's model repeats what it says.
fn changes_daily(vigil: &Vigil) {
    vigil.world.shows(|_, now| {
        let day = wall_clock(Timestamp(now.0 - 10 * 3_600_000)).0;
        Ok(format!("[sim:say The list is as of {day}.]"))
    });
}

#[tokio::test]
async fn a_month_costs_nothing_at_the_provider_while_it_is_off_or_nothing_changes() {
    let (mut off, nobody) = month(false).await;
    changes_daily(&off);
    off.walk(30 * DAY, HALF_AN_HOUR).await;
    let (mut still, quiet) = month(true).await;
    still.walk(30 * DAY, HALF_AN_HOUR).await;
    assert!(still.world.looks() > 1_000, "it has looked: {}", still.world.looks());
    assert_eq!((nobody.anthropic.requests().len(), quiet.anthropic.requests().len()), (0, 0));
}

#[tokio::test]
async fn a_month_of_daily_changes_is_one_call_a_day_and_the_bill_is_in_the_ledger() {
    let (mut vigil, simulator) = month(true).await;
    changes_daily(&vigil);
    vigil.walk(30 * DAY, HALF_AN_HOUR).await;
    let requests = simulator.anthropic.requests();
    assert!((29..=31).contains(&requests.len()), "{} calls", requests.len());
    assert!(
        requests.iter().all(|call| call.body_json()["model"] == "claude-haiku-5-5" && call.status == 200)
    );
    assert_eq!(vigil.sent.len(), requests.len(), "each told once");
    let (lines, total) = vigil.store.costs(Timestamp(0), CostBy::Feature).await.unwrap();
    assert_eq!(lines[0].name, "heartbeat");
    assert_eq!(u64::try_from(total.cost.0).unwrap(), simulator.anthropic.bill().nano_usd);
    assert!(total.cost < NanoUsd(10_000_000_000), "within its own limit: {}", total.cost);
    println!("30 days of daily changes: {} calls, {}", requests.len(), total.cost);
}

#[tokio::test]
async fn the_providers_spend_limit_on_the_third_day_ends_the_calls_until_it_is_resumed() {
    let (mut vigil, simulator) = month(true).await;
    changes_daily(&vigil);
    vigil.walk(2 * DAY, HALF_AN_HOUR).await;
    let before = simulator.anthropic.requests().len();
    simulator.anthropic.fault(Fault::SpendLimit, 1);
    vigil.walk(12 * DAY, HALF_AN_HOUR).await;
    vigil.restart().await;
    vigil.walk(8 * DAY, HALF_AN_HOUR).await;
    assert_eq!(simulator.anthropic.requests().len(), before + 1, "refused once, and never asked again");
    vigil.store.set_standstill(None).await.unwrap();
    vigil.walk(2 * DAY, HALF_AN_HOUR).await;
    assert!(simulator.anthropic.requests().len() > before + 1, "the operator has resumed it");
}
