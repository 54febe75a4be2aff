// SPDX-License-Identifier: MIT OR Apache-2.0
//! Receives: long polls, each acknowledged by the next one, and that only after everything is stored.

use crate::api::Api;
use crate::backoff::Backoff;
use crate::failure::Failure;
use crate::inbound::Reader;
use crate::streams::Streams;
use crate::update::{self, Update};
use crate::{NAME, conversation::Place};
use blufio_core::channel::{ChannelError, Inbox};
use blufio_core::observe::{Observability, Observation};
use blufio_core::storage::StorageError;
use blufio_core::time::Clock;
use serde_json::Value;
use std::time::Duration;

/// What receiving needs.
pub(crate) struct Poll<'a> {
    pub(crate) api: &'a Api,
    pub(crate) streams: &'a Streams,
    pub(crate) inbox: &'a dyn Inbox,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) observe: &'a dyn Observability,
    pub(crate) timeout: Duration,
    /// See [`crate::backoff::TOKEN_WAITS`].
    pub(crate) token_waits: &'a [Duration],
}

/// How often it went wrong since it last went well.
#[derive(Debug, Default)]
struct Failures {
    backoff: Backoff,
    /// How often the token was refused.
    refusals: usize,
}

impl Failures {
    fn reset(&mut self) {
        self.backoff.reset();
        self.refusals = 0;
    }
}

impl Poll<'_> {
    /// Receives until it is dropped. What was not accepted by then comes again.
    pub(crate) async fn run(&self) -> Result<(), ChannelError> {
        let mut failures = Failures::default();
        let me = loop {
            match self.begin().await {
                Ok(me) => break me,
                Err(failure) => self.trouble(failure, &mut failures).await?,
            }
        };
        tracing::info!(bot = me.user.username.as_deref().unwrap_or_default(), "Telegram: receiving");
        let mut reader = Reader::new(me);
        failures.reset();
        let mut cursor = loop {
            match self.inbox.cursor(NAME).await {
                Ok(cursor) => break cursor,
                Err(error) => self.not_stored(&error, &mut failures.backoff).await,
            }
        };
        failures.reset();
        loop {
            // The service forgets everything below the offset, so it is never ahead of what is stored. Numbers may
            // start anew after a quiet week: what the service sends is taken, whatever its number.
            let offset = cursor.map(|cursor| cursor.saturating_add(1));
            match self.api.updates(offset, self.timeout).await {
                Ok(batch) if batch.is_empty() => failures.reset(),
                Ok(batch) => match self.take(batch, &mut reader, cursor).await {
                    Ok(next) => {
                        cursor = next;
                        failures.reset();
                    }
                    Err(error) => {
                        failures.refusals = 0;
                        self.not_stored(&error, &mut failures.backoff).await;
                    }
                },
                Err(failure) => self.trouble(failure, &mut failures).await?,
            }
        }
    }

    async fn begin(&self) -> Result<teloxide::types::Me, Failure> {
        self.api.delete_webhook().await?;
        let me = self.api.me().await?;
        match self.api.announce_commands().await {
            Ok(()) => {}
            Err(Failure::Refused(reason)) => {
                tracing::warn!(reason, "Telegram does not take the list of commands")
            }
            Err(failure) => return Err(failure),
        }
        Ok(me)
    }

    /// Hands a batch to the inbox, in one piece with the cursor, and returns the cursor.
    async fn take(
        &self,
        batch: Vec<Value>,
        reader: &mut Reader,
        cursor: Option<i64>,
    ) -> Result<Option<i64>, StorageError> {
        let now = self.clock.now();
        let mut messages = Vec::new();
        let mut stops = Vec::new();
        let mut next = cursor;
        for raw in batch {
            let Some(id) = update::id(&raw) else {
                tracing::warn!("an update without a number is passed over");
                continue;
            };
            next = Some(id);
            match update::read(raw) {
                Update::Message(written) => messages.extend(reader.read(id, &written, now)),
                Update::Stop { place, draft_id } => stops.push((place, draft_id)),
                Update::Other => tracing::debug!(id, "an update that concerns nobody is passed over"),
            }
        }
        // A turn may be stopped twice without harm, but must not be left running because storing failed.
        for (place, draft_id) in stops {
            self.stop(place, draft_id);
        }
        self.inbox.accept(NAME, messages, next).await?;
        Ok(next)
    }

    fn stop(&self, place: Place, draft_id: i64) {
        if self.streams.is_stale(place, draft_id) {
            tracing::info!(draft_id, "the stop button of an answer that is finished was pressed");
        } else {
            self.inbox.stop(&place.conversation());
        }
    }

    async fn not_stored(&self, error: &StorageError, backoff: &mut Backoff) {
        let wait = backoff.next();
        tracing::error!(%error, ?wait, "messages could not be stored; Telegram keeps them until they are");
        self.observe.record(Observation::ReceiveFailed { channel: NAME, class: "storage" });
        tokio::time::sleep(wait).await;
    }

    /// Waits out what passes by itself, a refused token included: the error comes when that one stays refused.
    async fn trouble(&self, failure: Failure, failures: &mut Failures) -> Result<(), ChannelError> {
        self.observe.record(Observation::ReceiveFailed { channel: NAME, class: failure.class() });
        let reason = failure.reason();
        let wait = match &failure {
            Failure::Token(_) => match self.token_waits.get(failures.refusals) {
                Some(wait) => {
                    failures.refusals += 1;
                    *wait
                }
                None => return Err(ChannelError::Permanent { channel: NAME.to_owned(), reason }),
            },
            Failure::Flood(wait) => *wait,
            _ => failures.backoff.next(),
        };
        if let Failure::Conflict { webhook: true, .. } = failure {
            tracing::warn!(reason, "a webhook stands in the way of polling; removing it");
            if let Err(failure) = self.api.delete_webhook().await {
                tracing::warn!(reason = failure.reason(), "the webhook could not be removed");
            }
        } else if let Failure::Conflict { .. } = failure {
            tracing::warn!(reason, ?wait, "another program receives this bot's messages; trying again");
        } else {
            tracing::warn!(reason, ?wait, "Telegram cannot be received from; trying again");
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }
}
