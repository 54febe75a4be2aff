// SPDX-License-Identifier: MIT OR Apache-2.0
//! Backups of a daemon at work, and the drill: the state is wrecked, a backup restored, and the conversation goes on.

use crate::house::{ADA, House};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

async fn made(house: &House) -> PathBuf {
    let made = house.blufio(&["backup", "create", "--json"], "").await.ok().json();
    PathBuf::from(made["backup"]["path"].as_str().unwrap())
}

async fn listed(house: &House) -> Vec<Value> {
    house.blufio(&["backup", "list", "--json"], "").await.ok().json()["backups"].as_array().unwrap().clone()
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

/// Files beside the state whose names begin like this.
fn kept(house: &House, kind: &str) -> Vec<PathBuf> {
    let own = beside(&house.database(), kind).display().to_string();
    let entries = house.database().parent().unwrap().read_dir().unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.display().to_string().starts_with(&own))
        .collect()
}

#[tokio::test]
async fn after_the_drill_the_conversation_goes_on_and_nothing_is_said_twice() {
    let mut house = House::start().await;
    house.ask(ADA, "The parrot is called Schnurz.").await;
    let elsewhere = house.folder().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let created = house.blufio(&["backup", "create", "--to", "elsewhere"], "").await.ok();
    assert!(created.stdout.contains("It is whole"), "{created:?}");
    let listed = listed(&house).await;
    assert_eq!(listed.len(), 1);
    let name =
        Path::new(listed[0]["path"].as_str().unwrap()).file_name().unwrap().to_str().unwrap().to_owned();
    let copy = elsewhere.join(&name);
    assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    house.blufio(&["backup", "verify", &name], "").await.ok();
    let status = house.blufio(&["status"], "").await.ok();
    assert!(status.stdout.contains("backup      ") && !status.stdout.contains("none yet"), "{status:?}");

    house.ask(ADA, "The cat is called Mau.").await;
    let refused = house.blufio(&["backup", "restore", &name], "").await;
    assert!(refused.code == 1 && refused.stderr.contains(&format!("process {}", house.pid())), "{refused:?}");
    house.kill().await;
    std::fs::write(house.database(), "wrecked").unwrap();
    // As after a disk that has failed: with it went the backups that lay on it.
    std::fs::remove_dir_all(house.database().with_file_name("backups")).unwrap();
    let refused = house.blufio(&["serve"], "").await;
    assert!(refused.code == 1 && refused.stderr.contains("Restore a backup"), "{refused:?}");

    let restored = house.blufio(&["backup", "restore", copy.to_str().unwrap()], "").await.ok();
    assert!(restored.stdout.contains("is now the state"), "{restored:?}");
    assert_eq!(
        kept(&house, ".replaced-").iter().filter(|path| !path.to_string_lossy().ends_with("-wal")).count(),
        1
    );
    house.spawn();
    house.wait_ready().await;
    assert_eq!(house.ask(ADA, "Who is who?").await.text, "You said: “Who is who?”");
    let prompt = house.last_prompt();
    assert!(prompt.contains("Schnurz") && !prompt.contains("Mau"), "{prompt}");
    assert_eq!(house.sim.telegram.messages(ADA).len(), 3);
    house.assert_clean();
}

#[tokio::test]
async fn what_was_being_answered_when_the_backup_was_made_is_not_answered_again() {
    let mut house = House::start().await;
    house.say(ADA, "[sim:say Once.] [sim:sleep 2]");
    house.until("the turn has begun", |telegram| !telegram.actions(ADA).is_empty()).await;
    let backup = made(&house).await;
    assert_eq!(house.replies(ADA, 1).await[0].text, "Once.");
    house.terminate().await;
    let restored =
        house.blufio(&["backup", "restore", backup.to_str().unwrap(), "--json"], "").await.ok().json();
    assert_eq!((&restored["unanswered"], &restored["unsent"]), (&1.into(), &0.into()));
    house.spawn();
    house.wait_ready().await;
    assert_eq!(house.ask(ADA, "[sim:say Next.]").await.text, "Next.");
    let said: Vec<_> = house.sim.telegram.messages(ADA).into_iter().map(|message| message.text).collect();
    assert_eq!(said, ["Once.", "Next."]);
    house.assert_clean();
}

#[tokio::test]
async fn the_daemon_makes_backups_by_itself_and_says_how_old_the_newest_is() {
    let house = House::plan().set("backup.every", "\"10s\"").set("backup.keep", "1").build().await;
    assert_eq!(house.metrics().await.get("blufio_backup_age_seconds", &[]), None);
    for count in [1.0, 2.0] {
        house
            .eventually("a backup", || async {
                house.metrics().await.get("blufio_backups_total", &[("outcome", "done")]) == Some(count)
            })
            .await;
    }
    assert!(house.metrics().await.get("blufio_backup_age_seconds", &[]).unwrap() < 60.0);
    assert_eq!(listed(&house).await.len(), 1);
    house.assert_clean();
}

