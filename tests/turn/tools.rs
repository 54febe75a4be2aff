// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::house::{House, Model, Play};
use blufio_core::content::Block;
use serde_json::{Value, json};

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
