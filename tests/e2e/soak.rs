// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ten thousand turns through one daemon: what it holds in memory and on disk after the first thousands, it holds after
//! the last.

use crate::house::{House, PATIENCE};
use blufio_simulator::telegram::Telegram;

/// Turns in all.
const TURNS: usize = 10_000;
/// Conversations side by side; each has said more than the model is shown of it long before the end.
const CHATS: i64 = 16;
/// Memory is looked at from here on.
const WARM: usize = 3_000;
/// Between two looks.
const STRIDE: usize = 500;
/// A long life ends in gigabytes from slopes that are hardly seen: this much may come and go.
const GROWTH: u64 = 8 << 20;
/// Most that the process may ever hold.
const MOST: u64 = 200 << 20;
/// Most that the write-ahead log may hold.
const LOG: u64 = 32 << 20;

/// What the kernel says of the process, in bytes.
fn memory(pid: i32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() << 10
}

/// The mean growth over a turn, in bytes: the slope of the line through the points that has the least squares.
fn slope(points: &[(usize, u64)]) -> f64 {
    let count = points.len() as f64;
    let points = points.iter().map(|(turn, bytes)| (*turn as f64, *bytes as f64));
    let (mean_x, mean_y) =
        points.clone().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
    let over = points.clone().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>();
    let under = points.map(|(x, _)| (x - mean_x).powi(2)).sum::<f64>();
    over / under
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_turns_leave_memory_and_log_as_they_were() {
    let chats: Vec<i64> = (1..=CHATS).collect();
    let house = House::plan()
        .set("telegram.allowed_users", &format!("{chats:?}"))
        .set("context.soft_limit_tokens", "2000")
        .set("context.keep_tokens", "500")
        .set("log.level", "\"warn,blufio::daemon=info\"")
        .build()
        .await;
    let pid = house.pid();
    let log = house.database().with_extension("db-wal");
    let (mut asked, mut seen, mut log_most) = (0, Vec::new(), 0);
    while asked < TURNS {
        // As many rounds as fit between two looks; each conversation waits for its own answer only.
        let rounds = (asked + STRIDE).min(TURNS).saturating_sub(asked) / chats.len() + 1;
        let talks = chats.iter().map(|chat| talk(&house.sim.telegram, *chat, asked, rounds));
        futures_util::future::join_all(talks).await;
        asked += rounds * chats.len();
        let rss = memory(pid, "VmRSS:");
        log_most = log_most.max(std::fs::metadata(&log).map_or(0, |log| log.len()));
        if asked >= WARM {
            seen.push((asked, rss));
        }
    }

    let first = seen.first().unwrap().1;
    let last = seen.last().unwrap().1;
    let grown = slope(&seen) * (TURNS - WARM) as f64;
    println!(
        "{asked} turns: {:.1} MB after {WARM}, {:.1} MB at the end, {:.1} MB at most; slope {:.0} bytes a turn; log {:.1} MB at most",
        first as f64 / 1e6,
        last as f64 / 1e6,
        memory(pid, "VmHWM:") as f64 / 1e6,
        slope(&seen),
        log_most as f64 / 1e6,
    );
    assert!(grown < GROWTH as f64, "memory grows: {seen:?}");
    assert!(memory(pid, "VmHWM:") <= MOST);
    assert!(log_most <= LOG, "the write-ahead log grows: {log_most}");
    let metrics = house.metrics().await;
    assert_eq!(metrics.get("blufio_dead_letters", &[]), Some(0.0));
    let status = house.blufio(&["status", "--json"], "").await.ok().json();
    assert_eq!(status["store"]["dead_letters"], 0);
    assert_eq!(house.sim.telegram.count_messages(), asked);
    assert_eq!(house.sim.telegram.rejections(), []);
}

/// Asks and waits for the answer, again and again.
async fn talk(telegram: &Telegram, chat: i64, from: usize, rounds: usize) {
    for round in 0..rounds {
        let answer = format!("Answer {from} {round} to {chat}, and some words to fill the line.");
        telegram.send_text(chat, chat, &format!("[sim:say {answer}]"));
        let arrived =
            |telegram: &Telegram| telegram.last_message(chat).is_some_and(|last| last.text == answer);
        assert!(telegram.wait_for(PATIENCE, arrived).await, "{answer:?} did not come");
    }
}
