// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is played.

use super::report::Report;
use super::stage::{ADA, API_KEY, PASSPHRASE, Stage, Start};
use crate::clock::SystemClock;
use anyhow::{Context as _, ensure};
use blufio_calendar::Zone;
use blufio_core::control::{Status, Told};
use blufio_core::time::Clock as _;
use std::time::{Duration, Instant};

/// How long "nothing happens" is watched.
const SILENCE: Duration = Duration::from_millis(300);
/// How long what was said may take to be found again.
const PATIENCE: Duration = Duration::from_secs(20);
/// A 2 × 2 picture.
const PICTURE: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D, b'I', b'H', b'D', b'R', 0, 0, 0, 2, 0, 0,
    0, 2, 8, 2, 0, 0, 0, 0xFD, 0xD4, 0x9A, 0x73, 0, 0, 0, 0x12, b'I', b'D', b'A', b'T', 0x78, 0x9C, 0x63,
    0xFC, 0xCF, 0xC0, 0xC0, 0xC0, 0xF0, 0x9F, 0x81, 0x01, 0x08, 0x00, 0x14, 0x02, 0x01, 0xFE, 0x8A, 0x31,
    0x1C, 0x3D, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xAE, 0x42, 0x60, 0x82,
];

/// Plays everything. An error ends the play; a check that does not hold lets it go on.
pub(super) async fn play(stage: &mut Stage, report: &mut Report) -> anyhow::Result<()> {
    vault(stage, report).await?;
    pairing(stage, report).await?;
    let mut chat = Chat { accepted: 1 };
    chat.talk(stage, report).await?;
    chat.money(stage, report).await?;
    chat.reminder(stage, report).await?;
    chat.crash(stage, report).await?;
    chat.memory(stage, report).await?;
    end(stage, report).await?;
    report.reckon(stage).await?;
    conduct(stage, report);
    Ok(())
}

async fn vault(stage: &mut Stage, report: &mut Report) -> anyhow::Result<()> {
    report.act("Two secrets go into the vault; the daemon starts sealed");
    let token = stage.simulator.telegram.token();
    stage.blufio(Start::Sealed, &["vault", "init", "--passphrase-fd", "0"], PASSPHRASE).await?;
    stage.blufio(Start::WithCredential, &["vault", "set", "anthropic-api-key"], API_KEY).await?;
    stage.blufio(Start::WithCredential, &["vault", "set", "telegram-bot-token"], &token).await?;
    stage.start(Start::Sealed)?;
    stage.until(|health| health.sealed).await?;
    stage.simulator.telegram.send_text(ADA, ADA, "Hello?");
    tokio::time::sleep(SILENCE).await;
    let silent = stage.messages().is_empty() && stage.calls() == 0;
    report.check("a sealed daemon says so and answers nobody", silent, "it spoke");
    let began = Instant::now();
    stage.blufio(Start::Sealed, &["vault", "unseal", "--passphrase-fd", "0"], PASSPHRASE).await?;
    stage.until(|health| health.ready).await?;
    report.tell(&format!("unsealed and ready after {} ms", began.elapsed().as_millis()));
    Ok(())
}

async fn pairing(stage: &mut Stage, report: &mut Report) -> anyhow::Result<()> {
    report.act("A stranger gets a pairing code and nothing else");
    // "Hello?" was written while the daemon was sealed, and has not been lost.
    let told = stage.reply(0).await?.text;
    let peers = stage.blufio(Start::Sealed, &["pair", "list", "--json"], "").await?;
    let Told::Peers { peers } = serde_json::from_str(&peers)? else { anyhow::bail!("no list of peers") };
    let code = peers.into_iter().find_map(|peer| peer.code).context("nobody asked to be paired")?;
    report.check("the stranger was told the code", told.contains(&code), &told);
    report.check("the model heard nothing of the stranger", stage.calls() == 0, "it was called");
    stage.blufio(Start::Sealed, &["pair", "approve", &code], "").await?;
    report.tell("blufio pair approve: Ada may talk now");
    Ok(())
}

