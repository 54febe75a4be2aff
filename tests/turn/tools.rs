// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::house::{House, Model, Play};
use blufio_core::content::Block;
use blufio_core::ids::Conversation;
use blufio_core::provider::ProviderErrorKind;
use blufio_core::storage::Ledger as _;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Duration;

#[tokio::test]
async fn the_result_of_a_tool_reaches_the_model_and_the_answer_the_person() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Tool("t1", "look", json!({})), Play::Say("I looked.")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "look around").await;
    assert_eq!(house.replies(1).await, ["I looked."]);
    let last = model.last_request().messages.pop().unwrap();
    let expected =
        Block::ToolResult { tool_use_id: "t1".into(), content: "look done".into(), is_error: false };
    assert_eq!(last.content, [expected]);
    assert_eq!(house.transcript("1").await.len(), 4);
    house.close().await;
}

#[tokio::test]
async fn a_tool_with_effects_that_was_cut_short_is_not_run_again_and_the_model_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Tool("t1", "hang", json!({})), Play::Say("I shall check first.")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "send the money").await;
    house.until("the tool to start", || !house.tools.calls.lock().unwrap().is_empty()).await;
    house.close().await;

    let house = House::open(folder.path(), &model).await;
    assert_eq!(house.replies(1).await, ["I shall check first."]);
    assert!(house.tools.calls.lock().unwrap().is_empty(), "the tool must not run a second time");
    let last = model.last_request().messages.pop().unwrap();
    let Some(Block::ToolResult { content, is_error: true, .. }) = last.content.first() else {
        panic!("no result: {last:?}");
    };
    assert!(content.contains("outcome of this call is unknown"), "{content}");
    house.close().await;
}

#[tokio::test]
async fn an_answer_that_asked_for_tools_is_not_paid_for_twice() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([
        Play::Tool("t1", "look", json!({})),
        Play::Hang("thinking aloud"),
        Play::Say("Found it."),
    ]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "look").await;
    house.until("the second call", || model.calls() == 2).await;
    house.close().await;

    let house = House::open(folder.path(), &model).await;
    assert_eq!(house.replies(1).await, ["Found it."]);
    assert_eq!(model.calls(), 3, "only the call that hung is made again");
    assert!(house.tools.calls.lock().unwrap().is_empty(), "its result had been stored");
    house.close().await;
}

#[tokio::test]
async fn arguments_that_are_no_json_come_back_to_the_model_as_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let broken = Value::String("{\"a\": ".into());
    let model = Model::new([Play::Tool("t1", "send_money", broken), Play::Say("Sorry.")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "go").await;
    assert_eq!(house.replies(1).await, ["Sorry."]);
    assert!(house.tools.calls.lock().unwrap().is_empty());
    house.close().await;
}

#[tokio::test]
async fn a_second_call_with_arguments_that_are_no_json_ends_the_turn_with_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let broken = || Play::Tool("t1", "send_money", Value::String("{\"a\": ".into()));
    let model = Model::new([broken(), broken(), Play::Say("Better now.")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "go").await;
    assert!(house.replies(1).await[0].contains("could not say properly how"));
    assert_eq!(model.calls(), 2, "one to repair it, and no more");
    house.say("1", "again").await;
    assert_eq!(house.replies(2).await[1], "Better now.");
    house.close().await;
}

#[tokio::test]
async fn a_call_of_a_tool_has_a_name_that_a_restart_does_not_change() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Tool("t1", "look", json!({})), Play::Say("I looked.")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "look around").await;
    house.replies(1).await;
    let answer = house.store.answers(None, 1).await.unwrap().remove(0);
    assert_eq!(*house.tools.keys.lock().unwrap(), [format!("{}:t1", answer.turn)]);
    house.close().await;
}

#[tokio::test]
async fn a_model_that_never_stops_asking_for_tools_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let endless = (0..20).map(|_| Play::Tool("t", "look", json!({})));
    let model = Model::new(endless);
    let house = House::with(folder.path(), &model, |options| options.max_tool_rounds = 3).await;
    house.say("1", "look").await;
    let reply = house.replies(1).await.remove(0);
    assert!(reply.contains("over and over"), "{reply}");
    assert_eq!(model.calls(), 5, "three rounds, one with an error for every call, one that is the last");
    house.close().await;
}

fn asks_for(id: &str, name: &str) -> Block {
    Block::ToolUse { id: id.into(), name: name.into(), input: json!({}) }
}

