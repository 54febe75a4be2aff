// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `Observability` trait: what happens is told to it as observations, and it says them again to a scraper.

use crate::money::{NanoUsd, Usage};
use crate::recall::ByMeaning;
use crate::route::Route;
use crate::storage::{Feature, Standing, StoreStats};
use std::time::Duration;

/// Something that happened, or how things stand. Every label value comes from a bounded set.
#[derive(Clone, Debug)]
pub enum Observation<'a> {
    /// A message was accepted (new) or dropped as a duplicate.
    MessageIn {
        /// Name of the channel.
        channel: &'a str,
        /// Whether it had been accepted before.
        duplicate: bool,
    },
    /// A message was accepted by the channel's service.
    MessageOut {
        /// Name of the channel.
        channel: &'a str,
    },
    /// A delivery failed.
    DeliveryFailed {
        /// Name of the channel.
        channel: &'a str,
        /// [`crate::channel::ChannelError::class`].
        class: &'static str,
    },
    /// A channel had trouble receiving (`conflict`, `transient`, …).
    ReceiveFailed {
        /// Name of the channel.
        channel: &'a str,
        /// What kind of trouble.
        class: &'static str,
    },
    /// A turn ended.
    Turn {
        /// Name of its outcome.
        outcome: &'static str,
        /// From claim to settlement.
        took: Duration,
    },
    /// One attempt of a provider call ended.
    ProviderCall {
        /// What it was made for.
        feature: Feature,
        /// Id of the model.
        model: &'a str,
        /// `ok`, or the class of the error.
        class: &'static str,
        /// From the request to the end of the answer.
        took: Duration,
        /// What it used.
        usage: Usage,
        /// What that costs.
        cost: NanoUsd,
        /// Tokens of the prompt that were neither the person's words nor history, estimated.
        overhead: u64,
    },
    /// A route was decided.
    Routed {
        /// The route.
        route: Route,
        /// Whether it was weakened because the budget is nearly spent.
        downgraded: bool,
        /// What the decision took.
        took: Duration,
    },
    /// A model could not be used, and the next one was asked instead.
    FellBack {
        /// Class of the failure.
        class: &'static str,
    },
    /// How a limit stands.
    Budget(&'a Standing),
    /// A call was not made because a limit has no room.
    BudgetRefused {
        /// Name of the limit.
        limit: &'a str,
    },
    /// A summary was tried.
    Compaction {
        /// `done`, `failed` or `superseded`.
        outcome: &'static str,
    },
    /// A look in the background.
    Heartbeat {
        /// `unchanged`, `quiet`, `told`, `failed`, `no_budget` or `standstill`.
        outcome: &'static str,
    },
    /// What fits a message was looked for.
    Recalled {
        /// How many pieces were shown to the model.
        shown: usize,
        /// Whether meaning counted.
        by_meaning: ByMeaning,
        /// What it took, the vector of the message included.
        took: Duration,
    },
    /// Vectors were made.
    Embedded {
        /// Of how many sentences.
        sentences: usize,
        /// What it took, waiting included.
        took: Duration,
    },
    /// A conversation that had gone quiet was looked through for what is worth remembering.
    Extraction {
        /// `learned`, `nothing`, `failed`, `no_budget` or `standstill`.
        outcome: &'static str,
        /// How many memories are new.
        new: usize,
    },
    /// The daemon has made a backup by itself, or tried to.
    BackedUp {
        /// `done` or `failed`.
        outcome: &'static str,
    },
    /// A reminder was told.
    Reminder {
        /// How much later than asked for.
        late: Duration,
    },
    /// How the state stands.
    Store(StoreStats),
    /// Whether the daemon is ready, sealed, draining: for the health gauges.
    Health {
        /// Accepts and answers.
        ready: bool,
        /// Waits for its passphrase.
        sealed: bool,
        /// Is shutting down.
        draining: bool,
    },
}

/// A rendered exposition.
#[derive(Clone, Debug)]
pub struct Exposition {
    /// For the `Content-Type` header.
    pub content_type: &'static str,
    /// The text.
    pub body: String,
}

/// Takes observations and says them again. Never blocks and never fails the caller.
pub trait Observability: Send + Sync {
    /// Notes one observation.
    fn record(&self, observation: Observation<'_>);

    /// What a scraper gets.
    ///
    /// # Errors
    /// When the numbers cannot be encoded; the text says why.
    fn render(&self) -> Result<Exposition, String>;
}
