// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio healthcheck` says with its exit code whether the daemon is well, and what to do where it is not.

use crate::house::{ADA, API_KEY, House};
use serde_json::json;

const PASSPHRASE: &str = "correct horse battery staple";

#[tokio::test]
async fn a_daemon_that_runs_is_well_and_asking_often_is_cheap() {
    let house = House::plan().set("memory.enabled", "true").build().await;
    let check = house.blufio(&["healthcheck"], "").await.ok();
    for words in ["healthy: Blufio", "running", "schema 3", "a sentence was embedded in", "2 can be read"] {
        assert!(check.stdout.contains(words), "{words}: {check:?}");
    }
    let again = house.blufio(&["healthcheck", "--json"], "").await.ok().json();
    assert_eq!((&again["healthy"], &again["checkup"]["standing"]), (&json!(true), &json!("running")));
    assert!(again.to_string().contains("embedded today"), "{again}");
    let began = std::time::Instant::now();
    for _ in 0..10 {
        house.blufio(&["healthcheck"], "").await.ok();
    }
    assert!(began.elapsed().as_secs() < 20, "ten self-tests took {:?}", began.elapsed());
    assert_eq!(house.ask(ADA, "Hello").await.text, "You said: “Hello”");
    house.assert_clean();
}

#[tokio::test]
async fn where_nobody_is_the_code_is_5_and_no_state_is_made() {
    let house = House::plan().idle().build().await;
    let nobody = house.blufio(&["healthcheck"], "").await;
    assert!(nobody.code == 5 && nobody.stdout.contains("blufio serve"), "{nobody:?}");
    assert!(!house.database().exists());
    let wrong = house.blufio(&["healthcheck", "--wait", "soon"], "").await;
    assert!(wrong.code == 2 && wrong.stderr.contains("90s"), "{wrong:?}");
}

#[tokio::test]
async fn one_can_wait_for_a_daemon_that_is_only_starting() {
    let mut house = House::plan().idle().build().await;
    let began = std::time::Instant::now();
    let check = house.blufio(&["healthcheck", "--wait", "1s"], "").await;
    assert!(check.code == 5 && began.elapsed().as_secs_f64() > 0.9, "{check:?}");
    house.spawn();
    house.blufio(&["healthcheck", "--wait", "60s"], "").await.ok();
    house.wait_ready().await;
    house.assert_clean();
}

#[tokio::test]
async fn on_trial_it_is_healthy_and_a_missing_secret_is_not() {
    let mut house = House::plan().serve(&["--trial", "trial"]).idle().build().await;
    std::fs::write(house.folder().join("trial"), "").unwrap();
    house.spawn();
    let check = house.blufio(&["healthcheck", "--wait", "60s"], "").await.ok();
    assert!(check.stdout.contains("on trial"), "{check:?}");
    house.terminate().await;

    // A vault, so that the daemon waits for the secret instead of ending.
    house.blufio(&["vault", "init", "--passphrase-fd", "0"], PASSPHRASE).await.ok();
    house.env("ANTHROPIC_API_KEY", None);
    let folder = house.credentials(&[("vault-passphrase", PASSPHRASE)]);
    house.env("CREDENTIALS_DIRECTORY", Some(&folder));
    house.spawn();
    house.wait_health("the reason", |answer| answer.body.contains("anthropic-api-key")).await;
    let missing = house.blufio(&["healthcheck", "--wait", "60s"], "").await;
    assert_eq!(missing.code, 1, "{missing:?}");
    assert!(
        missing.stdout.contains("FAILED daemon") && missing.stdout.contains("blufio vault set"),
        "{missing:?}"
    );
    house.blufio(&["vault", "set", "anthropic-api-key"], API_KEY).await.ok();
    house.blufio(&["healthcheck", "--wait", "60s"], "").await.ok();
    house.assert_clean();
}

#[tokio::test]
async fn sealed_is_4_and_can_be_waited_out() {
    let mut house = House::plan().idle().build().await;
    house.blufio(&["vault", "init", "--passphrase-fd", "0"], PASSPHRASE).await.ok();
    house.spawn();
    house.wait_health("sealed", |answer| answer.json()["sealed"] == true).await;
    let sealed = house.blufio(&["healthcheck"], "").await;
    assert!(sealed.code == 4 && sealed.stdout.contains("blufio vault unseal"), "{sealed:?}");
    let (check, opened) = tokio::join!(house.blufio(&["healthcheck", "--wait", "60s"], ""), async {
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        house.blufio(&["vault", "unseal", "--passphrase-fd", "0"], PASSPHRASE).await
    });
    opened.ok();
    check.ok();
    house.wait_ready().await;
    house.assert_clean();
}
