// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::house::{House, Model, Play};
use blufio_core::storage::{Peer, Peers as _};

async fn open(folder: &std::path::Path, model: &std::sync::Arc<Model>) -> House {
    House::with(folder, model, |options| options.trusted_channels.clear()).await
}

async fn only_peer(house: &House) -> Peer {
    let mut peers = house.store.peers(blufio_core::time::Timestamp(1_000_000)).await.unwrap();
    assert_eq!(peers.len(), 1);
    peers.remove(0)
}

#[tokio::test]
async fn a_stranger_gets_a_pairing_code_once_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Say("Welcome.")]);
    let house = open(folder.path(), &model).await;
    house.say("1", "/status").await;
    house.say("1", "let me in").await;
    let told = house.replies(1).await.remove(0);
    house.quiet().await;
    let peer = only_peer(&house).await;
    let code = peer.code.clone().unwrap();
    assert!(told.contains(&code), "{told}");

    assert_eq!(
        house.store.approve(&code, blufio_core::time::Timestamp(1_000_001)).await.unwrap().unwrap().sender,
        "user-1"
    );
    house.say("1", "hello").await;
    let replies = house.replies(2).await;
    assert_eq!(replies[1], "Welcome.");
    assert_eq!(model.calls(), 1, "the model has heard nothing of the stranger");
    house.close().await;
}

#[tokio::test]
async fn a_stranger_in_a_group_is_not_answered() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    let house = open(folder.path(), &model).await;
    let mut message = house.message("1", "speak!");
    message.private = false;
    house.accept(message).await;
    let mut known = house.message("2", "/help");
    known.sender.id = "somebody".into();
    house.accept(known).await;
    assert_eq!(house.replies(1).await.len(), 1, "only the private one");
    assert_eq!(house.line.sent.lock().unwrap()[0].0.chat, "2");
    house.close().await;
}

#[tokio::test]
async fn a_stranger_in_a_group_stops_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([Play::Hang("dear friends,")]);
    let allow = |options: &mut blufio_agent::AgentOptions| {
        options.trusted_channels.clear();
        options.allowed = vec![("test".into(), "user-1".into())];
    };
    let house = House::with(folder.path(), &model, allow).await;
    let in_group = |sender: &str, text: &str| {
        let mut message = house.message("1", text);
        message.sender.id = sender.into();
        message.private = false;
        message
    };
    house.accept(in_group("user-1", "a speech, please")).await;
    house.until("the first words", || !house.line.shown.lock().unwrap().is_empty()).await;
    house.accept(in_group("somebody", "/stop")).await;
    house.say("elsewhere", "x").await;
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert_eq!(house.sent_to("1"), Vec::<String>::new());
    house.accept(in_group("user-1", "/stop")).await;
    let replies = house.replies_to("1", 2).await;
    assert_eq!(replies[0], "dear friends,\n\n(Stopped.)");
    house.close().await;
}
