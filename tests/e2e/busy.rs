// SPDX-License-Identifier: MIT OR Apache-2.0
//! Many conversations at once: one that takes long holds up nobody but itself.

use crate::house::{ADA, House};
use std::time::Duration;

#[tokio::test]
async fn ten_others_are_answered_while_one_takes_long() {
    let others: Vec<i64> = (100..110).collect();
    let house = House::plan()
        .set("telegram.allowed_users", &format!("{:?}", [&[ADA][..], &others].concat()))
        .build()
        .await;
    house.say(ADA, "[sim:words 50] [sim:sleep 12]");
    house.until("the long turn has begun", |telegram| !telegram.actions(ADA).is_empty()).await;
    for other in &others {
        house.say(*other, "Quick one.");
    }
    for other in &others {
        house.replies(*other, 1).await;
    }
    assert!(house.sim.telegram.messages(ADA).is_empty(), "the long turn is still going on");
    let long = house.replies(ADA, 1).await.swap_remove(0);
    assert_eq!(long.text.split_whitespace().count(), 50);
    house.assert_clean();
}

#[tokio::test]
async fn messages_during_a_turn_are_answered_after_it_in_order() {
    let house = House::start().await;
    house.say(ADA, "[sim:say First.] [sim:sleep 5]");
    house.until("typing is shown", |telegram| !telegram.actions(ADA).is_empty()).await;
    house.say(ADA, "[sim:say Second.]");
    house.say(ADA, "[sim:say Third.]");
    house
        .eventually("both wait", || async {
            house.metrics().await.get("blufio_queue_depth", &[]).is_some_and(|depth| depth >= 3.0)
                || !house.sim.telegram.messages(ADA).is_empty()
        })
        .await;
    assert!(house.sim.telegram.messages(ADA).is_empty(), "nothing is answered out of turn");
    let answers = house.replies(ADA, 3).await;
    let texts: Vec<_> = answers.iter().map(|answer| answer.text.as_str()).collect();
    assert_eq!(texts, ["First.", "Second.", "Third."]);
    let typing: Vec<Duration> = house.sim.telegram.actions(ADA).iter().map(|action| action.at).collect();
    assert!(typing.len() >= 2, "typing is shown all the while: {typing:?}");
    house.assert_clean();
}

#[tokio::test]
async fn sixty_four_at_once_are_all_answered_and_the_state_stays_small() {
    let people: Vec<i64> = (1_000..1_064).collect();
    let house = House::plan().set("telegram.allowed_users", &format!("{people:?}")).build().await;
    for round in 0..3 {
        for person in &people {
            house.say(*person, &format!("[sim:say Round {round} for {person}.]"));
        }
    }
    for person in &people {
        let answers = house.replies(*person, 3).await;
        for (round, answer) in answers.iter().enumerate() {
            assert_eq!(answer.text, format!("Round {round} for {person}."));
        }
    }
    house
        .eventually("everything is noted", || async {
            house.metrics().await.get("blufio_outbox_depth", &[]) == Some(0.0)
        })
        .await;
    let log = house.log();
    assert!(!log.contains("locked") && !log.contains("ERROR"), "{log}");
    let wal = std::fs::metadata(house.database().with_extension("db-wal")).map_or(0, |file| file.len());
    assert!(wal < 8 << 20, "the log of the database has {wal} bytes");
    house.assert_clean();
}

#[tokio::test]
async fn a_copy_of_the_idle_database_is_a_complete_backup() {
    let mut house = House::start().await;
    house.ask(ADA, "My dog's name is Max.").await;
    house
        .eventually("the answer is noted", || async {
            house.metrics().await.get("blufio_outbox_depth", &[]) == Some(0.0)
        })
        .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let copy = house.folder().join("copy.db");
    std::fs::copy(house.database(), &copy).unwrap();
    house.kill().await;
    house.set("store.path", &format!("{copy:?}"));
    house.spawn();
    house.wait_ready().await;
    let answer = house.ask(ADA, "What is my dog's name?").await;
    assert!(answer.text.contains("Max"), "{answer:?}");
    house.assert_clean();
}
