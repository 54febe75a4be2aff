// SPDX-License-Identifier: MIT OR Apache-2.0
//! What goes wrong with the model: what passes is waited for, what does not is said, and each is counted apart.

use crate::house::{ADA, House};
use blufio_simulator::anthropic::Fault;
use blufio_simulator::telegram::SentMessage;

async fn calls(house: &House, class: &str) -> f64 {
    house.metrics().await.get("blufio_provider_calls_total", &[("class", class)]).unwrap_or(0.0)
}

/// The fault strikes once, and the person sees nothing of it but the answer.
async fn passes(fault: Fault, class: &str) {
    let house = House::start().await;
    house.sim.anthropic.fault(fault.clone(), 1);
    let answer = house.ask(ADA, "[sim:say Grüße, 世界! Everything is well.]").await;
    assert_eq!(answer.text, "Grüße, 世界! Everything is well.", "{fault:?}");
    assert_eq!(house.calls(), 2, "{fault:?}");
    assert_eq!((calls(&house, class).await, calls(&house, "ok").await), (1.0, 1.0), "{fault:?}");
    assert_eq!(house.sim.telegram.messages(ADA).len(), 1, "{fault:?}");
    house.assert_clean();
}

#[tokio::test]
async fn overload_before_the_answer_passes() {
    passes(Fault::Status { status: 529 }, "overloaded").await;
}

#[tokio::test]
async fn overload_in_the_middle_of_the_answer_passes() {
    passes(Fault::OverloadedMidStream { after_events: 4 }, "overloaded").await;
}

#[tokio::test]
async fn an_answer_that_breaks_off_inside_a_character_is_asked_for_again() {
    passes(Fault::CutInCharacter, "connection").await;
}

#[tokio::test]
async fn a_reset_after_the_request_was_accepted_passes() {
    passes(Fault::Reset, "connection").await;
}

#[tokio::test]
async fn an_answer_that_was_billed_and_lost_is_asked_for_again() {
    passes(Fault::ResetAfterWork, "connection").await;
}

#[tokio::test]
async fn an_answer_without_an_end_is_asked_for_again() {
    passes(Fault::Truncated { after_events: 4 }, "connection").await;
}

#[tokio::test]
async fn an_internal_error_passes() {
    passes(Fault::Status { status: 500 }, "server").await;
}

#[tokio::test]
async fn a_page_of_a_proxy_passes() {
    passes(Fault::HtmlBadGateway, "server").await;
}

#[tokio::test]
async fn an_event_that_is_no_json_is_asked_for_again() {
    passes(Fault::Malformed { after_events: 3 }, "malformed").await;
}

#[tokio::test]
async fn a_rate_limit_is_waited_out_as_long_as_it_says() {
    let began = std::time::Instant::now();
    passes(Fault::RateLimited { retry_after: "2".into() }, "rate_limited").await;
    assert!(began.elapsed() >= std::time::Duration::from_secs(2));
}

#[tokio::test]
async fn what_a_client_has_to_ignore_is_ignored() {
    let house = House::start().await;
    house.sim.anthropic.fault(Fault::Garbage, 1);
    let answer = house.ask(ADA, "[sim:say Not disturbed.]").await;
    assert_eq!(answer.text, "Not disturbed.");
    assert_eq!(house.calls(), 1);
    house.assert_clean();
}

#[tokio::test]
async fn an_answer_in_drops_of_single_bytes_is_whole() {
    let house = House::start().await;
    house.sim.anthropic.fault(Fault::Drip { bytes: 1, millis: 0 }, 1);
    let answer = house.ask(ADA, "[sim:say Grüße, 世界! 🎉]").await;
    assert_eq!(answer.text, "Grüße, 世界! 🎉");
    assert_eq!(house.calls(), 1);
    house.assert_clean();
}

/// The fault ends the turn: it is said, counted once, and the model is not asked again.
async fn ends(fault: Fault, class: &str, words: &str) -> SentMessage {
    let house = House::start().await;
    house.sim.anthropic.fault(fault.clone(), 1);
    let answer = house.ask(ADA, "Hello").await;
    assert!(
        answer.text.contains("I could not answer") && answer.text.contains(words),
        "{fault:?} {answer:?}"
    );
    assert_eq!(calls(&house, class).await, 1.0, "{fault:?}");
    assert_eq!(house.calls(), 1, "{fault:?}");
    assert_eq!(house.metrics().await.get("blufio_turns_total", &[("outcome", "failed")]), Some(1.0));
    // The next message is a new chance.
    assert_eq!(house.ask(ADA, "And now?").await.text, "You said: “And now?”");
    house.assert_clean();
    answer
}

#[tokio::test]
async fn the_reasons_that_only_a_person_can_mend_are_told_apart_and_never_repeated() {
    let told = tokio::join!(
        ends(Fault::SpendLimit, "spend_limit", "resets on the first of the month"),
        ends(Fault::WorkspaceSpendLimit, "workspace_spend_limit", "set for the workspace"),
        ends(Fault::Status { status: 402 }, "billing", "cannot pay"),
        ends(Fault::Status { status: 401 }, "authentication", "API key was refused"),
        ends(Fault::Status { status: 403 }, "permission", "must choose others"),
    );
    let texts = [told.0, told.1, told.2, told.3, told.4].map(|message| message.text);
    for (index, text) in texts.iter().enumerate() {
        assert!(!texts[..index].contains(text), "said twice for different reasons: {text}");
    }
}

#[tokio::test]
async fn a_longer_outage_is_told_once_and_the_message_is_answered_after_it() {
    let house = House::plan().set("anthropic.max_retries", "0").build().await;
    house.sim.anthropic.fault(Fault::Status { status: 529 }, 1);
    house.say(ADA, "[sim:say Here I am again.]");
    let told = house.replies(ADA, 1).await.swap_remove(0);
    assert!(
        told.text.contains("it is overloaded") && told.text.contains("try again in 15 seconds"),
        "{told:?}"
    );
    let answers = house.replies(ADA, 2).await;
    assert_eq!(answers[1].text, "Here I am again.");
    assert_eq!(house.calls(), 2, "the failure and the answer");
    house.assert_clean();
}

#[tokio::test]
async fn a_message_that_waits_is_excused_once_and_answered_after_a_restart() {
    let mut house = House::plan().set("anthropic.max_retries", "0").build().await;
    house.sim.anthropic.fault(Fault::Status { status: 529 }, 1);
    house.say(ADA, "[sim:say Here I am again.]");
    house.replies(ADA, 1).await;
    house.restart().await;
    let answers = house.replies(ADA, 2).await;
    assert_eq!(answers[1].text, "Here I am again.");
    assert_eq!((answers.len(), house.calls()), (2, 2));
    house.assert_clean();
}

#[tokio::test]
async fn the_ends_that_the_model_chooses_are_said() {
    let house = House::start().await;
    let cut = house.ask(ADA, "[sim:words 50] [sim:max_tokens]").await;
    assert!(cut.text.contains("length limit"), "{cut:?}");
    let declined = house.ask(ADA, "[sim:refuse]").await;
    assert!(declined.text.contains("declined"), "{declined:?}");
    let paused = house.ask(ADA, "[sim:pause] [sim:say Half.]").await;
    assert!(paused.text.contains("Half."), "{paused:?}");
    house.assert_clean();
}
