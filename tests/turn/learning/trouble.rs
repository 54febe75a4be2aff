// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the model, the money or the process fails, nothing is paid for over and over, and little is lost.
use super::*;
use blufio_core::provider::ProviderErrorKind;

#[tokio::test]
async fn what_cannot_be_read_is_asked_again_and_then_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    model.learned_by(|_| Play::Say("There is a dog called Max."));
    let house = open(folder.path(), &model).await;
    say(&house, &model, "My dog Max is afraid of thunder").await;
    let mut asked = Vec::new();
    for _ in 0..15 {
        after(&house, HOUR).await;
        asked.push(lessons(&model).len());
    }
    assert_eq!(asked, [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3]);
    assert_eq!(house.heard.count("Extraction { outcome: \"failed\""), 3);
    assert_eq!(all(&house).await, []);
    // What is said next has its own tries.
    proposes(&model, &[entry("The person's cat is called Tom.", 1)]);
    say(&house, &model, "My cat Tom is afraid of nothing").await;
    after(&house, HOUR).await;
    assert_eq!(texts(&house).await, ["The person's cat is called Tom."]);
    house.close().await;
}

#[tokio::test]
async fn a_model_that_comes_back_is_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    model.learned_by(|_| Play::Fail(ProviderErrorKind::Overloaded));
    let house = open(folder.path(), &model).await;
    say(&house, &model, "My dog Max is afraid of thunder").await;
    after(&house, HOUR).await;
    house.close().await;
    proposes(&model, &[entry("The person's dog is called Max.", 1)]);
    let house = open(folder.path(), &model).await;
    after(&house, HOUR + 10 * MINUTE).await;
    assert_eq!((lessons(&model).len(), texts(&house).await.len()), (1, 0), "the pause outlives the process");
    after(&house, HOUR).await;
    assert_eq!((lessons(&model).len(), texts(&house).await.len()), (2, 1));
    house.close().await;
}

#[tokio::test]
async fn without_room_in_the_budget_it_waits_and_counts_no_try() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    proposes(&model, &[entry("The person's dog is called Max.", 1)]);
    let house = House::with(folder.path(), &model, |options| {
        on(options);
        options.budget.daily = Some(NanoUsd(1_000_000_000));
    })
    .await;
    say(&house, &model, "My dog Max is afraid of thunder").await;
    house.spend(NanoUsd(1_000_000_000)).await;
    for _ in 0..5 {
        after(&house, 30 * MINUTE).await;
    }
    assert_eq!((lessons(&model).len(), all(&house).await.len()), (0, 0));
    assert_eq!(house.heard.count("Extraction { outcome: \"no_budget\""), 5);
    // The next day.
    after(&house, 4 * HOUR).await;
    assert_eq!((lessons(&model).len(), all(&house).await.len()), (1, 1));
    house.close().await;
}

#[tokio::test]
async fn while_work_in_the_background_stands_still_nobody_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    model.learned_by(|_| Play::Fail(ProviderErrorKind::Billing));
    let house = open(folder.path(), &model).await;
    say(&house, &model, "My dog Max is afraid of thunder").await;
    for _ in 0..5 {
        after(&house, HOUR).await;
    }
    assert_eq!(lessons(&model).len(), 1, "the account cannot pay");
    // Telling of the standstill has put it off once.
    assert_eq!(house.heard.count("Extraction { outcome: \"standstill\""), 4);
    house.store.set_standstill(None).await.unwrap();
    proposes(&model, &[entry("The person's dog is called Max.", 1)]);
    after(&house, HOUR).await;
    assert_eq!(texts(&house).await.len(), 1);
    house.close().await;
}

#[tokio::test]
async fn a_model_that_is_not_known_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    proposes(&model, &[entry("The person's dog is called Max.", 1)]);
    let house = House::with(folder.path(), &model, |options| {
        on(options);
        options.memory.model = "unheard-of".into();
    })
    .await;
    say(&house, &model, "My dog Max is afraid of thunder").await;
    for _ in 0..5 {
        after(&house, HOUR).await;
    }
    house.close().await;
    let house = open(folder.path(), &model).await;
    after(&house, 6 * HOUR).await;
    assert_eq!(texts(&house).await.len(), 1);
    house.close().await;
}

#[tokio::test]
async fn a_death_between_the_answer_and_the_lesson_asks_once_more_and_remembers_once() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    proposes(&model, &[entry("The person's dog is called Max.", 1)]);
    let house = open(folder.path(), &model).await;
    say(&house, &model, "My dog Max is afraid of thunder").await;
    // What was said is findable already.
    house.agent.tick(house.clock.now()).await;
    house.advance(HOUR);
    // The try is noted, the call reserved and entered; nothing after that.
    house.store.dies_after(3);
    let (agent, now) = (Arc::clone(&house.agent), house.clock.now());
    let dying = tokio::spawn(async move { agent.tick(now).await });
    house.store.dead().await;
    dying.abort();
    assert_eq!((lessons(&model).len(), all(&house).await.len()), (1, 0));
    house.store.dies_after(usize::MAX);
    house.close().await;

    let house = open(folder.path(), &model).await;
    after(&house, 3 * HOUR).await;
    after(&house, 3 * HOUR).await;
    assert_eq!((lessons(&model).len(), all(&house).await.len()), (2, 1));
    let (lines, _) = house.store.costs(Timestamp(0), CostBy::Feature).await.unwrap();
    let own = lines.iter().find(|line| line.name == "extraction").unwrap();
    assert_eq!(own.calls, 2, "the ledger shows both");
    house.close().await;
}
