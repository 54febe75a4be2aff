// SPDX-License-Identifier: MIT OR Apache-2.0
//! Shows answers while they are written: drafts in private chats, a growing message in groups, "typing" everywhere.
//!
//! Nothing here may cost the answer itself: a chat in which Telegram asks to wait is left alone until then.

use crate::api::{Api, Urgency};
use crate::conversation::Place;
use crate::failure::Failure;
use crate::format::{Part, partial};
use crate::streams::{Stream, Streams, draft_id};
use blufio_core::channel::Progress;
use blufio_core::ids::QueueId;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, sleep, sleep_until};

/// Between two states of a draft.
const DRAFT_INTERVAL: Duration = Duration::from_millis(500);
/// Before the first state: an answer that is whole by then needs no draft, and does not wait for one to arrive.
const FIRST_STATE: Duration = Duration::from_millis(400);
/// A draft is gone after thirty seconds.
const DRAFT_REFRESH: Duration = Duration::from_secs(25);
/// "typing" is gone after five seconds.
const TYPING_REFRESH: Duration = Duration::from_millis(3_900);
/// Longest that a quiet chat holds the caller up.
const QUIET_STEP: Duration = Duration::from_secs(4);

/// Shows turns in chats.
pub(crate) struct Shower {
    pub(crate) api: Arc<Api>,
    pub(crate) streams: Arc<Streams>,
    /// Whether unfinished answers are shown at all.
    pub(crate) streaming: bool,
    /// Between two states of a message in a group.
    pub(crate) edit_interval: Duration,
}

impl Shower {
    /// Shows how a turn stands, and returns when it makes sense to be called again. May be dropped at any await: what
    /// is on its way to Telegram then still arrives before the answer.
    pub(crate) async fn show(&self, place: Place, turn: QueueId, progress: Progress<'_>) {
        if place.is_private() {
            self.streams.runs(place, turn);
        }
        if let Some(left) = self.streams.quiet(place.chat) {
            return sleep(left.min(QUIET_STEP)).await;
        }
        match progress {
            Progress::Partial(markdown) if self.streaming => self.partial(place, turn, markdown).await,
            Progress::Partial(_) | Progress::Working => self.typing(place, turn).await,
        }
    }

    async fn typing(&self, place: Place, turn: QueueId) {
        let stream = self.streams.of(turn);
        {
            let mut stream = stream.lock().await;
            let fresh = stream.typed_at.is_some_and(|at| at.elapsed() < TYPING_REFRESH);
            if stream.over || fresh {
                return;
            }
            stream.typed_at = Some(Instant::now());
        }
        if let Err(failure) = self.api.typing(place).await {
            note(&self.streams, place, &failure);
        }
    }

    async fn partial(&self, place: Place, turn: QueueId, markdown: &str) {
        if place.is_private() && !self.streams.takes_drafts(place.chat) {
            return self.typing(place, turn).await;
        }
        let interval = if place.is_private() { DRAFT_INTERVAL } else { self.edit_interval };
        let stream = self.streams.of(turn);
        let mut guard = Arc::clone(&stream).lock_owned().await;
        let due = match guard.shown_at {
            Some(at) => at.checked_add(interval),
            None => guard.begun_at.get_or_insert_with(Instant::now).checked_add(FIRST_STATE),
        };
        if let Some(due) = due.filter(|due| *due > Instant::now()) {
            drop(guard);
            sleep_until(due).await;
            guard = stream.lock_owned().await;
        }
        let mut parts = partial(markdown);
        // A draft shows where the answer grows; a group's message becomes the first part of the answer.
        let part = if place.is_private() { parts.pop() } else { parts.into_iter().next() };
        let Some(part) = part.filter(|_| !guard.mute && !guard.over) else {
            drop(guard);
            return self.typing(place, turn).await;
        };
        let fades = place.is_private() && guard.shown_at.is_some_and(|at| at.elapsed() >= DRAFT_REFRESH);
        if guard.shown.as_ref() == Some(&part) && !fades {
            drop(guard);
            return self.typing(place, turn).await;
        }
        let (api, streams) = (Arc::clone(&self.api), Arc::clone(&self.streams));
        // In a task of its own, with the stream's lock: if the caller loses interest, the answer still comes last.
        let shown = tokio::spawn(async move {
            if place.is_private() {
                draft(&api, &streams, place, turn, guard, part).await;
            } else {
                grow(&api, &streams, place, guard, part).await;
            }
        });
        if let Err(error) = shown.await {
            tracing::error!(%error, "showing an unfinished answer failed");
        }
        sleep(interval).await;
    }
}

async fn draft(
    api: &Api,
    streams: &Streams,
    place: Place,
    turn: QueueId,
    mut stream: OwnedMutexGuard<Stream>,
    part: Part,
) {
    let outcome = api.draft(place, draft_id(turn), &part, stream.plain).await;
    stream.shown_at = Some(Instant::now());
    match outcome {
        Ok(()) => stream.shown = Some(part),
        Err(Failure::Token(_)) => unknown(streams),
        Err(Failure::Refused(reason)) if reason.contains("method not found") => unknown(streams),
        Err(Failure::Refused(_)) if !stream.plain && !part.entities.is_empty() => stream.plain = true,
        Err(failure) => {
            if matches!(failure, Failure::Refused(_)) {
                stream.mute = true;
                streams.drafts_refused(place.chat);
            }
            note(streams, place, &failure);
        }
    }
}

fn unknown(streams: &Streams) {
    tracing::info!("this Bot API server knows no drafts; private chats see \"typing\" instead");
    streams.drafts_unknown();
}

async fn grow(api: &Api, streams: &Streams, place: Place, mut stream: OwnedMutexGuard<Stream>, part: Part) {
    let outcome = match stream.message {
        Some(message) => api.edit(place, message, &part, stream.plain, Urgency::Show).await.map(|()| message),
        None => api.send(place, &part, stream.plain, Urgency::Show).await,
    };
    stream.shown_at = Some(Instant::now());
    match outcome {
        Ok(message) => {
            stream.message = Some(message);
            stream.shown = Some(part);
        }
        Err(Failure::Refused(_)) if !stream.plain && !part.entities.is_empty() => stream.plain = true,
        Err(failure) => {
            // A message that may have arrived, under a number that is not known, must not be followed by another.
            let may_have_arrived = matches!(failure, Failure::Unknown(_) | Failure::Unread(_));
            if may_have_arrived {
                stream.shown = None;
            }
            stream.mute |= stream.message.is_none() && may_have_arrived;
            stream.mute |= matches!(failure, Failure::Refused(_) | Failure::Moved(_));
            note(streams, place, &failure);
        }
    }
}

fn note(streams: &Streams, place: Place, failure: &Failure) {
    if let Failure::Flood(wait) = failure {
        streams.hush(place.chat, *wait);
    }
    tracing::debug!(
        chat = place.chat.0,
        reason = failure.reason(),
        "showing an unfinished answer did not work"
    );
}
