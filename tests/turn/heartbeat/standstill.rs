// SPDX-License-Identifier: MIT OR Apache-2.0
//! When the provider says that nothing more may be spent.

use super::*;

#[tokio::test]
async fn the_providers_spend_limit_stops_it_until_it_is_resumed() {
    for kind in
        [ProviderErrorKind::SpendLimit, ProviderErrorKind::WorkspaceSpendLimit, ProviderErrorKind::Billing]
    {
        let mut vigil = from("2026-11-01T00:00", |_| {}).await;
        changes_daily(&vigil);
        repeats(&vigil);
        vigil.until(berlin("2026-11-03T00:00"), HALF_AN_HOUR).await;
        vigil.model.answers(move |_| Err(kind));
        vigil.until(berlin("2026-11-05T00:00"), HALF_AN_HOUR).await;
        assert_eq!(vigil.model.calls(), 3, "one on the third day, and none after it");
        let looks = vigil.world.looks();
        vigil.restart().await;
        vigil.until(berlin("2026-11-08T00:00"), HALF_AN_HOUR).await;
        assert_eq!((vigil.model.calls(), vigil.world.looks()), (3, looks), "not even a look");
        assert!(vigil.store.standstill().await.unwrap().is_some());
        let told = vigil.told();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[2].contains("/heartbeat resume"), "{told:?}");

        repeats(&vigil);
        vigil.store.set_standstill(None).await.unwrap();
        vigil.walk(DAY, HALF_AN_HOUR).await;
        assert_eq!(vigil.told()[3..], ["The list is as of 11-07.", "The list is as of 11-08."]);
    }
}

#[tokio::test]
async fn a_standstill_that_others_have_caused_is_told_once() {
    let mut vigil = from("2026-11-01T00:00", |_| {}).await;
    let why = Standstill { reason: "the provider said so".into(), at: vigil.now() };
    vigil.store.set_standstill(Some(why)).await.unwrap();
    vigil.walk(2 * DAY, HALF_AN_HOUR).await;
    let told = vigil.told();
    assert!(told.len() == 1 && told[0].contains("the provider said so"), "{told:?}");
    assert_eq!(vigil.world.looks(), 0);
}

#[tokio::test]
async fn a_standstill_is_told_once_also_while_heartbeats_are_off() {
    let mut vigil = from("2026-11-01T00:00", |options| options.heartbeat.enabled = false).await;
    let why = Standstill { reason: "the provider said so".into(), at: vigil.now() };
    vigil.store.set_standstill(Some(why)).await.unwrap();
    vigil.walk(DAY, HALF_AN_HOUR).await;
    vigil.restart().await;
    vigil.walk(DAY, HALF_AN_HOUR).await;
    let told = vigil.told();
    assert!(
        told.len() == 1 && told[0].contains("/heartbeat resume") && told[0].contains("summarised"),
        "{told:?}"
    );
}

#[tokio::test]
async fn an_empty_account_is_seen_in_the_chat_also_while_heartbeats_are_off_and_an_answer_says_how_to_go_on()
{
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([
        Play::Fail(ProviderErrorKind::Billing),
        Play::Say("Here I am."),
        Play::Say("And again."),
    ]);
    let house = House::open(folder.path(), &model).await;
    let told = async |begin: &str| {
        house.until(begin, || house.sent_to("1").iter().any(|text| text.starts_with(begin))).await;
        house.sent_to("1").into_iter().find(|text| text.starts_with(begin)).unwrap()
    };
    house.say("1", "hello").await;
    assert!(told("I could not answer (billing)").await.contains("/heartbeat resume"));
    house.say("1", "/heartbeat").await;
    let state = told("Heartbeat: off").await;
    assert!(state.contains("stands still since") && state.contains("/heartbeat resume"), "{state}");
    house.say("1", "/budget").await;
    house
        .until("the budget", || {
            house.sent_to("1").iter().any(|text| text.contains("budget") && text.contains("stands still"))
        })
        .await;
    house.say("1", "and now?").await;
    assert!(told("My model answers again").await.contains("/heartbeat resume"));
    house.say("1", "and once more?").await;
    told("And again.").await;
    house.until("the end of it", || house.agent.running().is_empty()).await;
    let remarks = house.sent_to("1").iter().filter(|text| text.starts_with("My model answers")).count();
    assert_eq!(remarks, 1);
    assert!(house.store.standstill().await.unwrap().is_some(), "only the operator lets it go on");
    house.close().await;
}