#[tokio::test]
async fn a_stop_between_tools_keeps_what_has_run_and_says_what_has_not() {
    let folder = tempfile::tempdir().unwrap();
    let blocks = vec![asks_for("t1", "send_money"), asks_for("t2", "hang"), asks_for("t3", "look")];
    let model = Model::new([Play::Blocks(blocks), Play::Say("I had sent it.")]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "go").await;
    house.until("the tool that hangs", || house.tools.calls.lock().unwrap().len() == 2).await;
    house.agent.inbox().stop(&Conversation::new("test", "1"));
    assert_eq!(house.replies(1).await, ["(Stopped.)"]);
    house.say("1", "what have you done?").await;
    house.replies(2).await;
    let results: Vec<(String, bool)> = model.last_request().messages[2]
        .content
        .iter()
        .map(|block| match block {
            Block::ToolResult { content, is_error, .. } => (content.clone(), *is_error),
            other => panic!("no result: {other:?}"),
        })
        .collect();
    assert_eq!(results[0], ("send_money done".into(), false));
    assert!(results[1].0.contains("may or may not") && results[1].1, "{results:?}");
    assert_eq!(results[2], ("not run: stopped".into(), true));
    house.close().await;
}

#[tokio::test]
async fn what_was_done_stays_known_when_the_account_cannot_pay_for_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let blocks = vec![Block::text("First the money."), asks_for("t1", "send_money")];
    let model = Model::new([
        Play::Blocks(blocks),
        Play::Fail(ProviderErrorKind::SpendLimit),
        Play::Say("It was sent."),
    ]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "send it").await;
    assert!(house.replies(1).await[0].contains("spend limit"));
    house.say("1", "did you?").await;
    house.replies(2).await;
    let asked = model.last_request().messages;
    assert_eq!(asked.len(), 5, "{asked:?}");
    assert!(matches!(asked[2].content[0], Block::ToolResult { is_error: false, .. }));
    assert!(asked[3].plain_text().contains("spend limit"));
    house.close().await;
}

#[tokio::test]
async fn thinking_is_not_sent_again_by_a_turn_that_was_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let thinking = Block::Thinking { thinking: "hm".into(), signature: "s".into() };
    let is_thinking = |block: &Block| matches!(block, Block::Thinking { .. });
    let model = Model::new([
        Play::Blocks(vec![thinking, asks_for("t1", "look")]),
        Play::Fail(ProviderErrorKind::Overloaded),
        Play::Say("Seen."),
    ]);
    let house = House::open(folder.path(), &model).await;
    house.say("1", "look").await;
    house.replies_to("1", 1).await;
    assert!(
        model.last_request().messages[1].content.iter().any(is_thinking),
        "within a turn it must be sent"
    );
    house.later(Duration::from_secs(60)).await;
    assert_eq!(house.replies_to("1", 2).await[1], "Seen.");
    let asked = model.last_request().messages;
    assert!(!asked.iter().flat_map(|message| &message.content).any(is_thinking), "{asked:?}");
    house.close().await;
}

#[tokio::test]
async fn a_disk_that_is_full_in_the_middle_of_a_turn_puts_it_back_with_what_was_paid() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Tool("t1", "send_money", json!({})), Play::Say("Sent.")]);
    let house = House::open(folder.path(), &model).await;
    // Once after the answer that asks for the tool, once before the tool.
    house.store.failing.store(2, Ordering::SeqCst);
    house.say("1", "go").await;
    for left in [1, 0] {
        house
            .until("a failure", || {
                house.store.failing.load(Ordering::SeqCst) == left && house.agent.running().is_empty()
            })
            .await;
        house.later(Duration::from_secs(60)).await;
    }
    assert_eq!(house.replies_to("1", 1).await, ["Sent."]);
    assert_eq!(model.calls(), 2, "what was paid for is not asked again");
    assert_eq!(*house.tools.calls.lock().unwrap(), ["send_money"]);
    assert_eq!(house.spent().await.calls, 2);
    house.close().await;
}

#[tokio::test]
async fn a_call_that_was_never_run_is_closed_when_its_turn_is_stopped_while_it_waits() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([
        Play::Blocks(vec![Block::text("First the money."), asks_for("t1", "send_money")]),
        Play::Say("No."),
    ]);
    let house = House::open(folder.path(), &model).await;
    house.store.failing.store(1, Ordering::SeqCst);
    house.say("1", "go").await;
    house.until("the failure", || model.calls() == 1 && house.agent.running().is_empty()).await;
    house.say("1", "/stop").await;
    assert_eq!(house.replies(2).await[0], "First the money.\n\n(Stopped.)");
    house.say("1", "was it sent?").await;
    house.replies(3).await;
    let asked = model.last_request().messages;
    let expected =
        Block::ToolResult { tool_use_id: "t1".into(), content: "not run: stopped".into(), is_error: true };
    assert_eq!(asked[2].content, [expected], "{asked:?}");
    assert_eq!(asked[1].plain_text(), "First the money.", "said once");
    assert!(house.tools.calls.lock().unwrap().is_empty());
    house.close().await;
}
