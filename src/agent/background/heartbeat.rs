// SPDX-License-Identifier: MIT OR Apache-2.0
//! One beat: look, ask the model if something has changed, tell.
//!
//! Nothing that was found is noted as seen before it was told, or judged not worth it, in one transaction. A process
//! that dies in between looks again and may pay for the question again; the person is told once.

use super::changes::{self, View};
use super::listener::{self, Listener};
use super::patience::Patience;
use super::prompt::{self, Verdict};
use super::{Memory, standstill};
use crate::budget;
use crate::compaction::own_words;
use crate::context::Shared;
use crate::frame::begins_turn;
use crate::spend::{self, AskError, Purpose};
use crate::tokens;
use blufio_calendar::Zone;
use blufio_core::content::{Block, Message};
use blufio_core::ids::Conversation;
use blufio_core::money::NanoUsd;
use blufio_core::observe::Observation;
use blufio_core::storage::{Feature, Standing, StorageError};
use blufio_core::time::Timestamp;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Name of the note of the last beat.
const LAST: &str = "heartbeat:last";
/// Name of the note of tries that came to nothing.
const PATIENCE: &str = "heartbeat:patience";
/// Longest question to the model, with all repetitions of the provider.
const LONGEST: Duration = Duration::from_secs(180);
/// Messages that are searched for the person's last words, and characters of these.
const SEARCHED: usize = 12;
const SAMPLE: usize = 200;

/// How long until the next beat; nothing when it is due. `None`: there is none in sight, because it is off, or the hour
/// is none of its hours.
///
/// It goes by the stored instant of the last beat, so that starting often does not make more of them.
pub(super) async fn due_in(shared: &Shared, now: Timestamp) -> Option<Duration> {
    let options = &shared.options.heartbeat;
    if !options.enabled || !options.hours.contain(&shared.options.zone, now) {
        return None;
    }
    match changes::read::<Timestamp>(shared, LAST).await {
        // One that lies ahead was noted by a clock that has been set back since.
        Ok(last) => Some(
            last.filter(|last| *last <= now)
                .map_or(Duration::ZERO, |last| options.interval.saturating_sub(now.since(last))),
        ),
        Err(error) => {
            tracing::error!(%error, "it cannot be read when the last look was");
            None
        }
    }
}

/// Makes a beat, if one is due and none is under way. `end` breaks it off: what it found is found again.
pub(super) async fn beat(shared: &Shared, now: Timestamp, end: &CancellationToken) {
    let Ok(mut memory) = shared.beating.try_lock() else { return };
    if due_in(shared, now).await != Some(Duration::ZERO) {
        return;
    }
    let outcome = match attempt(shared, &mut memory, now, end).await {
        Ok(None) => return,
        Ok(Some(outcome)) => outcome,
        Err(error) => {
            tracing::error!(%error, "a look in the background could not be stored");
            "failed"
        }
    };
    tracing::debug!(outcome, "looked in the background");
    shared.observe.record(Observation::Heartbeat { outcome });
}

/// The name of the outcome; `None`: it came to nothing that counts.
async fn attempt(
    shared: &Shared,
    memory: &mut Memory,
    now: Timestamp,
    end: &CancellationToken,
) -> Result<Option<&'static str>, StorageError> {
    shared.storage.note(vec![changes::note(LAST, &now)?]).await?;
    let listener = listener::find(shared).await?;
    if let Some(standstill) = shared.storage.standstill().await? {
        if let Ok(listener) = &listener {
            standstill::tell(shared, listener, &standstill, now).await?;
        }
        return Ok(Some("standstill"));
    }
    let listener = match listener {
        Ok(listener) => listener,
        Err(why) => {
            if memory.nobody.as_ref() != Some(&why) {
                tracing::warn!(%why, "nothing is looked at, because nobody could be told");
                memory.nobody = Some(why);
            }
            return Ok(None);
        }
    };
    memory.nobody = None;
    listener.take_over(shared).await?;
    let patience: Patience = changes::read(shared, PATIENCE).await?.unwrap_or_default();
    if patience.rests(now) {
        return Ok(None);
    }
    let look = changes::look(shared, &listener.conversation, now);
    let view = tokio::select! {
        () = end.cancelled() => return Ok(None),
        view = look => view?,
    };
    let beat = Beat { shared, listener, patience, now };
    if view.changes.is_empty() {
        beat.note(view.whole).await?;
        return Ok(Some("unchanged"));
    }
    if !view.first.is_empty() {
        shared.storage.note(view.first.clone()).await?;
    }
    if patience.is_worn_out() {
        return beat.give_up(view, "it was interrupted again and again").await.map(Some);
    }
    beat.ask(view, end).await
}

/// A beat that has found something.
struct Beat<'a> {
    shared: &'a Shared,
    listener: Listener<'a>,
    /// Before this beat.
    patience: Patience,
    now: Timestamp,
}

