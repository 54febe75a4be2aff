// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::Store;
use crate::behaviour::fixture::{fresh, number};
use blufio_core::storage::{Pairing, Peer, Peers};
use blufio_core::time::Timestamp;

fn stranger(sender: &str, code: &str, now: i64) -> Peer {
    Peer {
        channel: "telegram".into(),
        sender: sender.into(),
        name: format!("{sender} O'Brien"),
        approved_at: None,
        asked_at: Timestamp(now),
        code: Some(code.into()),
    }
}

async fn ask(store: &Store, sender: &str, code: &str, now: i64) -> Pairing {
    store.ask_pairing(stranger(sender, code, now), Timestamp(now + 100), 3, Timestamp(now)).await.unwrap()
}

#[tokio::test]
async fn a_stranger_is_let_in_by_his_code() {
    let f = fresh();
    assert_eq!(ask(&f.store, "7", "AAAA", 10).await, Pairing::New { code: "AAAA".into() });
    assert_eq!(ask(&f.store, "7", "BBBB", 11).await, Pairing::Pending { code: "AAAA".into() });
    assert!(!f.store.is_approved("telegram", "7").await.unwrap());
    assert_eq!(f.store.approve("BBBB", Timestamp(12)).await.unwrap(), None);
    let peer = f.store.approve("AAAA", Timestamp(12)).await.unwrap().unwrap();
    let expected = Peer { approved_at: Some(Timestamp(12)), code: None, ..stranger("7", "", 10) };
    assert_eq!(peer, expected);
    assert!(f.store.is_approved("telegram", "7").await.unwrap());
    assert!(!f.store.is_approved("http", "7").await.unwrap(), "on this channel only");
    assert_eq!(f.store.approve("AAAA", Timestamp(13)).await.unwrap(), None, "a code opens once");
    assert_eq!(f.store.peers(Timestamp(13)).await.unwrap(), [expected]);
}

#[tokio::test]
async fn an_expired_code_opens_nothing_and_the_stranger_gets_a_new_one() {
    let f = fresh();
    ask(&f.store, "7", "AAAA", 10).await;
    assert_eq!(f.store.peers(Timestamp(109)).await.unwrap()[0].code.as_deref(), Some("AAAA"));
    assert_eq!(f.store.peers(Timestamp(110)).await.unwrap()[0].code, None);
    assert_eq!(f.store.approve("AAAA", Timestamp(110)).await.unwrap(), None);
    assert_eq!(ask(&f.store, "7", "BBBB", 110).await, Pairing::New { code: "BBBB".into() });
    let peer = f.store.approve("BBBB", Timestamp(111)).await.unwrap().unwrap();
    assert_eq!(peer.asked_at, Timestamp(10), "when he first asked");
}

#[tokio::test]
async fn only_so_many_strangers_may_wait() {
    let f = fresh();
    for (sender, code) in [("1", "A"), ("2", "B"), ("3", "C")] {
        assert!(matches!(ask(&f.store, sender, code, 10).await, Pairing::New { .. }));
    }
    assert_eq!(ask(&f.store, "4", "D", 11).await, Pairing::Full);
    assert_eq!(ask(&f.store, "1", "D", 11).await, Pairing::Pending { code: "A".into() });
    f.store.approve("B", Timestamp(12)).await.unwrap().unwrap();
    assert!(matches!(ask(&f.store, "4", "D", 13).await, Pairing::New { .. }));
    assert_eq!(ask(&f.store, "5", "E", 14).await, Pairing::Full);
    assert!(matches!(ask(&f.store, "5", "E", 200).await, Pairing::New { .. }), "expired ones do not count");
}

#[tokio::test]
async fn strangers_cannot_fill_the_disk() {
    let f = fresh();
    f.store.ask_pairing(stranger("friend", "F", 0), Timestamp(1), 1, Timestamp(0)).await.unwrap();
    f.store.approve("F", Timestamp(0)).await.unwrap().unwrap();
    for sender in 0..110_i64 {
        let now = 10 * sender;
        let name = sender.to_string();
        let asked =
            f.store.ask_pairing(stranger(&name, &name, now), Timestamp(now + 5), 1, Timestamp(now)).await;
        assert!(matches!(asked, Ok(Pairing::New { .. })), "{asked:?}");
    }
    let known = f.store.peers(Timestamp(2000)).await.unwrap();
    assert_eq!(known.len(), 1 + 100 + 1, "the friend, the remembered ones, the one who waits");
    assert_eq!(known[0].sender, "109");
    assert!(known.iter().any(|peer| peer.sender == "friend"));
    assert_eq!(number(&f.store, "SELECT min(asked_at) FROM peers WHERE sender <> 'friend'").await, 90);
}

#[tokio::test]
async fn a_person_is_forgotten() {
    let f = fresh();
    ask(&f.store, "7", "AAAA", 10).await;
    f.store.approve("AAAA", Timestamp(11)).await.unwrap();
    assert!(f.store.remove_peer("telegram", "7").await.unwrap());
    assert!(!f.store.remove_peer("telegram", "7").await.unwrap());
    assert!(!f.store.is_approved("telegram", "7").await.unwrap());
}

#[tokio::test]
async fn someone_who_was_let_in_meanwhile_is_given_no_code() {
    let f = fresh();
    ask(&f.store, "7", "AAAA", 10).await;
    f.store.approve("AAAA", Timestamp(11)).await.unwrap();
    assert_eq!(ask(&f.store, "7", "BBBB", 12).await, Pairing::Approved);
    assert_eq!(f.store.approve("BBBB", Timestamp(13)).await.unwrap(), None);
}
