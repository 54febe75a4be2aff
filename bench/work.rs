// SPDX-License-Identifier: MIT OR Apache-2.0
//! A daemon at work: what it holds, what it adds to a turn, and how many turns it takes a second.

use crate::daemon::{Daemon, Remembers, Vaulted};
use crate::report::{Memory, Spread, Work};
use crate::{Bench, CHATS, PATIENCE};
use std::time::{Duration, Instant};

/// Turns of one conversation, for the latency.
const TURNS: usize = 300;
/// Turns that are not counted: connections come about, caches fill, the sentence model is loaded.
const WARM: usize = 40;
/// Turns of each conversation, for the throughput.
const ROUNDS: usize = 20;
/// Quiet before memory is read.
const IDLE: Duration = Duration::from_secs(5);

impl Bench {
    pub(crate) async fn work(&self, remembers: Remembers) -> Work {
        let mut daemon = Daemon::start(&self.telegram, &self.anthropic, Vaulted::Yes, remembers).await;
        daemon.ready().await;
        tokio::time::sleep(IDLE).await;
        let idle = Memory::of(daemon.pid());
        self.latencies(100).await;
        tokio::time::sleep(IDLE).await;
        let after_100_turns = Memory::of(daemon.pid());
        let added = self.latencies(TURNS).await;
        let turns_per_second = self.throughput().await;
        let after_all_turns = Memory::of(daemon.pid());
        daemon.stop().await;
        Work {
            idle,
            after_100_turns,
            after_all_turns,
            added_latency: Spread::of(added.iter().map(|(before, after)| *before + *after).collect()),
            added_before_the_model: Spread::of(added.iter().map(|(before, _)| *before).collect()),
            added_after_the_model: Spread::of(added.iter().map(|(_, after)| *after).collect()),
            turns_per_second,
        }
    }

    /// One conversation; for each turn the time that is the program's, before and after the model.
    async fn latencies(&self, turns: usize) -> Vec<(Duration, Duration)> {
        let mut added = Vec::new();
        for turn in 0..turns + WARM {
            self.telegram.forget();
            self.anthropic.forget();
            let answer = self.say(1, turn).await;
            let update = self.telegram.answered(&answer.0);
            let asked = self.anthropic.first_asked();
            let answered = self.anthropic.last_answered();
            let sent = self.telegram.asked(&answer.1);
            if turn >= WARM {
                let before = asked.saturating_duration_since(update);
                added.push((before, sent.saturating_duration_since(answered)));
            }
            // Between two things that a person says there is time; the daemon may put its papers in order.
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        added
    }

    /// Says something and waits for the answer; returns what was said and what was answered.
    async fn say(&self, chat: i64, turn: usize) -> (String, String) {
        let answer = format!("This is answer {turn} to {chat}.");
        // Words of the person's own, so that there is something to look for.
        let said = format!("How many apples are on shelf {turn}? [sim:say {answer}]");
        let telegram = &self.simulator.telegram;
        telegram.send_text(chat, chat, &said);
        let arrived = |telegram: &blufio_simulator::telegram::Telegram| {
            telegram.last_message(chat).is_some_and(|last| last.text == answer)
        };
        assert!(telegram.wait_for(PATIENCE, arrived).await, "no answer in chat {chat}");
        (said, answer)
    }

    async fn throughput(&self) -> f64 {
        let begin = Instant::now();
        let talks = (1..=CHATS).map(async |chat| {
            for round in 0..ROUNDS {
                self.say(chat, 1_000_000 + round).await;
            }
        });
        futures_util::future::join_all(talks).await;
        let turns = CHATS as f64 * ROUNDS as f64;
        turns / begin.elapsed().as_secs_f64()
    }
}
