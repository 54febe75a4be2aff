// SPDX-License-Identifier: MIT OR Apache-2.0
//! `kill -9` at any point: nothing is lost, and nothing is said twice but in one window.
//!
//! The window: Telegram has accepted a message, and the program dies before it has noted that. Telegram has no key by
//! which it would know a repeated message again, so that the message is sent once more. What is on the wire at the kill
//! is accepted after it, which is the same. Each such case is counted, and must look like one: the last message of its
//! chat before a kill, repeated as the first one after it. Turns are as short here as they never are with a real model,
//! and every chat is busy all the time: about one kill in two finds some chat in its window.

use crate::dice::Dice;
use crate::house::{House, PATIENCE};
use blufio_simulator::telegram::{Fault, Telegram};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Kills, over all houses.
const KILLS: usize = 300;
/// Houses at the same time: while one starts, another works.
const HOUSES: usize = 4;
/// Conversations of a house.
const CHATS: [i64; 6] = [42, 43, 44, 45, 46, 47];
/// Messages of a conversation that wait for an answer at most.
const WAITING: usize = 4;
/// Between Telegram's acceptance and its being noted lies one commit; on a machine that does much else it takes a while.
const WINDOW: Duration = Duration::from_secs(2);
/// How long what a killed process has sent may take to arrive.
const LAST_BREATH: Duration = Duration::from_millis(30);

/// One house and its story.
struct Storm {
    house: House,
    dice: Dice,
    /// What was asked, by chat: the marks by which answers are known.
    asked: BTreeMap<i64, Vec<String>>,
    count: usize,
    kills: Vec<Kill>,
    born: Instant,
}

/// One `kill -9`.
struct Kill {
    /// When, since the simulator was born.
    at: Duration,
    /// How many messages each chat held then.
    held: BTreeMap<i64, usize>,
}

/// How a storm ended.
#[derive(Debug, Default)]
struct Calm {
    messages: usize,
    /// For each message that was repeated within the window: from its acceptance to the kill.
    repeated: Vec<Duration>,
    faults: Vec<String>,
}

impl Storm {
    async fn gather(seed: u64) -> Self {
        let born = Instant::now();
        let house = House::plan()
            .idle()
            .set("telegram.allowed_users", &format!("{CHATS:?}"))
            .set("log.level", "\"info\"")
            // Newer models keep to themselves what they say before they use a tool: the mark would not be heard.
            .set("routing.standard", "\"claude-haiku-4-5\"")
            .build()
            .await;
        Self { house, dice: Dice::new(seed), asked: BTreeMap::new(), count: 0, kills: Vec::new(), born }
    }

    /// Somebody writes, unless everybody waits for too much already.
    fn write(&mut self) {
        let chat = CHATS[self.dice.below(CHATS.len())];
        let asked = self.asked.entry(chat).or_default();
        if asked.len() >= self.house.sim.telegram.messages(chat).len() + WAITING {
            return;
        }
        self.count += 1;
        let mark = format!("answer-{}.", self.count);
        let orders = match self.dice.below(4) {
            0 => r#"[sim:tool current_time {"time_zone":"UTC"}]"#,
            1 | 2 => "[sim:sleep 0.1]",
            _ => "",
        };
        asked.push(mark.clone());
        self.house.say(chat, &format!("[sim:say {mark}]{orders}"));
    }

    /// People write for a while.
    async fn work(&mut self, span: Duration) {
        let end = Instant::now() + span;
        loop {
            self.write();
            let pause = Duration::from_millis(self.dice.up_to(30));
            let left = end.saturating_duration_since(Instant::now());
            tokio::time::sleep(pause.min(left)).await;
            if left.is_zero() {
                return;
            }
        }
    }

    /// One life of the daemon, from its start to its kill.
    async fn live(&mut self) {
        let polls = |telegram: &Telegram| telegram.count_calls("getUpdates");
        let before = polls(&self.house.sim.telegram);
        self.house.spawn();
        // Now and then it does not even get to its feet.
        if self.dice.below(6) > 0 {
            self.house.until("a daemon at work", move |telegram| polls(telegram) > before).await;
        }
        let span = Duration::from_millis(self.dice.up_to(400));
        self.work(span).await;
        let at = self.born.elapsed();
        self.house.kill().await;
        // What it sent with its last breath is still on the way through the kernel.
        tokio::time::sleep(LAST_BREATH).await;
        let held = CHATS.iter().map(|chat| (*chat, self.house.sim.telegram.all_messages(*chat).len()));
        self.kills.push(Kill { at, held: held.collect() });
    }

    /// The last life: everything is answered.
    async fn calm(mut self) -> Calm {
        self.house.spawn();
        self.house.wait_ready().await;
        let asked = self.asked.clone();
        let all = move |telegram: &Telegram| {
            asked.iter().all(|(chat, marks)| {
                let messages = telegram.messages(*chat);
                marks.iter().all(|mark| messages.iter().any(|message| message.text.contains(mark.as_str())))
            })
        };
        let answered = self.house.sim.telegram.wait_for(PATIENCE, all).await;
        self.house
            .eventually("an empty outbox", async || {
                self.house.metrics().await.get("blufio_outbox_depth", &[]) == Some(0.0)
            })
            .await;
        self.house.terminate().await;

        let mut calm = Calm { messages: self.count, ..Calm::default() };
        if !answered {
            calm.faults.push("not everything was answered".into());
        }
        for (chat, marks) in &self.asked {
            self.judge(*chat, marks, &mut calm);
        }
        self.inspect(&mut calm).await;
        calm
    }