#[tokio::test]
async fn without_a_daemon_the_command_makes_the_backup_itself() {
    let mut house = House::start().await;
    house.ask(ADA, "Hello").await;
    house.terminate().await;
    let backup = made(&house).await;
    house.blufio(&["backup", "verify", backup.to_str().unwrap()], "").await.ok();
    std::fs::write(&backup, "damaged").unwrap();
    let refused = house.blufio(&["backup", "restore", backup.to_str().unwrap()], "").await;
    assert!(refused.code == 1 && refused.stderr.contains("not a sound Blufio database"), "{refused:?}");
    house.spawn();
    house.wait_ready().await;
    let wrong = house.blufio(&["backup", "restore"], "").await;
    assert_eq!(wrong.code, 2, "{wrong:?}");
    house.assert_clean();
}

#[tokio::test]
async fn the_drill_shows_the_copy_and_not_the_running_daemon() {
    let house = House::plan().build().await;
    house.blufio(&["memory", "add", "The cat is called Mau."], "").await.ok();
    let made = house.blufio(&["backup", "create", "--json"], "").await.ok().json();
    house.blufio(&["memory", "add", "The parrot is called Schnurz."], "").await.ok();
    let place = house.folder().join("drill/blufio.db");
    let elsewhere = [("BLUFIO_STORE__PATH", place.to_str().unwrap())];
    let none = house.blufio_with(&["memory", "list"], "", &elsewhere).await;
    assert!(none.code == 1 && none.stderr.contains("there is no state at"), "{none:?}");
    let file = made["backup"]["path"].as_str().unwrap();
    house.blufio_with(&["backup", "restore", file], "", &elsewhere).await.ok();
    let drilled = house.blufio_with(&["memory", "list"], "", &elsewhere).await.ok();
    assert!(drilled.stdout.contains("Mau") && !drilled.stdout.contains("Schnurz"), "{drilled:?}");
    std::fs::write(&place, "destroyed").unwrap();
    let destroyed = house.blufio_with(&["memory", "list"], "", &elsewhere).await;
    assert_eq!(destroyed.code, 1, "{destroyed:?}");

    // The daemon's own state, named: it is the daemon who has it.
    let database = house.database();
    let own = [("BLUFIO_STORE__PATH", database.to_str().unwrap())];
    let live = house.blufio_with(&["memory", "list"], "", &own).await.ok();
    assert!(live.stdout.contains("Schnurz"), "{live:?}");
    house.assert_clean();
}

#[tokio::test]
async fn an_older_program_goes_back_to_the_state_from_before_the_update_and_answers_what_waited() {
    let mut house = House::plan().serve(&["--trial", "trial"]).build().await;
    house.ask(ADA, "The parrot is called Schnurz.").await;
    house.terminate().await;
    let nothing = house.blufio(&["backup", "restore", "--before-update"], "").await.ok();
    assert!(nothing.stdout.contains("Nothing was restored"), "{nothing:?}");

    // What a newer program does before and after it brings its schema; the version stands in the file's header.
    let mut bytes = std::fs::read(house.database()).unwrap();
    let version = u32::from_be_bytes(bytes[60..64].try_into().unwrap()) + 1;
    std::fs::copy(house.database(), beside(&house.database(), &format!(".before-v{version}"))).unwrap();
    bytes[60..64].copy_from_slice(&version.to_be_bytes());
    std::fs::write(house.database(), &bytes).unwrap();
    house.say(ADA, "Is anybody there?");
    let refused = house.blufio(&["serve"], "").await;
    assert!(refused.code == 1 && refused.stderr.contains("use the newer program"), "{refused:?}");

    let back = house.blufio(&["backup", "restore", "--before-update", "--json"], "").await.ok().json();
    assert_eq!((&back["rollback"], &back["moved"]), (&"restored".into(), &false.into()), "{back}");
    let newer = back["newer"].as_str().unwrap();
    assert!(newer.contains(&format!(".newer-v{version}-2")), "{newer}");
    assert_eq!(std::fs::read(newer).unwrap(), bytes);
    house.spawn();
    house.wait_ready().await;
    assert_eq!(house.replies(ADA, 2).await[1].text, "You said: “Is anybody there?”");
    assert!(house.last_prompt().contains("Schnurz"));
    house.assert_clean();
}
