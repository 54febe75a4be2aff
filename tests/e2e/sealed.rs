// SPDX-License-Identifier: MIT OR Apache-2.0
//! The vault around a running daemon: sealed it waits, unsealed it works, and nothing is lost in between.

use crate::house::{ADA, API_KEY, House, Plan};
use blufio_simulator::telegram::TOKEN;

const PASSPHRASE: &str = "correct horse battery staple";

/// A house whose two secrets lie in a vault, without a daemon.
async fn with_vault(plan: Plan) -> House {
    let house = plan.without_secrets().idle().build().await;
    let made = house.blufio(&["vault", "init", "--passphrase-fd", "0"], PASSPHRASE).await.ok();
    assert!(made.stdout.contains("holds 0 secrets"), "{made:?}");
    let folder = house.credentials(&[("vault-passphrase", PASSPHRASE)]);
    let given = [("CREDENTIALS_DIRECTORY", folder.as_str())];
    for (name, value) in [("anthropic-api-key", API_KEY), ("telegram-bot-token", TOKEN)] {
        house.blufio_with(&["vault", "set", name], value, &given).await.ok();
    }
    house
}

async fn unseal(house: &House) {
    let opened = house.blufio(&["vault", "unseal", "--passphrase-fd", "0"], PASSPHRASE).await.ok();
    assert!(opened.stdout.contains("is open; it holds 2 secrets"), "{opened:?}");
}

#[tokio::test]
async fn a_sealed_daemon_waits_loses_nothing_and_goes_on_by_itself() {
    let mut house = with_vault(House::plan()).await;
    house.spawn();
    let health = house.wait_health("sealed", |answer| answer.json()["sealed"] == true).await;
    assert_eq!(health.status, 503);
    assert!(health.json()["reason"].as_str().unwrap().contains("blufio vault unseal"), "{health:?}");
    house.say(ADA, "Is anybody there?");
    let status = house.blufio(&["status"], "").await;
    assert_eq!(status.code, 4, "{status:?}");
    assert!(status.stdout.contains("sealed, 2 secrets"), "{status:?}");
    assert_eq!(house.metrics().await.get("blufio_sealed", &[]), Some(1.0));
    let refused = house.blufio(&["vault", "set", "another"], "value").await;
    assert_eq!(refused.code, 4, "{refused:?}");

    let wrong =
        house.blufio(&["vault", "unseal", "--passphrase-fd", "0"], "wrong horse battery staple").await;
    assert_eq!(wrong.code, 1, "{wrong:?}");
    assert!(wrong.stderr.contains("does not open the vault"), "{wrong:?}");
    assert_eq!(house.health().await.json()["sealed"], true);
    assert_eq!((house.sim.telegram.count_messages(), house.calls()), (0, 0));

    unseal(&house).await;
    house.wait_ready().await;
    let answer = house.replies(ADA, 1).await.swap_remove(0);
    assert_eq!(answer.text, "You said: “Is anybody there?”");

    house.blufio(&["vault", "seal"], "").await.ok();
    house.wait_health("sealed again", |answer| answer.json()["sealed"] == true).await;
    house.say(ADA, "And now?");
    assert_eq!(house.sim.telegram.messages(ADA).len(), 1);
    unseal(&house).await;
    assert_eq!(house.replies(ADA, 2).await[1].text, "You said: “And now?”");
    house.assert_clean();
}

