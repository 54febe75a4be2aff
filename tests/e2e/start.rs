// SPDX-License-Identifier: MIT OR Apache-2.0
//! When `serve` does not start, it says why, and with which exit code.

use crate::house::{ADA, House};

#[tokio::test]
async fn a_second_daemon_on_the_same_state_is_refused_and_the_first_is_named() {
    let house = House::start().await;
    let second = house.blufio(&["serve"], "").await;
    assert_eq!(second.code, 1, "{second:?}");
    assert!(second.stderr.contains(&format!("(process {})", house.pid())), "{second:?}");
    assert_eq!(house.ask(ADA, "Still well?").await.text, "You said: “Still well?”");
    house.assert_clean();
}

#[tokio::test]
async fn whoever_has_the_state_for_a_moment_is_waited_for() {
    let mut house = House::plan().idle().build().await;
    let database = house.database();
    std::fs::create_dir_all(database.parent().unwrap()).unwrap();
    let lock = std::fs::File::create(database.with_extension("db.lock")).unwrap();
    lock.lock().unwrap();
    house.spawn();
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    drop(lock);
    house.wait_ready().await;
    house.assert_clean();
}

#[tokio::test]
async fn missing_secrets_are_named_with_the_remedy() {
    let house = House::plan().without_secrets().idle().build().await;
    let refused = house.blufio(&["serve"], "").await;
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("blufio vault set anthropic-api-key"), "{refused:?}");
    assert!(refused.stderr.contains("ANTHROPIC_API_KEY"), "{refused:?}");
}

#[tokio::test]
async fn without_a_telegram_token_the_rest_works() {
    let mut house = House::plan().without_secrets().env("ANTHROPIC_API_KEY", "sk-ant-x").build().await;
    let status = house.blufio(&["status", "--json"], "").await.ok().json();
    assert_eq!(status["channels"], serde_json::json!(["local"]));
    house.terminate().await;
    house.set("telegram.enabled", "true");
    let refused = house.blufio(&["serve"], "").await;
    assert_eq!(refused.code, 2, "asked for, it must be there: {refused:?}");
    assert!(refused.stderr.contains("TELEGRAM_BOT_TOKEN"), "{refused:?}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let house = House::plan().set("gateway.listen", &format!("{address:?}")).idle().build().await;
    let refused = house.blufio(&["serve"], "").await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains(&address), "{refused:?}");
}

#[tokio::test]
async fn a_database_that_is_none_is_left_as_it_is() {
    let house = House::plan().idle().build().await;
    std::fs::create_dir_all(house.database().parent().unwrap()).unwrap();
    std::fs::write(house.database(), "this is a letter to my mother, not a database").unwrap();
    let refused = house.blufio(&["serve"], "").await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("not a sound Blufio database"), "{refused:?}");
    let left = std::fs::read_to_string(house.database()).unwrap();
    assert_eq!(left, "this is a letter to my mother, not a database");
}

#[tokio::test]
async fn what_the_configuration_names_and_cannot_be_used_is_wrong_configuration() {
    for (key, path) in [
        ("agent.persona_files", "/no/such/persona.md"),
        ("log.file", "/no/such/blufio.log"),
        ("store.path", "/proc/no/such/blufio.db"),
    ] {
        let value = if key.ends_with('s') { format!("[{path:?}]") } else { format!("{path:?}") };
        let house = House::plan().set(key, &value).idle().build().await;
        let refused = house.blufio(&["serve"], "").await;
        assert_eq!(refused.code, 2, "{key}: {refused:?}");
        let folder = path.rsplit_once('/').unwrap().0;
        assert!(refused.stderr.contains(key) && refused.stderr.contains(folder), "{refused:?}");
        assert_eq!(refused.stderr.matches("No such file").count(), 1, "{refused:?}");
    }
}

#[tokio::test]
async fn whoever_reads_no_further_has_enough() {
    let house = House::plan().idle().build().await;
    for arguments in [&["config", "defaults"][..], &["completions", "bash"], &["--help"], &["backup", "list"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = house.command(arguments);
        let ended = command.stdout(writer).stderr(std::process::Stdio::piped()).output().await.unwrap();
        assert_eq!(ended.status.code(), Some(0), "{arguments:?} {ended:?}");
        assert!(ended.stderr.is_empty(), "{ended:?}");
    }
}

#[tokio::test]
async fn wrong_usage_is_two() {
    let house = House::plan().idle().build().await;
    for wrong in
        [&["nonsense"][..], &[], &["serve", "--no-such-flag"], &["--config", "nowhere.toml", "status"]]
    {
        let refused = house.blufio(wrong, "").await;
        assert_eq!(refused.code, 2, "{wrong:?} {refused:?}");
    }
}

#[tokio::test]
async fn a_status_without_a_daemon_says_so() {
    let house = House::plan().idle().build().await;
    let status = house.blufio(&["status"], "").await;
    assert_eq!(status.code, 1, "{status:?}");
    assert!(status.stderr.contains("there is no state at"), "{status:?}");
    assert!(!house.database().exists(), "asking makes no state");
    house.blufio(&["vault", "init", "--passphrase-fd", "0"], "correct horse battery staple").await.ok();
    let status = house.blufio(&["status"], "").await;
    assert_eq!(status.code, 1, "{status:?}");
    assert!(status.stdout.contains("not running") && status.stdout.contains("blufio serve"), "{status:?}");
}