    /// Each mark once and in order; a second time only within the window.
    fn judge(&self, chat: i64, marks: &[String], calm: &mut Calm) {
        let messages = self.house.sim.telegram.all_messages(chat);
        let mut next = 0;
        for (index, message) in messages.iter().enumerate() {
            let at = marks.iter().position(|mark| message.text.contains(mark.as_str()));
            let kill = self.kills.iter().find(|kill| kill.held[&chat] == index);
            match (at, kill) {
                (Some(at), _) if at == next => next += 1,
                (Some(at), Some(kill)) if at + 1 == next => {
                    calm.repeated.push(kill.at.saturating_sub(messages[index - 1].at));
                }
                _ => {
                    let text = &message.text;
                    calm.faults
                        .push(format!("chat {chat}, message {index}, instead of answer {next}: {text:?}"));
                    next = at.map_or(next, |at| next.max(at + 1));
                }
            }
        }
        for lost in &marks[next..] {
            calm.faults.push(format!("chat {chat}: {lost} was not answered"));
        }
    }

    /// The state is whole and has nothing left to do; neither service was annoyed.
    async fn inspect(&self, calm: &mut Calm) {
        let status = self.house.blufio(&["status", "--json"], "").await.json();
        for (field, wanted) in [("queue_depth", 0), ("outbox_depth", 0), ("dead_letters", 0)] {
            if status["store"][field] != wanted {
                calm.faults.push(format!("{field}: {status}"));
            }
        }
        let state = rusqlite::Connection::open(self.house.database()).unwrap();
        let verdict: String = state.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        if verdict != "ok" {
            calm.faults.push(verdict);
        }
        let telegram = &self.house.sim.telegram;
        calm.faults.extend(telegram.rejections().iter().map(|found| format!("{found:?}")));
        calm.faults.extend(telegram.warnings().iter().map(|found| format!("{found:?}")));
        let calls = self.house.sim.anthropic.requests();
        let refused = calls.iter().filter(|call| (400..500).contains(&call.status));
        calm.faults.extend(refused.map(|call| format!("Claude refused: {:?} {}", call.error, call.body)));
    }
}

async fn storm(seed: u64) -> Calm {
    let mut storm = Storm::gather(seed).await;
    for _ in 0..KILLS / HOUSES {
        storm.live().await;
    }
    storm.calm().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_kills_lose_nothing_and_repeat_only_within_the_window() {
    let seed = Dice::seed("three hundred kills");
    let storms = (0..HOUSES).map(|house| storm(seed.wrapping_add(house as u64)));
    let (mut messages, mut repeated, mut faults) = (0, Vec::new(), Vec::new());
    for calm in futures_util::future::join_all(storms).await {
        messages += calm.messages;
        repeated.extend(calm.repeated);
        faults.extend(calm.faults);
    }
    repeated.sort();
    let on_the_wire = repeated.iter().filter(|open| open.is_zero()).count();
    println!(
        "{KILLS} kills, {messages} messages; {} repeated within the window ({on_the_wire} were on the wire at the kill), \
         which was open for {:?} at most",
        repeated.len(),
        repeated.last().copied().unwrap_or_default(),
    );
    assert!(faults.is_empty(), "seed {seed}: {faults:#?}");
    let long = repeated.iter().filter(|open| **open > WINDOW).count();
    assert_eq!(long, 0, "seed {seed}: the acceptance of a message was not noted for longer than {WINDOW:?}");
    assert!(messages >= KILLS, "too little was asked: {messages}");
}

/// Twenty starts one after another: what was answered is not answered again, what comes meanwhile is answered once.
#[tokio::test]
async fn a_storm_of_restarts_sends_nothing_twice() {
    let mut house = House::start().await;
    for restart in 0..20 {
        let answer = house.ask(42, &format!("[sim:say answer-{restart}.]")).await;
        assert_eq!(answer.text, format!("answer-{restart}."));
        house
            .eventually("the answer is noted", async || {
                house.metrics().await.get("blufio_outbox_depth", &[]) == Some(0.0)
            })
            .await;
        if restart % 2 == 0 {
            house.kill().await;
        } else {
            house.terminate().await;
        }
        house.spawn();
        house.wait_ready().await;
    }
    house.terminate().await;
    assert_eq!(house.sim.telegram.all_messages(42).len(), 20);
    let status = house.blufio(&["status", "--json"], "").await.json();
    assert_eq!(status["store"]["queue_depth"], 0);
    house.assert_clean();
}

/// Killed before it could tell Telegram that updates had arrived: they are not answered again.
#[tokio::test]
async fn updates_that_telegram_still_holds_are_not_answered_again() {
    let mut house = House::start().await;
    for number in 0..5 {
        // The poll that is under way brings the update; the one that would confirm it is cut.
        house.until("a poll under way", |telegram| telegram.count_calls("getUpdates") > 0).await;
        house.sim.telegram.fail_times("getUpdates", Fault::ResetBefore, 1_000);
        let answer = house.ask(42, &format!("[sim:say answer-{number}.]")).await;
        assert_eq!(answer.text, format!("answer-{number}."));
        house
            .eventually("the answer is noted", async || {
                house.metrics().await.get("blufio_outbox_depth", &[]) == Some(0.0)
            })
            .await;
        assert_eq!(house.sim.telegram.pending_updates(), 1, "Telegram was told after all");
        house.kill().await;
        house.sim.telegram.clear_faults();
        house.spawn();
        house.wait_ready().await;
        house.until("Telegram is told", |telegram| telegram.pending_updates() == 0).await;
    }
    house.ask(42, "[sim:say the end]").await;
    assert_eq!(house.sim.telegram.all_messages(42).len(), 6);
    house.assert_clean();
}