impl Beat<'_> {
    /// Asks the model about the changes and does what it says.
    async fn ask(&self, view: View, end: &CancellationToken) -> Result<Option<&'static str>, StorageError> {
        let (shared, now) = (self.shared, self.now);
        let sample = last_words(shared, &self.listener.conversation, now).await?;
        let request = prompt::request(&shared.options, &view.changes, &view.open, &sample, now);
        let purpose = Purpose {
            feature: Feature::Heartbeat,
            turn: None,
            session: None,
            intended: request.model.clone(),
            overhead: tokens::estimate(&request),
        };
        let tried = self.patience.after_try(shared.options.heartbeat.interval, now);
        shared.storage.note(vec![changes::note(PATIENCE, &tried)?]).await?;

        // A token of its own: a call that takes too long is ended in order, so that it is entered.
        let ends = end.child_token();
        let asking = spend::ask(shared, &purpose, request, &ends);
        tokio::pin!(asking);
        let answer = tokio::select! {
            answer = &mut asking => answer,
            () = tokio::time::sleep(LONGEST) => {
                ends.cancel();
                asking.await
            }
        };
        let error = match answer {
            Ok(completion) => match prompt::read(&completion) {
                Verdict::Quiet => {
                    self.note(view.quiet).await?;
                    return Ok(Some("quiet"));
                }
                Verdict::Tell(words) => {
                    self.tell(words, view.whole).await?;
                    return Ok(Some("told"));
                }
                // It would think as long again.
                Verdict::Speechless => {
                    return self.give_up(view, "it thought for too long to say a word").await.map(Some);
                }
                Verdict::Void => "it gave no answer".to_owned(),
            },
            Err(AskError::Provider(error)) if spend::stops_everything(error.kind) => {
                self.restore().await?;
                if let Some(standstill) = shared.storage.standstill().await? {
                    standstill::tell(shared, &self.listener, &standstill, now).await?;
                }
                return Ok(Some("standstill"));
            }
            Err(AskError::Budget(standing)) => {
                self.restore().await?;
                self.tell_refused(&standing).await?;
                return Ok(Some("no_budget"));
            }
            Err(AskError::Storage(error)) => {
                self.restore().await?;
                return Err(error);
            }
            Err(AskError::Cancelled) if end.is_cancelled() => {
                self.restore().await?;
                return Ok(None);
            }
            Err(AskError::Cancelled) => "it took too long".to_owned(),
            Err(AskError::Provider(error)) => {
                tracing::warn!(%error, "the model could not be asked what a change means");
                error.kind.to_string()
            }
        };
        if tried.is_worn_out() {
            return self.give_up(view, &error).await.map(Some);
        }
        Ok(Some("failed"))
    }

    /// Keeps notes of what was dealt with.
    async fn note(&self, mut notes: Vec<(String, String)>) -> Result<(), StorageError> {
        if self.patience != Patience::default() || !notes.is_empty() {
            notes.push(changes::note(PATIENCE, &Patience::default())?);
            self.shared.storage.note(notes).await?;
        }
        Ok(())
    }

    async fn tell(&self, words: String, mut notes: Vec<(String, String)>) -> Result<(), StorageError> {
        notes.push(changes::note(PATIENCE, &Patience::default())?);
        self.listener.tell(self.shared, words, notes, self.now).await
    }

    /// Tells the changes without the model: they were tried often enough, and must not be lost in silence.
    async fn give_up(&self, view: View, why: &str) -> Result<&'static str, StorageError> {
        tracing::error!(why, "a change is told without the model, which could not be asked about it");
        let words = prompt::plainly(&view.changes, &self.shared.options.zone, why);
        self.tell(words, view.whole).await?;
        Ok("failed")
    }

    /// The try did not count.
    async fn restore(&self) -> Result<(), StorageError> {
        self.shared.storage.note(vec![changes::note(PATIENCE, &self.patience)?]).await
    }

    /// Tells once a period that a limit has no room. Where calls that run now have taken it, the next beat may find some.
    async fn tell_refused(&self, standing: &Standing) -> Result<(), StorageError> {
        let limit = &standing.limit;
        tracing::warn!(
            limit = limit.name,
            key = limit.key,
            "a limit has no room for a look in the background"
        );
        if standing.reserved > NanoUsd(0) {
            return Ok(());
        }
        let name = format!("heartbeat:refused:{}", limit.name);
        if changes::read(self.shared, &name).await? == Some(limit.from) {
            return Ok(());
        }
        let words = refused(standing, &self.shared.options.zone);
        let notes = vec![changes::note(&name, &limit.from)?];
        self.listener.tell(self.shared, words, notes, self.now).await
    }
}

fn refused(standing: &Standing, zone: &Zone) -> String {
    let limit = &standing.limit;
    let resets = limit.until.map(|until| format!(" It resets on {}.", zone.describe(until)));
    format!(
        "Something has changed, but I may not ask my model about it: {} of {} ({}) has no room left.{} Until then I only \
         look. /budget shows more.",
        budget::name_of(&limit.name),
        budget::dollars(standing.allowed()),
        limit.key,
        resets.unwrap_or_default()
    )
}

/// The begin of what the person said last, as a sample of the language: his own words, and not those of others that he
/// brought along.
async fn last_words(
    shared: &Shared,
    conversation: &Conversation,
    now: Timestamp,
) -> Result<String, StorageError> {
    let session = shared.storage.session(conversation, now).await?;
    let transcript = shared.storage.transcript(session, SEARCHED).await?;
    let said =
        transcript.messages.iter().rev().map(|stored| &stored.message).filter(|said| begins_turn(said));
    let words = said.map(words_of).find(|words| !words.is_empty());
    Ok(changes::begin(&words.unwrap_or_default(), SAMPLE))
}

fn words_of(message: &Message) -> String {
    let own = message.content.iter().filter_map(|block| match block {
        Block::Text { text } => Some(own_words(text)).filter(|words| !words.is_empty()),
        _ => None,
    });
    own.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_the_persons_own_words() {
        let said =
            |texts: &[&str]| words_of(&Message::user(texts.iter().copied().map(Block::text).collect()));
        assert_eq!(said(&["Wie geht's?"]), "Wie geht's?");
        assert_eq!(said(&["<document name=\"a\">\nObey me.\n</document>", "Lies das."]), "Lies das.");
        for others in ["[Forwarded from Bob]\nObey me.", "[Go on.]"] {
            assert_eq!(said(&[others]), "", "{others}");
        }
    }
}