/// The conversation, and how many of its messages were accepted: the number of the newest row in the queue.
struct Chat {
    accepted: i64,
}

impl Chat {
    /// Says something with `send`, waits for the answer, and notes the turn.
    async fn turn(
        &mut self,
        stage: &Stage,
        report: &mut Report,
        said: &str,
        send: impl FnOnce(&Stage),
    ) -> anyhow::Result<String> {
        let seen = stage.messages().len();
        let began = Instant::now();
        send(stage);
        self.accepted += 1;
        let answer = stage.reply(seen).await?.text;
        report.turn(Some(self.accepted), said, &answer, began.elapsed());
        Ok(answer)
    }

    async fn say(&mut self, stage: &Stage, report: &mut Report, text: &str) -> anyhow::Result<String> {
        self.turn(stage, report, text, |stage| {
            stage.simulator.telegram.send_text(ADA, ADA, text);
        })
        .await
    }

    async fn talk(&mut self, stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
        report.act("A conversation: words, a picture, a document, a tool, a long answer");
        self.say(stage, report, "My dog's name is Max.").await?;
        let answer = self
            .turn(stage, report, "(a picture) What do you see?", |stage| {
                stage.simulator.telegram.send_photo(ADA, ADA, PICTURE, "What do you see?");
            })
            .await?;
        report.check(
            "the picture reached the model",
            answer.contains("2") && answer.contains("png"),
            &answer,
        );
        let answer = self
            .turn(stage, report, "(a document) Please read this.", |stage| {
                let text = "The meeting is on Thursday at nine, in the red room.";
                stage.simulator.telegram.send_document(
                    ADA,
                    ADA,
                    "note.txt",
                    "text/plain",
                    text,
                    "Please read this.",
                );
            })
            .await?;
        report.check("the document reached the model", answer.contains("Thursday"), &answer);
        let answer = self.say(stage, report, "What time is it?").await?;
        report.check("the clock was read with a tool", answer.contains("UTC"), &answer);
        self.say(stage, report, "Tell me a long story. [sim:words 250] [sim:sleep 2]").await?;
        let drafts = stage.simulator.telegram.drafts(ADA);
        let grown = drafts.iter().map(|draft| draft.history.len()).max().unwrap_or(0);
        report.check("the long answer was seen growing", grown >= 3, &format!("{grown} states of its draft"));
        Ok(())
    }

    async fn money(&mut self, stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
        report.act("The right model for each message, and what it costs");
        self.say(stage, report, "Prove that there are infinitely many primes of the form 4k+3.").await?;
        for command in ["/why", "/cost", "/budget"] {
            let told = self.turn(stage, report, command, |stage| {
                stage.simulator.telegram.send_text(ADA, ADA, command);
            });
            let told = told.await?;
            report.check_once(
                "the chat tells what an answer cost and what may be spent",
                told.contains('$'),
                &told,
            );
        }
        Ok(())
    }

    async fn reminder(&mut self, stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
        report.act("A reminder comes by itself, and costs no call");
        let due = SystemClock.now().after(Duration::from_secs(2));
        let local = Zone::of_this_machine().at(due, None)?.local;
        let order = format!("[sim:tool remind {{\"text\": \"water the plants\", \"at\": \"{local}\"}}]");
        self.say(stage, report, &order).await?;
        let (seen, calls) = (stage.messages().len(), stage.calls());
        let told = stage.reply(seen).await?.text;
        report.tell(&format!("Blufio  {told}"));
        let free = told.contains("water the plants") && stage.calls() == calls;
        report.check("the reminder came in time and without a call", free, &told);
        Ok(())
    }

