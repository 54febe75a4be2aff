// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the loops and turns of one agent have in common.

use crate::absent::Absent;
use crate::budget::Waits;
use crate::compaction::Compactions;
use crate::options::AgentOptions;
use crate::pulse::Pulse;
use crate::running::Running;
use crate::spend::Late;
use blufio_core::channel::Channel;
use blufio_core::embedding::Embedding;
use blufio_core::observe::Observability;
use blufio_core::provider::Provider;
use blufio_core::recall::Recall;
use blufio_core::skill::SkillRuntime;
use blufio_core::storage::Storage;
use blufio_core::time::Clock;
use blufio_core::transcribe::Transcriber;
use blufio_core::watch::Watch;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// What all loops and turns of one agent share.
pub(crate) struct Shared {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) skills: Arc<dyn SkillRuntime>,
    pub(crate) channels: BTreeMap<String, Arc<dyn Channel>>,
    /// The keys of `channels`: rows of other channels are left alone.
    pub(crate) channel_names: Vec<String>,
    pub(crate) transcriber: Option<Arc<dyn Transcriber>>,
    pub(crate) watch: Arc<dyn Watch>,
    pub(crate) recall: Arc<dyn Recall>,
    pub(crate) embedding: Option<Arc<dyn Embedding>>,
    pub(crate) observe: Arc<dyn Observability>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: AgentOptions,
    pub(crate) running: Running,
    pub(crate) absent: Absent,
    pub(crate) compactions: Compactions,
    /// Attempts that could not be entered yet.
    pub(crate) late: Arc<Late>,
    /// Conversations whose oldest message waits for room in the budget.
    pub(crate) waits: Waits,
    pub(crate) queue_changed: Notify,
    pub(crate) outbox_changed: Notify,
    /// A turn has left something in a transcript.
    pub(crate) said: Notify,
    /// The person has begun anew, so that something is to be learned from what was said before.
    pub(crate) parted: Notify,
    /// Held by the lesson that is under way: there is never a second one.
    pub(crate) lessons: tokio::sync::Mutex<crate::memory::Lessons>,
    /// A call has ended, and what it had reserved is free.
    pub(crate) room: Notify,
    pub(crate) dispatcher_pulse: Pulse,
    pub(crate) sender_pulse: Pulse,
    pub(crate) background_pulse: Pulse,
    /// Held by the beat that is under way: there is never a second one.
    pub(crate) beating: tokio::sync::Mutex<crate::background::Memory>,
    /// Channels that gave up, with their reason.
    pub(crate) trouble: Mutex<BTreeMap<String, String>>,
}