#[tokio::test]
async fn a_vault_whose_passphrase_is_lost_is_thrown_away_and_the_rest_goes_on() {
    let mut house = with_vault(House::plan()).await;
    let folder = house.credentials(&[]);
    house.env("CREDENTIALS_DIRECTORY", Some(&folder));
    house.spawn();
    house.wait_ready().await;
    house.ask(ADA, "The parrot is called Schnurz.").await;
    house.terminate().await;
    house.env("CREDENTIALS_DIRECTORY", None);
    house.spawn();
    house.wait_health("sealed", |answer| answer.json()["sealed"] == true).await;
    house.say(ADA, "Is anybody there?");

    let unasked = house.blufio(&["vault", "discard"], "y\n").await;
    assert!(unasked.code == 2 && unasked.stderr.contains("--yes"), "{unasked:?}");
    assert!(unasked.stderr.contains("the 2 secrets in it will be gone"), "{unasked:?}");
    assert_eq!(house.health().await.json()["sealed"], true);
    let gone = house.blufio(&["vault", "discard", "--yes"], "").await.ok();
    assert!(gone.stdout.contains("There is no vault"), "{gone:?}");
    house.wait_health("the reason", |answer| answer.body.contains("there is no anthropic-api-key")).await;
    assert_eq!(house.blufio(&["vault", "discard", "--yes"], "").await.code, 1, "there is none any more");

    let another = "another horse battery staple";
    house.blufio(&["vault", "init", "--passphrase-fd", "0"], another).await.ok();
    for (name, value) in [("telegram-bot-token", TOKEN), ("anthropic-api-key", API_KEY)] {
        house.blufio(&["vault", "set", name], value).await.ok();
    }
    house.wait_ready().await;
    assert_eq!(house.replies(ADA, 2).await[1].text, "You said: “Is anybody there?”");
    assert!(house.last_prompt().contains("Schnurz"), "the rest of the state is gone");
    house.assert_clean();
}

#[tokio::test]
async fn without_a_daemon_a_vault_is_thrown_away_too_and_what_is_handed_over_counts_again() {
    let mut house = with_vault(House::plan()).await;
    house.blufio(&["vault", "discard", "--yes"], "").await.ok();
    let folder = house.credentials(&[("anthropic-api-key", API_KEY), ("telegram-bot-token", TOKEN)]);
    std::fs::remove_file(std::path::Path::new(&folder).join("vault-passphrase")).unwrap();
    house.env("CREDENTIALS_DIRECTORY", Some(&folder));
    house.spawn();
    house.wait_ready().await;
    house.ask(ADA, "Hello").await;
    house.assert_clean();
}

#[tokio::test]
async fn a_credential_opens_the_vault_at_the_start() {
    let mut house = with_vault(House::plan()).await;
    let folder = house.credentials(&[]);
    house.env("CREDENTIALS_DIRECTORY", Some(&folder));
    house.spawn();
    house.wait_ready().await;
    assert_eq!(house.ask(ADA, "Hello").await.text, "You said: “Hello”");
    let database = std::fs::read(house.database()).unwrap();
    let holds = |words: &str| database.windows(words.len()).any(|window| window == words.as_bytes());
    assert!(!holds(API_KEY) && !holds(TOKEN) && !holds(PASSPHRASE));
    house.assert_clean();
}

#[tokio::test]
async fn a_wrong_credential_leaves_the_daemon_sealed_and_alive() {
    let mut house = with_vault(House::plan()).await;
    let folder = house.credentials(&[("vault-passphrase", "not the passphrase")]);
    house.env("CREDENTIALS_DIRECTORY", Some(&folder));
    house.spawn();
    house.wait_health("sealed", |answer| answer.json()["sealed"] == true).await;
    unseal(&house).await;
    house.wait_ready().await;
    assert_eq!(house.ask(ADA, "Hello").await.text, "You said: “Hello”");
    assert!(!house.log().contains("not the passphrase"));
    house.assert_clean();
}