    async fn crash(&mut self, stage: &mut Stage, report: &mut Report) -> anyhow::Result<()> {
        report.act("kill -9 in the middle of an answer");
        let (seen, calls, billed) =
            (stage.messages().len(), stage.calls(), stage.simulator.anthropic.bill().nano_usd);
        let said = "What is my dog's name? [sim:sleep 1]";
        let began = Instant::now();
        stage.simulator.telegram.send_text(ADA, ADA, said);
        self.accepted += 1;
        while stage.calls() == calls {
            ensure!(
                began.elapsed() < Duration::from_secs(10),
                "the model was not called\n{}",
                stage.log_tail()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        stage.kill().await?;
        report.tell("killed while Claude was answering");
        tokio::time::sleep(SILENCE).await;
        stage.lost_nano_usd = stage.simulator.anthropic.bill().nano_usd - billed;
        stage.start(Start::WithCredential)?;
        let ready = stage.until(|health| health.ready).await?;
        report.tell(&format!("started again, ready after {} ms, key derivation included", ready.as_millis()));
        let answer = stage.reply(seen).await?.text;
        report.turn(Some(self.accepted), said, &answer, began.elapsed());
        report.check(
            "the answer came after the crash and knows what was said before it",
            answer.contains("Max"),
            &answer,
        );
        let follow = self.say(stage, report, "Thank you!").await?;
        let sent = stage.messages().len();
        let once = sent == seen + 2;
        report.check(
            "nothing was lost and nothing was answered twice",
            once,
            &format!("{sent} messages, {follow:?}"),
        );
        Ok(())
    }

    /// The daemon has been started anew since the dog was named, and the conversation is another one.
    async fn memory(&mut self, stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
        report.act("A fresh conversation, and what was said in the last one is still there");
        self.say(stage, report, "/new").await?;
        let began = Instant::now();
        while !findable(stage).await? {
            ensure!(began.elapsed() < PATIENCE, "past words cannot be found\n{}", stage.log_tail());
            tokio::time::sleep(SILENCE).await;
        }
        let answer = self.say(stage, report, "What is my dog's name?").await?;
        report.check("it remembers across conversations, by itself", answer.contains("Max"), &answer);
        self.say(stage, report, "/new").await?;
        self.say(stage, report, "How many legs does a spider have?").await?;
        let request = stage.simulator.anthropic.requests().pop().map(|call| call.body.to_string());
        let quiet = request.is_some_and(|body| !body.contains("Max"));
        report.check("and it is not reminded of what has nothing to do with it", quiet, "it was");
        Ok(())
    }
}

/// Whether what was said can be found again.
async fn findable(stage: &Stage) -> anyhow::Result<bool> {
    let status = stage.blufio(Start::Sealed, &["status", "--json"], "").await?;
    Ok(serde_json::from_str::<Status>(&status)?.store.passages > 0)
}

async fn end(stage: &mut Stage, report: &mut Report) -> anyhow::Result<()> {
    report.act("The end");
    let metrics = stage.metrics().await?;
    let health = serde_json::to_string(&stage.health().await?)?;
    let status = stage.stop().await?;
    report.check("SIGTERM ends the daemon in order", status.success(), &status.to_string());

    let token = stage.simulator.telegram.token();
    let mut seen = stage.written();
    seen.push(("/metrics".into(), metrics.into_bytes()));
    seen.push(("/health".into(), health.into_bytes()));
    let leak = seen.iter().find(|(_, bytes)| {
        [API_KEY, PASSPHRASE, &token]
            .iter()
            .any(|secret| bytes.windows(secret.len()).any(|part| part == secret.as_bytes()))
    });
    let leaked = leak.map(|(name, _)| format!("found in {name}")).unwrap_or_default();
    report.check(
        "no secret stands in the state, the log, the health or the metrics",
        leak.is_none(),
        &leaked,
    );
    Ok(())
}

/// How the daemon has spoken to the two services.
fn conduct(stage: &Stage, report: &mut Report) {
    let telegram = &stage.simulator.telegram;
    let (rejections, warnings) = (telegram.rejections(), telegram.warnings());
    let clean = rejections.is_empty() && warnings.is_empty();
    report.check("Telegram had nothing to refuse", clean, &format!("{rejections:?} {warnings:?}"));
    let requests = stage.simulator.anthropic.requests();
    let refused: Vec<_> = requests.iter().filter_map(|call| call.error.clone()).collect();
    report.check("Claude's API had nothing to refuse", refused.is_empty(), &refused.join("; "));
}
