// SPDX-License-Identifier: MIT OR Apache-2.0
//! On trial the daemon is whole and silent; when it may stay, it begins to work.

use crate::house::{ADA, House};
use serde_json::json;
use std::time::Duration;
use tokio::net::UnixDatagram;

/// Named from the daemon's working folder, which is the house's.
const FILE: &str = "trial";

async fn on_trial() -> House {
    let mut house = House::plan().serve(&["--trial", FILE]).idle().build().await;
    std::fs::write(house.folder().join(FILE), "").unwrap();
    house.spawn();
    house.wait_health("the trial", |answer| answer.json()["trial"] == true).await;
    house
}

#[tokio::test]
async fn on_trial_nothing_is_received_and_when_it_is_over_everything_is_answered() {
    let mut house = on_trial().await;
    house.say(ADA, "Is anybody there?");
    let health = house.health().await;
    assert_eq!(health.status, 503);
    let said = health.json();
    assert_eq!(
        (&said["live"], &said["ready"], &said["sealed"]),
        (&json!(true), &json!(false), &json!(false))
    );
    assert!(said["reason"].as_str().unwrap().starts_with("on trial: "), "{said}");
    let status = house.blufio(&["status"], "").await;
    assert!(status.code == 1 && status.stdout.contains("on trial"), "{status:?}");
    let shell = house.blufio(&["shell", "--message", "Hello"], "").await;
    assert_ne!(shell.code, 0, "the machine's own shell is no way around it: {shell:?}");

    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!((house.sim.telegram.count_messages(), house.calls()), (0, 0));
    assert!(house.sim.telegram.calls().is_empty(), "Telegram was asked for something");
    let store = house.blufio(&["status", "--json"], "").await.json()["store"].clone();
    assert_eq!(store["queue_depth"], 0);
    // As if this version had brought its schema.
    let database = house.database();
    let beside = |kind: &str| database.with_extension(format!("db.{kind}-v{}", store["schema_version"]));
    std::fs::write(beside("before"), "").unwrap();
    assert!(!beside("begun").exists());

    let pid = house.pid();
    std::fs::remove_file(house.folder().join(FILE)).unwrap();
    house.wait_ready().await;
    assert_eq!(house.replies(ADA, 1).await[0].text, "You said: “Is anybody there?”");
    assert!(beside("begun").exists(), "whoever goes back now must know that it has worked");
    assert_eq!((house.pid(), house.health().await.json()["trial"].clone()), (pid, json!(false)));
    house.assert_clean();
}

#[tokio::test]
async fn systemd_is_told_that_it_is_ready_and_a_stop_ends_it_at_once() {
    let mut house = House::plan().serve(&["--trial", FILE]).idle().build().await;
    std::fs::write(house.folder().join(FILE), "").unwrap();
    let path = house.folder().join("notify.sock");
    house.env("NOTIFY_SOCKET", Some(path.to_str().unwrap()));
    let socket = UnixDatagram::bind(path).unwrap();
    house.spawn();
    let ready = async {
        loop {
            let mut bytes = [0; 4096];
            let count = socket.recv(&mut bytes).await.unwrap();
            let told = String::from_utf8_lossy(&bytes[..count]).into_owned();
            if told.contains("READY=1") {
                return told;
            }
        }
    };
    let told = tokio::time::timeout(crate::house::PATIENCE, ready).await.expect("it says that it is ready");
    assert!(told.contains("STATUS=on trial"), "{told}");
    assert!(house.terminate().await.success());
    house.assert_clean();
}

#[tokio::test]
async fn without_the_file_there_is_no_trial() {
    let house = House::plan().serve(&["--trial", FILE]).build().await;
    assert_eq!(house.ask(ADA, "Hello").await.text, "You said: “Hello”");
    std::fs::write(house.folder().join(FILE), "").unwrap();
    assert_eq!(house.ask(ADA, "And now?").await.text, "You said: “And now?”");
    house.assert_clean();
}

#[tokio::test]
async fn notices_about_the_machine_are_shown_as_they_come_and_go() {
    let mut house = House::plan().serve(&["--notices", "problems"]).idle().build().await;
    let file = house.folder().join("problems");
    std::fs::write(&file, "blufio.toml, line 3: unknown key\n\nno network \u{1b}[31m\n").unwrap();
    house.spawn();
    let shown = json!(["blufio.toml, line 3: unknown key", "no network  [31m"]);
    let health = house.wait_health("both notices", |answer| answer.json()["notices"] == shown).await;
    assert!(health.status == 200 || health.json()["ready"] == false, "notices are no reason not to be ready");
    house.wait_ready().await;
    let status = house.blufio(&["status"], "").await.ok();
    assert!(status.stdout.contains("notice      blufio.toml, line 3: unknown key"), "{status:?}");
    std::fs::remove_file(file).unwrap();
    house.wait_health("no notice", |answer| answer.json()["notices"] == json!([])).await;
    house.assert_clean();
}
