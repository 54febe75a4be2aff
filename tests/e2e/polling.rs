// SPDX-License-Identifier: MIT OR Apache-2.0
//! Trouble with receiving: another poller, a server that is away, a token that is refused.

use crate::house::{ADA, House};
use std::time::Duration;

#[tokio::test]
async fn a_second_poller_is_borne_and_the_daemon_recovers() {
    let house = House::start().await;
    house.ask(ADA, "Before").await;
    // Another program with the same token: its long polls end ours, and ours end its.
    let url = format!("{}/bot{}/getUpdates", house.sim.telegram_url(), house.sim.telegram.token());
    let other = tokio::spawn(async move {
        let client = reqwest::Client::new();
        loop {
            let poll = client.get(&url).query(&[("timeout", "20"), ("offset", "1")]).send();
            let _ = tokio::time::timeout(Duration::from_secs(25), poll).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    house
        .eventually("the conflict is noticed", || async {
            let metrics = house.metrics().await;
            metrics
                .get("blufio_receive_failures_total", &[("class", "conflict")])
                .is_some_and(|count| count > 0.0)
        })
        .await;
    other.abort();
    let answer = house.ask(ADA, "After").await;
    assert_eq!(answer.text, "You said: “After”");
    assert_eq!(house.health().await.status, 200);
    house.assert_clean_but(&["Conflict: terminated by other getUpdates request"]);
}

#[tokio::test]
async fn a_server_that_is_away_for_a_while_costs_nothing() {
    use blufio_simulator::telegram::Fault;
    // A poll whose answer is lost takes its whole time.
    let house = House::plan().set("telegram.poll_timeout", "\"1s\"").build().await;
    let faults = [Fault::Html { status: 502 }, Fault::ResetBefore, Fault::Truncated, Fault::ResetAfter];
    for fault in faults {
        house.sim.telegram.fail("getUpdates", fault);
    }
    let answer = house.ask(ADA, "Are you there?").await;
    assert_eq!(answer.text, "You said: “Are you there?”");
    house.until("all faults were met", |telegram| telegram.faults_left() == 0).await;
    house.ask(ADA, "And now?").await;
    assert_eq!(house.sim.telegram.messages(ADA).len(), 2);
    house.assert_clean();
}

#[tokio::test]
async fn a_flood_wait_for_polls_is_kept() {
    use blufio_simulator::telegram::Fault;
    let house = House::start().await;
    house.sim.telegram.fail("getUpdates", Fault::TooManyRequests { retry_after: 2 });
    house.ask(ADA, "One").await;
    house.ask(ADA, "Two").await;
    let calls = house.sim.telegram.calls();
    let polls: Vec<_> = calls.iter().filter(|call| call.method.eq_ignore_ascii_case("getUpdates")).collect();
    let refused = polls.iter().position(|call| call.fault.is_some()).unwrap();
    let waited = polls[refused + 1].at - polls[refused].at;
    assert!(waited >= Duration::from_secs(2), "{waited:?}");
    house.assert_clean();
}

#[tokio::test]
async fn a_refused_token_makes_the_daemon_not_ready_and_the_reason_is_said() {
    let mut house =
        House::plan().env("TELEGRAM_BOT_TOKEN", "123456:a-token-that-nobody-knows").idle().build().await;
    house.spawn();
    let health = house
        .wait_health("the reason", |answer| answer.status == 503 && answer.body.contains("token"))
        .await
        .json();
    assert_eq!((&health["live"], &health["ready"]), (&true.into(), &false.into()));
    assert!(health["reason"].as_str().unwrap().contains("@BotFather"), "{health}");
    let status = house.blufio(&["status"], "").await;
    assert_eq!(status.code, 1, "{status:?}");
    assert!(status.stdout.contains("@BotFather"), "{status:?}");
    assert_eq!(house.metrics().await.get("blufio_ready", &[]), Some(0.0));
    assert!(!house.log().contains("a-token-that-nobody-knows"));
    house.assert_clean_but(&["Unauthorized"]);
}
