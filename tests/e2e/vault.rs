// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio vault` without a daemon: exit codes, refusals that change nothing, and secrets that leave the configuration.

use crate::house::{ADA, House};

const PASSPHRASE: &str = "correct horse battery staple";
const INIT: [&str; 4] = ["vault", "init", "--passphrase-fd", "0"];

#[tokio::test]
async fn refusals_have_their_exit_codes_and_change_nothing() {
    let house = House::plan().idle().build().await;
    let none = house.blufio(&["vault", "status"], "").await.ok();
    assert!(none.stdout.contains("There is no vault"), "{none:?}");
    assert_eq!(house.blufio(&["vault", "set", "name"], "value").await.code, 2, "there is no vault yet");
    assert_eq!(house.blufio(&["vault", "init"], PASSPHRASE).await.code, 2, "nobody to ask");
    assert_eq!(house.blufio(&INIT, "short").await.code, 3, "too weak");
    house.blufio(&INIT, PASSPHRASE).await.ok();
    assert_eq!(house.blufio(&INIT, PASSPHRASE).await.code, 1, "there is one already");

    let right = house.credentials(&[("vault-passphrase", PASSPHRASE)]);
    let right = [("CREDENTIALS_DIRECTORY", right.as_str())];
    house.blufio_with(&["vault", "set", "one"], "the value", &right).await.ok();
    let wrong =
        house.blufio(&["vault", "set", "two", "--passphrase-fd", "0"], "wrong horse battery staple").await;
    assert_eq!(wrong.code, 1, "{wrong:?}");
    assert_eq!(house.blufio_with(&["vault", "set", "Bad Name"], "x", &right).await.code, 2);
    assert_eq!(house.blufio(&["vault", "remove", "two"], "").await.code, 2);
    assert_eq!(
        house.blufio(&["vault", "unseal", "--passphrase-fd", "0"], PASSPHRASE).await.code,
        1,
        "no daemon"
    );
    let list = house.blufio(&["vault", "list", "--json"], "").await.ok();
    assert_eq!(list.json()["secrets"].as_array().unwrap().len(), 1, "{list:?}");
    assert!(!list.stdout.contains("the value"));
}

#[tokio::test]
async fn a_new_passphrase_takes_the_place_of_the_old_one() {
    let house = House::plan().idle().build().await;
    house.blufio(&INIT, PASSPHRASE).await.ok();
    let folder = house.credentials(&[("vault-passphrase", PASSPHRASE)]);
    let given = [("CREDENTIALS_DIRECTORY", folder.as_str())];
    house.blufio_with(&["vault", "set", "one"], "the value", &given).await.ok();
    let rotate = ["vault", "rotate", "--new-passphrase-fd", "0"];
    let rotated = house.blufio_with(&rotate, "staple battery horse correct", &given).await.ok();
    assert!(rotated.stdout.contains("blufio-keep-passphrase"), "{rotated:?}");
    assert_eq!(house.blufio_with(&["vault", "set", "two"], "x", &given).await.code, 1, "the old one is void");
    house.credentials(&[("vault-passphrase", "staple battery horse correct")]);
    house.blufio_with(&["vault", "set", "two"], "x", &given).await.ok();
}

#[tokio::test]
async fn a_secret_in_the_configuration_is_refused_and_moved_with_the_comments_kept() {
    const SECRET: &str = "sk-ant-api03-stands-in-the-file";
    let text =
        format!("# keep me\nanthropic.api_key = \"{SECRET}\" # and me\nagent.name = \"Babbage\" # too\n");
    let mut house = House::plan().without_secrets().toml(&text).idle().build().await;
    house.env("TELEGRAM_BOT_TOKEN", Some(blufio_simulator::telegram::TOKEN));
    let refused = house.blufio(&["serve"], "").await;
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(
        refused.stderr.contains("blufio vault import") && !refused.stderr.contains(SECRET),
        "{refused:?}"
    );
    assert_eq!(house.blufio(&["config", "validate"], "").await.code, 2);

    // `vault init` works although the secret stands there: it is the first half of the remedy.
    house.blufio(&INIT, PASSPHRASE).await.ok();
    let folder = house.credentials(&[("vault-passphrase", PASSPHRASE)]);
    house.env("CREDENTIALS_DIRECTORY", Some(&folder));
    assert_eq!(house.blufio(&["serve"], "").await.code, 2, "it still stands in the file");
    let moved = house.blufio(&["vault", "import"], "").await.ok();
    assert!(moved.stdout.contains("anthropic-api-key") && !moved.stdout.contains(SECRET), "{moved:?}");
    let left = std::fs::read_to_string(&house.config).unwrap();
    assert!(!left.contains(SECRET), "{left}");
    assert!(left.contains("# keep me") && left.contains("agent.name = \"Babbage\" # too"), "{left}");
    house.blufio(&["config", "validate"], "").await.ok();

    house.sim.anthropic.accept_key(SECRET);
    house.spawn();
    house.wait_ready().await;
    assert_eq!(house.ask(ADA, "Hello").await.text, "You said: “Hello”");
    house.assert_clean();
}

#[tokio::test]
async fn set_secret_moves_what_stands_in_the_file() {
    let text = "telegram.bot_token = \"123456:stands-in-the-file\"\n";
    let house = House::plan().toml(text).idle().build().await;
    house.blufio(&INIT, PASSPHRASE).await.ok();
    let moved = house
        .blufio(&["config", "set-secret", "telegram-bot-token", "--passphrase-fd", "0", "--json"], PASSPHRASE)
        .await
        .ok();
    assert_eq!(moved.json()["moved_from_files"], 1, "{moved:?}");
    assert!(!std::fs::read_to_string(&house.config).unwrap().contains("stands-in-the-file"));
    let list = house.blufio(&["vault", "list"], "").await.ok();
    assert_eq!(list.stdout.trim(), "telegram-bot-token");
}
