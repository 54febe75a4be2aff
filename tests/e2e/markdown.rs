// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whatever a model writes arrives: nothing is refused by Telegram's rules, and no word is lost or out of place.

mod hostile;
mod words;

use blufio_core::channel::{Channel as _, Delivery};
use blufio_core::ids::{Conversation, OutboxId};
use blufio_core::observe::{Exposition, Observability, Observation};
use blufio_core::secret::SecretString;
use blufio_core::time::{Clock, Timestamp};
use blufio_net::{Net, NetOptions, Redactor};
use blufio_simulator::Simulator;
use blufio_simulator::anthropic::brain::markdown;
use blufio_simulator::telegram::{Entity, Kind, utf16_len};
use blufio_telegram::{Telegram, TelegramOptions};
use std::sync::Arc;
use words::Words;

/// Texts that are formatted, sent and judged.
const TEXTS: u64 = 10_000;
/// Chats that are written to at the same time.
const CHATS: u64 = 8;
/// Longest message, in UTF-16 units.
const LIMIT: usize = 4096;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000)
    }
}

struct Deaf;

impl Observability for Deaf {
    fn record(&self, _observation: Observation<'_>) {}
    fn render(&self) -> Result<Exposition, String> {
        Err("nothing was listened to".into())
    }
}

fn channel(simulator: &Simulator) -> Telegram {
    let net = NetOptions { loopback_origins: vec![simulator.telegram_addr()], ..NetOptions::default() };
    let net = Net::new(net, Arc::new(Redactor::new())).unwrap();
    let token = SecretString::new(simulator.telegram.token());
    let options = TelegramOptions::new(token, simulator.telegram_url().parse().unwrap());
    Telegram::new(net, options, Arc::new(Noon), Arc::new(Deaf)).unwrap()
}

/// Every second text is of the kind that models write; the others are as hostile as they can be.
fn text(number: u64) -> String {
    if number.is_multiple_of(2) { markdown::generate(number) } else { hostile::generate(number) }
}

/// Sends its share of the texts. Returns, for each, the number of its parts.
async fn write(telegram: &Telegram, chat: u64) -> Vec<(u64, usize)> {
    let conversation = Conversation::new("telegram", chat.to_string());
    let mut sent = Vec::new();
    for number in (0..TEXTS).filter(|number| number / 2 % CHATS == chat - 1) {
        let parts = telegram.render(&conversation, &text(number));
        sent.push((number, parts.len()));
        for (index, payload) in parts.into_iter().enumerate() {
            let id = OutboxId(i64::try_from(number * 1_000).unwrap() + i64::try_from(index).unwrap());
            let delivery = Delivery { id, conversation: conversation.clone(), turn: None, payload };
            if let Err(error) = telegram.deliver(&delivery).await {
                panic!("text {number}, part {index}: {error}\n{:?}", delivery.payload);
            }
        }
    }
    sent
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_texts_are_taken_and_no_word_of_them_is_lost() {
    let simulator = Simulator::start(None).await.unwrap();
    let telegram = Arc::new(channel(&simulator));
    let mut writers = tokio::task::JoinSet::new();
    for chat in 1..=CHATS {
        simulator.telegram.user(i64::try_from(chat).unwrap(), "Ada");
        let telegram = Arc::clone(&telegram);
        writers.spawn(async move { (chat, write(&telegram, chat).await) });
    }

    let (mut texts, mut messages) = (0, 0);
    while let Some(written) = writers.join_next().await {
        let (chat, sent) = written.unwrap();
        let mut arrived = simulator.telegram.messages(i64::try_from(chat).unwrap()).into_iter();
        for (number, parts) in sent {
            let parts: Vec<_> = arrived.by_ref().take(parts).collect();
            for part in &parts {
                assert!(utf16_len(&part.text) <= LIMIT, "text {number}: {} units", utf16_len(&part.text));
                assert!(part.edits.is_empty() && !part.deleted);
            }
            let shown: String = parts.iter().map(|part| words::shown(&part.text, &part.entities)).collect();
            if let Some(lost) = Words::of(&text(number)).missing_in(&shown) {
                panic!("text {number}: {lost:?} is lost or out of place\n{}\n---\n{shown}", text(number));
            }
            texts += 1;
            messages += parts.len();
        }
        assert_eq!(arrived.len(), 0, "more arrived than was sent");
    }
    assert_eq!(texts, TEXTS);
    assert_eq!(simulator.telegram.rejections(), []);
    assert_eq!(simulator.telegram.warnings(), []);
    println!("{texts} texts became {messages} messages");
    simulator.shutdown().await;
}

/// The judge of the test above must be able to find fault.
#[test]
fn a_lost_word_and_a_swapped_word_are_noticed() {
    let source = Words::of("**One** two\n\n```rust\nthree\n```\n[four](https://example.org/x) 日本 &amp;");
    assert_eq!(source.missing_in("Onetwothreefour日本&"), None);
    assert_eq!(source.missing_in("Onethreefour日本&").as_deref(), Some("two"));
    assert_eq!(source.missing_in("twoOnethreefour日本&").as_deref(), Some("two"));
    assert_eq!(source.missing_in("Onetwothreefour&").as_deref(), Some("日本"));
    let link = Entity { kind: Kind::TextLink { url: "https://example.org/".into() }, offset: 0, length: 1 };
    assert_eq!(words::shown("a b", &[link]), "ab");
}

#[test]
fn the_hostile_texts_hold_what_they_are_meant_to_hold() {
    let all: String = (0..2_000).map(hostile::generate).collect();
    for piece in
        ["<a@b.c>", "\u{200d}", "العربية", "日本", "\u{301}", "```", "| --- |", "> > ", "\u{0}", "<!--"]
    {
        assert!(all.contains(piece), "{piece:?}");
    }
    assert!((0..2_000).map(hostile::generate).any(|text| text.trim().is_empty()));
    assert!((0..2_000).map(hostile::generate).any(|text| utf16_len(&text) > 3 * LIMIT));
}
