// SPDX-License-Identifier: MIT OR Apache-2.0
//! In a private chat an answer is seen while it grows, with a button that stops it.

use crate::house::{ADA, House};

#[tokio::test]
async fn an_answer_grows_in_a_draft_until_the_message_takes_its_place() {
    let house = House::start().await;
    house.say(ADA, "[sim:words 300] [sim:sleep 3]");
    let answer = house.replies(ADA, 1).await.swap_remove(0);
    let drafts = house.sim.telegram.drafts(ADA);
    assert_eq!(drafts.len(), 1, "{drafts:#?}");
    let states: Vec<_> = drafts[0].history.iter().filter(|state| !state.text.is_empty()).collect();
    assert!(states.len() >= 3, "{states:#?}");
    for pair in states.windows(2) {
        assert!(pair[1].text.starts_with(pair[0].text.trim_end_matches('…').trim_end()), "{pair:#?}");
    }
    assert!(answer.text.starts_with(states[states.len() - 1].text.trim_end_matches('…').trim_end()));
    assert!(drafts[0].replaced.is_some() && !drafts[0].visible);
    assert_eq!(answer.text.split_whitespace().count(), 300);
    assert!(answer.edits.is_empty());
    house.assert_clean();
}

#[tokio::test]
async fn somebody_is_seen_typing_before_the_first_word() {
    let house = House::start().await;
    house.ask(ADA, "[sim:words 5] [sim:sleep 1]").await;
    assert!(house.sim.telegram.actions(ADA).iter().any(|action| action.action == "typing"));
    house.assert_clean();
}

#[tokio::test]
async fn the_stop_button_keeps_what_was_said_and_ends_the_call() {
    let house = House::start().await;
    house.say(ADA, "[sim:words 3000] [sim:sleep 60]");
    house
        .until("a draft with a few words", |telegram| {
            telegram.drafts(ADA).iter().any(|draft| draft.can_stop && draft.history.len() >= 2)
        })
        .await;
    let draft = house.sim.telegram.drafts(ADA).swap_remove(0);
    let shown = draft.history.last().unwrap().text.trim_end_matches('…').trim_end().to_owned();
    assert!(house.sim.telegram.press_stop(ADA, draft.draft_id).is_some());
    let answer = house.replies(ADA, 1).await.swap_remove(0);
    assert!(answer.text.starts_with(&shown), "{shown:?}\n{answer:?}");
    assert!(answer.text.ends_with("(Stopped.)"), "{answer:?}");
    assert!(answer.text.split_whitespace().count() < 3000);
    let metrics = house.metrics().await;
    assert_eq!(metrics.get("blufio_provider_calls_total", &[("class", "stopped")]), Some(1.0));
    assert_eq!(metrics.get("blufio_turns_total", &[("outcome", "stopped")]), Some(1.0));
    // The stream was let go: what the stand-in bills is far from the whole answer.
    let billed = house.sim.anthropic.bill().usage.output;
    house.ask(ADA, "Thanks.").await;
    assert!(billed < 2_000, "{billed} tokens");
    assert!(house.last_prompt().contains("(Stopped.)"), "the model knows that it was stopped");
    house.assert_clean();
}

#[tokio::test]
async fn the_command_stop_does_the_same_and_what_was_sent_after_is_answered() {
    let house = House::start().await;
    house.say(ADA, "[sim:words 3000] [sim:sleep 60]");
    house
        .until("a draft with a few words", |telegram| {
            telegram.drafts(ADA).iter().any(|draft| draft.history.len() >= 2)
        })
        .await;
    house.say(ADA, "/stop");
    house.say(ADA, "Now this.");
    let answers = house.replies(ADA, 3).await;
    assert!(answers[0].text.ends_with("(Stopped.)"), "{answers:?}");
    assert!(answers[1].text.starts_with("Stopped."), "{answers:?}");
    assert_eq!(answers[2].text, "You said: “Now this.”");
    house.assert_clean();
}

#[tokio::test]
async fn a_turn_that_waits_for_the_model_can_be_stopped() {
    let house = House::start().await;
    house.sim.anthropic.fault(blufio_simulator::anthropic::Fault::Hang { seconds: 60.0 }, 1);
    house.say(ADA, "Hello?");
    house.eventually("the call hangs", || async { house.calls() == 1 }).await;
    house.say(ADA, "/stop");
    let answers = house.replies(ADA, 2).await;
    assert!(answers[0].text.contains("(Stopped.)"), "{answers:?}");
    assert_eq!(house.ask(ADA, "And now?").await.text, "You said: “And now?”");
    house.assert_clean();
}

#[tokio::test]
async fn without_streaming_there_is_typing_and_the_answer() {
    let house = House::plan().set("telegram.streaming", "false").build().await;
    house.ask(ADA, "[sim:words 50] [sim:sleep 2]").await;
    assert!(house.sim.telegram.drafts(ADA).is_empty());
    assert!(!house.sim.telegram.actions(ADA).is_empty());
    house.assert_clean();
}

#[tokio::test]
async fn an_older_server_without_drafts_is_borne() {
    use blufio_simulator::telegram::Fault;
    let house = House::start().await;
    let unknown = Fault::Refuse { code: 404, description: "Not Found: method not found".into() };
    house.sim.telegram.fail_times("sendMessageDraft", unknown, 100);
    let answer = house.ask(ADA, "[sim:words 50] [sim:sleep 2]").await;
    assert_eq!(answer.text.split_whitespace().count(), 50);
    assert_eq!(house.sim.telegram.count_calls("sendMessageDraft"), 1, "it is not asked again");
    assert_eq!(house.health().await.status, 200);
    house.assert_clean();
}
