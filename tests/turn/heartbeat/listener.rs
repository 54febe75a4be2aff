// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who is told, and what is said where nobody can be.

use super::*;

#[tokio::test]
async fn where_nobody_could_be_told_nothing_is_asked() {
    let mut vigil = Vigil::alone(berlin("2026-11-01T00:00"), on);
    changes_daily(&vigil);
    vigil.walk(5 * DAY, HALF_AN_HOUR).await;
    assert_eq!((vigil.model.calls(), vigil.world.looks(), vigil.told().len()), (0, 0, 0));
    vigil.answered(&here(), "Hallo").await;
    repeats(&vigil);
    vigil.walk(2 * DAY, HALF_AN_HOUR).await;
    assert_eq!(vigil.told(), ["The list is as of 11-06.", "The list is as of 11-07."]);
}

#[tokio::test]
async fn who_is_no_operator_is_told_nothing() {
    let named = |options: &mut AgentOptions| {
        options.trusted_channels.clear();
        options.operators = vec![("test".into(), "ada".into())];
    };
    let mut vigil = from("2026-11-01T00:00", named).await;
    changes_daily(&vigil);
    repeats(&vigil);
    vigil.set(vigil.now().after(MINUTE));
    vigil.answered(&Conversation::new("test", "mallory"), "Hello").await;
    vigil.walk(DAY, HALF_AN_HOUR).await;
    assert_eq!(vigil.sent.len(), 1);
    assert_eq!(vigil.sent[0].1, here());
}

#[tokio::test]
async fn the_only_person_who_is_known_is_the_operator_and_of_two_none_is() {
    for (allowed, calls) in [(vec!["ada"], 1), (vec!["ada", "bob"], 0)] {
        let mut vigil = from("2026-11-01T00:00", |options| {
            options.trusted_channels.clear();
            options.allowed = allowed.iter().map(|id| ("test".to_owned(), (*id).to_owned())).collect();
        })
        .await;
        changes_daily(&vigil);
        vigil.walk(DAY, HALF_AN_HOUR).await;
        assert_eq!(vigil.model.calls(), calls, "{allowed:?}");
    }
}

#[tokio::test]
async fn a_question_in_the_shell_does_not_move_what_is_told_there() {
    let local = Conversation::new("local", "default");
    let both = |options: &mut AgentOptions| {
        on(options);
        options.trusted_channels = vec!["local".into()];
        options.allowed = vec![("test".into(), "ada".into())];
    };
    let mut vigil = Vigil::alone(berlin("2026-11-01T00:00"), both);
    changes_daily(&vigil);
    repeats(&vigil);
    vigil.answered(&local, "Is it on?").await;
    vigil.walk(DAY, HALF_AN_HOUR).await;
    vigil.answered(&here(), "Hallo").await;
    vigil.walk(DAY, HALF_AN_HOUR).await;
    vigil.answered(&local, "And now?").await;
    vigil.walk(DAY, HALF_AN_HOUR).await;
    let places: Vec<_> = vigil.sent.iter().map(|(_, place, _)| place.clone()).collect();
    assert_eq!(places, [local, here(), here()]);
}

#[tokio::test]
async fn what_waits_for_an_answer_moves_along_with_the_operator() {
    let mut vigil = from("2026-11-01T00:00", |options| options.heartbeat.deliver = Deliver::WithNext).await;
    changes_at(&vigil, berlin("2026-11-01T10:00"));
    repeats(&vigil);
    vigil.walk(DAY, HALF_AN_HOUR).await;
    let elsewhere = Conversation::new("test", "ada-elsewhere");
    vigil.answered(&elsewhere, "Hier bin ich.").await;
    vigil.walk(HOUR, HALF_AN_HOUR).await;
    assert!(vigil.store.notices(&here()).await.unwrap().is_empty());
    assert_eq!(vigil.store.notices(&elsewhere).await.unwrap().len(), 1);
}

#[tokio::test]
async fn it_is_said_why_nobody_can_be_told_and_what_cannot_be_seen() {
    let folder = tempfile::tempdir().unwrap();
    let two_people = |options: &mut AgentOptions| {
        on(options);
        options.trusted_channels = vec![];
        options.allowed = vec![("test".into(), "user-1".into()), ("test".into(), "user-2".into())];
    };
    let house = House::with(folder.path(), &Model::new([]), two_people).await;
    house.say("2", "/heartbeat").await;
    let told = house.replies_to("2", 1).await.remove(0);
    assert!(told.contains("could tell nobody") && told.contains("test.operators"), "{told}");
    assert!(told.contains("the operator's reminders") && !told.contains("your"), "{told}");
    house.close().await;

    let folder = tempfile::tempdir().unwrap();
    let house = House::with(folder.path(), &Model::new([]), |options| {
        on(options);
        options.heartbeat.interval = 365 * DAY;
    })
    .await;
    let seen = format!(r#"{{"{LIST}":{{"failing":true,"error":"the server answered 403"}}}}"#);
    house.store.note(vec![("heartbeat:watched".into(), seen)]).await.unwrap();
    house.say("1", "/heartbeat").await;
    let told = house.replies_to("1", 1).await.remove(0);
    assert!(told.contains(&format!("`{LIST}` cannot be seen: the server answered 403.")), "{told}");
    house.close().await;
}
