// SPDX-License-Identifier: MIT OR Apache-2.0
//! The person types, as if in Telegram.

use super::stage::{ADA, API_KEY, PASSPHRASE, Stage, Start};
use anyhow::Context as _;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};

/// How often new messages are looked for.
const LOOK: Duration = Duration::from_millis(50);

pub(super) async fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let token = stage.simulator.telegram.token();
    stage.blufio(Start::Sealed, &["vault", "init", "--passphrase-fd", "0"], PASSPHRASE).await?;
    stage.blufio(Start::WithCredential, &["vault", "set", "anthropic-api-key"], API_KEY).await?;
    stage.blufio(Start::WithCredential, &["vault", "set", "telegram-bot-token"], &token).await?;
    stage
        .blufio(Start::WithCredential, &["config", "set", "telegram.allowed_users", &ADA.to_string()], "")
        .await?;
    stage.start(Start::WithCredential)?;
    stage.until(|health| health.ready).await?;
    println!(
        "You are Ada, writing to your agent in Telegram. The daemon is the real one; Claude and Telegram are stand-ins"
    );
    println!(
        "on this machine. The stand-in for Claude is simple: it knows only what stands in the conversation."
    );
    println!(
        "Try: My cat's name is Tom. / What is my cat's name? / What time is it? / /help. Ctrl-D ends.\n"
    );
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut seen = 0;
    loop {
        tokio::select! {
            line = lines.next_line() => match line.context("standard input")? {
                Some(line) if line.trim().is_empty() => {}
                Some(line) => {
                    stage.simulator.telegram.send_text(ADA, ADA, &line);
                }
                None => break,
            },
            () = tokio::time::sleep(LOOK) => {}
        }
        for message in stage.messages().iter().skip(seen) {
            println!("Blufio: {}\n", message.text);
            seen += 1;
        }
    }
    // What was asked last is still answered.
    while stage.simulator.telegram.pending_updates() > 0 {
        tokio::time::sleep(LOOK).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    for message in stage.messages().iter().skip(seen) {
        println!("Blufio: {}\n", message.text);
    }
    stage.stop().await?;
    Ok(())
}