#[tokio::test]
async fn a_credential_that_cannot_be_read_leaves_the_daemon_sealed_and_is_named() {
    let mut house = with_vault(House::plan()).await;
    let folder = house.credentials(&[]);
    let file = std::path::Path::new(&folder).join("vault-passphrase");
    std::fs::write(&file, [0xff, 0xfe]).unwrap();
    house.env("CREDENTIALS_DIRECTORY", Some(&folder));
    house.spawn();
    let health = house.wait_health("sealed", |answer| answer.json()["sealed"] == true).await;
    let reason = health.json()["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("blufio vault unseal") && reason.contains(file.to_str().unwrap()), "{reason}");
    unseal(&house).await;
    house.wait_ready().await;
    house.blufio(&["vault", "seal"], "").await.ok();
    let health = house.wait_health("sealed again", |answer| answer.json()["sealed"] == true).await;
    assert!(!health.body.contains("at hand"), "{health:?}");
    house.assert_clean();
}

#[tokio::test]
async fn a_secret_that_is_stored_while_the_daemon_runs_takes_effect() {
    let mut house = with_vault(House::plan()).await;
    let folder = house.credentials(&[]);
    house.env("CREDENTIALS_DIRECTORY", Some(&folder));
    house.sim.anthropic.accept_key("sk-ant-the-new-key");
    house.spawn();
    house.wait_ready().await;
    let refused = house.ask(ADA, "Hello").await;
    assert!(refused.text.contains("API key was refused"), "{refused:?}");
    house.blufio(&["vault", "set", "anthropic-api-key"], "sk-ant-the-new-key\n").await.ok();
    house.wait_ready().await;
    assert_eq!(house.ask(ADA, "And now?").await.text, "You said: “And now?”");
    let list = house.blufio(&["vault", "list"], "").await.ok();
    assert_eq!(list.stdout.lines().collect::<Vec<_>>(), ["anthropic-api-key", "telegram-bot-token"]);
    house.assert_clean_but(&["invalid x-api-key"]);
}

#[tokio::test]
async fn a_mistyped_secret_is_waited_out_and_does_not_end_the_daemon() {
    let mut house = with_vault(House::plan()).await;
    house.spawn();
    house.wait_health("sealed", |answer| answer.json()["sealed"] == true).await;
    unseal(&house).await;
    house.wait_ready().await;
    house.blufio(&["vault", "set", "telegram-bot-token"], "not a token").await.ok();
    let health = house.wait_health("a reason", |answer| answer.json()["ready"] == false).await;
    assert_eq!(health.status, 503);
    house.wait_health("the token", |answer| answer.body.contains("bot token")).await;
    house.blufio(&["vault", "set", "telegram-bot-token"], TOKEN).await.ok();
    house.wait_ready().await;
    house.ask(ADA, "Are you back?").await;
    house.assert_clean();
}

#[tokio::test]
async fn a_daemon_that_lacks_a_secret_waits_for_it() {
    let mut house = with_vault(House::plan()).await;
    house.blufio(&["vault", "remove", "anthropic-api-key"], "").await.ok();
    let folder = house.credentials(&[]);
    house.env("CREDENTIALS_DIRECTORY", Some(&folder));
    house.spawn();
    let health = house.wait_health("the reason", |answer| answer.body.contains("anthropic-api-key")).await;
    assert_eq!((health.status, &health.json()["sealed"]), (503, &false.into()));
    house.say(ADA, "Hello");
    house.blufio(&["vault", "set", "anthropic-api-key"], API_KEY).await.ok();
    house.wait_ready().await;
    assert_eq!(house.replies(ADA, 1).await[0].text, "You said: “Hello”");
    house.assert_clean();
}

#[tokio::test]
async fn a_turn_that_was_running_when_the_vault_was_closed_ends_well() {
    let mut house = with_vault(House::plan()).await;
    let folder = house.credentials(&[]);
    house.env("CREDENTIALS_DIRECTORY", Some(&folder));
    house.spawn();
    house.wait_ready().await;
    house.say(ADA, "[sim:say Done.] [sim:sleep 2]");
    house.until("the turn has begun", |telegram| !telegram.actions(ADA).is_empty()).await;
    house.blufio(&["vault", "seal"], "").await.ok();
    assert_eq!(house.replies(ADA, 1).await[0].text, "Done.");
    house.wait_health("sealed", |answer| answer.json()["sealed"] == true).await;
    house.assert_clean();
}
