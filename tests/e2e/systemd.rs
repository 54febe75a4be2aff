// SPDX-License-Identifier: MIT OR Apache-2.0
//! What systemd is told, and when.

use crate::house::{ADA, API_KEY, House, PATIENCE};
use blufio_simulator::telegram::TOKEN;
use tokio::net::UnixDatagram;

/// What the daemon tells until something with these words comes; all of it.
async fn told_until(socket: &UnixDatagram, words: &str) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    let until = tokio::time::Instant::now() + PATIENCE;
    while !told.last().is_some_and(|last| last.contains(words)) {
        let mut bytes = [0; 4096];
        let received = tokio::time::timeout_at(until, socket.recv(&mut bytes)).await;
        let count = received.unwrap_or_else(|_| panic!("waited for {words}: {told:?}")).unwrap();
        told.push(String::from_utf8_lossy(&bytes[..count]).into_owned());
    }
    told
}

fn listen(house: &mut House) -> UnixDatagram {
    let path = house.folder().join("notify.sock");
    house.env("NOTIFY_SOCKET", Some(path.to_str().unwrap()));
    UnixDatagram::bind(path).unwrap()
}

#[tokio::test]
async fn ready_is_said_when_it_is_and_stopping_when_it_stops() {
    let mut house = House::plan().idle().build().await;
    let socket = listen(&mut house);
    house.spawn();
    let told = told_until(&socket, "READY=1").await;
    assert_eq!(house.health().await.status, 200);
    assert!(told.last().unwrap().contains("STATUS=Answering on local, telegram"), "{told:?}");
    house.ask(ADA, "Hello").await;
    assert!(house.terminate().await.success());
    let told = told_until(&socket, "STOPPING=1").await;
    assert!(!told.iter().any(|told| told.contains("WATCHDOG=1")), "nobody asked for it: {told:?}");
    house.assert_clean();
}

#[tokio::test]
async fn while_the_state_is_opened_more_time_is_asked_for() {
    let mut house = House::plan().idle().build().await;
    let database = house.database();
    std::fs::create_dir_all(database.parent().unwrap()).unwrap();
    let lock = std::fs::File::create(database.with_extension("db.lock")).unwrap();
    lock.lock().unwrap();
    let socket = listen(&mut house);
    house.spawn();
    let told = told_until(&socket, "STATUS=opening the state").await;
    assert!(told.last().unwrap().contains("EXTEND_TIMEOUT_USEC="), "{told:?}");
    drop(lock);
    told_until(&socket, "READY=1").await;
    house.assert_clean();
}

#[tokio::test]
async fn a_sealed_daemon_is_not_ready_and_asks_for_time() {
    let mut house = House::plan().without_secrets().idle().build().await;
    let passphrase = "correct horse battery staple";
    house.blufio(&["vault", "init", "--passphrase-fd", "0"], passphrase).await.ok();
    let folder = house.credentials(&[("vault-passphrase", passphrase)]);
    let given = [("CREDENTIALS_DIRECTORY", folder.as_str())];
    house.blufio_with(&["vault", "set", "anthropic-api-key"], API_KEY, &given).await.ok();
    house.blufio_with(&["vault", "set", "telegram-bot-token"], TOKEN, &given).await.ok();
    let socket = listen(&mut house);
    house.spawn();
    let told = told_until(&socket, "STATUS=sealed").await;
    assert!(told.last().unwrap().contains("EXTEND_TIMEOUT_USEC="), "{told:?}");
    assert!(!told.iter().any(|told| told.contains("READY=1")), "{told:?}");
    house.blufio(&["vault", "unseal", "--passphrase-fd", "0"], passphrase).await.ok();
    told_until(&socket, "READY=1").await;
    assert_eq!(house.health().await.status, 200);
    house.assert_clean();
}

#[tokio::test]
async fn who_tells_of_a_machine_waits_for_a_missing_secret_also_without_a_vault() {
    let mut house = House::plan().without_secrets().serve(&["--notices", "problems"]).idle().build().await;
    std::fs::write(house.folder().join("problems"), "secrets/anthropic-key: no secret has this name")
        .unwrap();
    let socket = listen(&mut house);
    house.spawn();
    let told = told_until(&socket, "STATUS=there is no anthropic-api-key").await;
    assert!(told.last().unwrap().contains("EXTEND_TIMEOUT_USEC="), "{told:?}");
    assert!(!told.iter().any(|told| told.contains("READY=1")), "{told:?}");
    house.wait_health("the notice", |answer| answer.body.contains("secrets/anthropic-key")).await;
    let status = house.blufio(&["status"], "").await;
    assert_eq!(status.code, 1, "{status:?}");
    for words in ["there is no anthropic-api-key: run `blufio vault set", "no secret has this name"] {
        assert!(status.stdout.contains(words), "{status:?}");
    }

    let passphrase = "correct horse battery staple";
    house.blufio(&["vault", "init", "--passphrase-fd", "0"], passphrase).await.ok();
    house.blufio(&["vault", "set", "anthropic-api-key"], API_KEY).await.ok();
    told_until(&socket, "READY=1").await;
    assert_eq!(house.health().await.status, 200);
    house.assert_clean();
}

#[tokio::test]
async fn the_watchdog_is_fed_in_time_also_while_the_vault_is_closed_again() {
    let mut house = House::plan().env("WATCHDOG_USEC", "1000000").idle().build().await;
    let socket = listen(&mut house);
    house.spawn();
    told_until(&socket, "READY=1").await;
    let fed = async || {
        told_until(&socket, "WATCHDOG=1").await;
        let began = std::time::Instant::now();
        for _ in 0..4 {
            told_until(&socket, "WATCHDOG=1").await;
        }
        let took = began.elapsed().as_secs_f64();
        assert!((1.0..3.9).contains(&took), "four beats within four times the limit: {took}");
    };
    fed().await;
    house.blufio(&["vault", "init", "--passphrase-fd", "0"], "correct horse battery staple").await.ok();
    house.blufio(&["vault", "seal"], "").await.ok();
    told_until(&socket, "STATUS=sealed").await;
    fed().await;
    house.assert_clean();
}

#[tokio::test]
async fn under_the_journal_lines_carry_their_level_and_no_time() {
    let house = House::plan().env("JOURNAL_STREAM", "8:1234").build().await;
    let log = house.log();
    assert!(log.lines().all(|line| line.starts_with("<6>") || line.starts_with("<7>")), "{log}");
    house.assert_clean();
}
