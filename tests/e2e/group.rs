// SPDX-License-Identifier: MIT OR Apache-2.0
//! In a group the agent answers those who mean it, in a message that grows by edits.

use crate::house::{ADA, House};
use blufio_simulator::telegram::ChatKind;
use std::time::Duration;

const GROUP: i64 = -1_000_000_001_815;
const GRACE: i64 = 1906;

fn with_group(house: &House) {
    house.sim.telegram.chat(GROUP, ChatKind::Supergroup, "The engine room");
    house.sim.telegram.user(GRACE, "Grace");
}

#[tokio::test]
async fn only_who_names_the_agent_is_answered() {
    let house = House::start().await;
    with_group(&house);
    let name = house.sim.telegram.bot().username;
    house.sim.telegram.send_text(GROUP, ADA, "Did anybody see my keys?");
    house.sim.telegram.send_text(GROUP, GRACE, &format!("@{name} hello from a stranger"));
    house.sim.telegram.send_text(GROUP, ADA, &format!("@{name} what about you?"));
    let answers = house.replies(GROUP, 1).await;
    assert!(answers[0].text.contains("what about you?"), "{answers:?}");
    house.ask(ADA, "And here?").await;
    assert_eq!(house.sim.telegram.messages(GROUP).len(), 1);
    assert_eq!(house.sim.telegram.messages(GRACE).len(), 0, "strangers are not spoken to because of a group");
    assert_eq!(house.calls(), 2);
    assert!(house.sim.anthropic.requests()[0].body.contains("Ada: what about you?"));
    house.assert_clean();
}

#[tokio::test]
async fn an_answer_grows_by_edits_that_keep_their_distance() {
    let house = House::plan().set("telegram.edit_interval", "\"1500ms\"").build().await;
    with_group(&house);
    let name = house.sim.telegram.bot().username;
    house.sim.telegram.send_text(GROUP, ADA, &format!("@{name} [sim:words 300] [sim:sleep 6]"));
    house
        .until("the whole answer", |telegram| {
            telegram
                .messages(GROUP)
                .first()
                .is_some_and(|message| message.text.split_whitespace().count() == 300)
        })
        .await;
    let message = house.sim.telegram.messages(GROUP).swap_remove(0);
    assert!(message.edits.len() >= 2, "{}", message.edits.len());
    assert_eq!(house.sim.telegram.messages(GROUP).len(), 1);
    // The last edit is the answer itself, which does not wait.
    let mut before = message.at;
    for edit in &message.edits[..message.edits.len() - 1] {
        let distance = edit.at.saturating_sub(before);
        assert!(distance >= Duration::from_millis(1_400), "{distance:?}");
        before = edit.at;
    }
    assert!(house.sim.telegram.drafts(GROUP).is_empty(), "groups take no drafts");
    house.assert_clean();
}

#[tokio::test]
async fn a_topic_is_answered_in_the_topic() {
    let house = House::start().await;
    with_group(&house);
    house.sim.telegram.topic(GROUP, 7);
    let name = house.sim.telegram.bot().username;
    house.sim.telegram.send_text_in(GROUP, 7, ADA, &format!("@{name} here?"));
    let answer = house.replies(GROUP, 1).await.swap_remove(0);
    assert_eq!(answer.thread, Some(7));
    assert!(house.sim.telegram.actions(GROUP).iter().all(|action| action.thread == Some(7)));
    house.assert_clean();
}

#[tokio::test]
async fn a_group_that_becomes_a_supergroup_gets_its_answer_there() {
    const OLD: i64 = -1815;
    let house = House::start().await;
    house.sim.telegram.chat(OLD, ChatKind::Group, "The engine room");
    let name = house.sim.telegram.bot().username;
    house.sim.telegram.send_text(OLD, ADA, &format!("@{name} [sim:say Found you.] [sim:sleep 2]"));
    house.until("the turn has begun", |telegram| !telegram.actions(OLD).is_empty()).await;
    house.sim.telegram.migrate(OLD, GROUP);
    house
        .until("the answer in the new group", |telegram| {
            telegram.messages(GROUP).iter().any(|message| message.text == "Found you.")
        })
        .await;
    house.assert_clean_but(&["group chat was upgraded to a supergroup chat"]);
}

#[tokio::test]
async fn an_answer_is_whole_although_its_beginning_got_lost_on_the_way() {
    let house = House::plan().set("telegram.edit_interval", "\"1s\"").build().await;
    with_group(&house);
    house.sim.telegram.fail("sendMessage", blufio_simulator::telegram::Fault::ResetAfter);
    let name = house.sim.telegram.bot().username;
    house.sim.telegram.send_text(GROUP, ADA, &format!("@{name} [sim:words 200] [sim:sleep 3]"));
    house
        .until("the whole answer", |telegram| {
            telegram.messages(GROUP).iter().any(|message| message.text.split_whitespace().count() == 200)
        })
        .await;
    house.assert_clean();
}
