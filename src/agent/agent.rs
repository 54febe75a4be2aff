// SPDX-License-Identifier: MIT OR Apache-2.0
//! The agent: its parts, its start, its drain.

use crate::background;
use crate::context::Shared;
use crate::dispatcher;
use crate::inbox::StoredInbox;
use crate::memory;
use crate::options::AgentOptions;
use crate::pulse::Pulse;
use crate::running::Running;
use crate::sender;
use blufio_core::channel::{Channel, Inbox};
use blufio_core::embedding::Embedding;
use blufio_core::ids::Conversation;
use blufio_core::observe::Observability;
use blufio_core::provider::Provider;
use blufio_core::recall::Recall;
use blufio_core::skill::SkillRuntime;
use blufio_core::storage::{Storage, StorageError, WAITS_FOR_BUDGET};
use blufio_core::time::{Clock, Timestamp};
use blufio_core::transcribe::Transcriber;
use blufio_core::watch::Watch;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long the outbox may go on after the last turn of a drain.
const FLUSH: Duration = Duration::from_secs(5);

/// What an agent is made of.
pub struct Parts {
    /// Where everything is kept.
    pub storage: Arc<dyn Storage>,
    /// The model.
    pub provider: Arc<dyn Provider>,
    /// The tools.
    pub skills: Arc<dyn SkillRuntime>,
    /// How people reach the agent.
    pub channels: Vec<Arc<dyn Channel>>,
    /// Turns voice into text, where the operator has set it up.
    pub transcriber: Option<Arc<dyn Transcriber>>,
    /// Looks at what the operator wants watched.
    pub watch: Arc<dyn Watch>,
    /// Finds what fits a message.
    pub recall: Arc<dyn Recall>,
    /// Makes the vectors of what is remembered; `None`: it is found by its words alone.
    pub embedding: Option<Arc<dyn Embedding>>,
    /// Who is told what happens.
    pub observe: Arc<dyn Observability>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// An agent at work.
pub struct Agent {
    shared: Arc<Shared>,
    started: CancellationToken,
}

impl Agent {
    /// Puts the parts together. Nothing runs yet.
    #[must_use]
    pub fn new(parts: Parts, options: AgentOptions) -> Self {
        let channels: BTreeMap<_, _> =
            parts.channels.into_iter().map(|channel| (channel.name().to_owned(), channel)).collect();
        Self {
            shared: Arc::new(Shared {
                storage: parts.storage,
                provider: parts.provider,
                skills: parts.skills,
                channel_names: channels.keys().cloned().collect(),
                channels,
                transcriber: parts.transcriber,
                watch: parts.watch,
                recall: parts.recall,
                embedding: parts.embedding,
                observe: parts.observe,
                clock: parts.clock,
                options,
                running: Running::default(),
                absent: Default::default(),
                compactions: Default::default(),
                late: Default::default(),
                waits: Default::default(),
                queue_changed: Notify::new(),
                said: Notify::new(),
                parted: Notify::new(),
                lessons: Default::default(),
                outbox_changed: Notify::new(),
                room: Notify::new(),
                dispatcher_pulse: Pulse::new(),
                sender_pulse: Pulse::new(),
                background_pulse: Pulse::new(),
                beating: Default::default(),
                trouble: Mutex::default(),
            }),
            started: CancellationToken::new(),
        }
    }

    /// Returns once [`Agent::run`] has taken up what an earlier process left behind and every channel has begun to
    /// receive.
    pub async fn started(&self) {
        self.started.cancelled().await;
    }

    /// Runs until `shutdown`, then drains: channels stop receiving, running turns may finish within the drain
    /// timeout, the rest goes back into the queue, and what is in the outbox gets a last chance. Dropping the future
    /// instead is a hard stop, which loses nothing either.
    ///
    /// # Errors
    /// When the queue cannot be recovered at the start.
    pub async fn run(&self, shutdown: CancellationToken) -> Result<(), StorageError> {
        let shared = &self.shared;
        let recovered = shared.storage.recover(shared.clock.now()).await?;
        if recovered > 0 {
            tracing::info!(recovered, "turns that were cut short are taken up again");
        }
        // The configuration may allow more by now, or want such messages declined: each asks once more.
        let released = shared.storage.release(WAITS_FOR_BUDGET, shared.clock.now()).await?;
        if released > 0 {
            tracing::info!(released, "messages that wait for room in the budget are tried once more");
        }
        let mut receivers = JoinSet::new();
        let (receiving, mut all_receive) = mpsc::channel(1);
        for channel in shared.channels.values() {
            receivers.spawn(receive(Arc::clone(shared), Arc::clone(channel), receiving.clone()));
        }
        drop(receiving);
        let senders_end = CancellationToken::new();
        let sending = tokio::spawn(sender::run(Arc::clone(shared), senders_end.clone()));
        let dispatching = tokio::spawn(dispatcher::run(Arc::clone(shared), shutdown.clone()));
        let mut in_background = tokio::spawn(background::run(Arc::clone(shared), shutdown.clone()));
        let mut remembering = tokio::spawn(memory::run(Arc::clone(shared), shutdown.clone()));

        // Each receiver lets go of its end once it has begun.
        let _: Option<()> = all_receive.recv().await;
        self.started.cancel();

        shutdown.cancelled().await;
        shared.compactions.give_up();
        receivers.shutdown().await;
        // The dispatcher ends when the last turn has.
        let mut dispatching = dispatching;
        if tokio::time::timeout(shared.options.drain_timeout, &mut dispatching).await.is_err() {
            tracing::warn!(
                "turns are still running at the end of the drain timeout; they go back into the queue"
            );
            shared.running.abandon_all();
            if tokio::time::timeout(FLUSH, &mut dispatching).await.is_err() {
                // What hangs now is cut; its row is recovered at the next start.
                dispatching.abort();
            }
        }
        if tokio::time::timeout(FLUSH, &mut in_background).await.is_err() {
            // What it found is found again after the next start, which also enters its call.
            in_background.abort();
        }
        if tokio::time::timeout(FLUSH, &mut remembering).await.is_err() {
            // What it has not stored is done again after the next start.
            remembering.abort();
        }
        if tokio::time::timeout(FLUSH, shared.compactions.ended()).await.is_err() {
            tracing::warn!("a summary hangs; its call is entered at the next start");
        }
        sender::flush(shared, FLUSH).await;
        senders_end.cancel();
        if let Err(error) = sending.await {
            tracing::error!(%error, "the sender ended badly");
        }
        Ok(())
    }

    /// What the background's loops do at the instant `now`: they tell the reminders that are due, look around if it is
    /// time for that, and keep what was said. [`Agent::run`] does it by itself; this is for tests of long stretches of time. Dropping the
    /// future loses nothing and repeats nothing that was told.
    pub async fn tick(&self, now: Timestamp) {
        background::tick(&self.shared, now).await;
        memory::tick(&self.shared, now).await;
    }

    /// Where messages are handed in, for those who are not channels.
    #[must_use]
    pub fn inbox(&self) -> Arc<dyn Inbox> {
        Arc::new(StoredInbox { shared: Arc::clone(&self.shared) })
    }

    /// Conversations with a turn running now.
    #[must_use]
    pub fn running(&self) -> Vec<Conversation> {
        self.shared.running.conversations()
    }

    /// How long the slowest of the main loops has not moved. Each moves at least every five seconds.
    #[must_use]
    pub fn still(&self) -> Duration {
        let shared = &self.shared;
        let pulses = [&shared.dispatcher_pulse, &shared.sender_pulse, &shared.background_pulse];
        pulses.into_iter().map(Pulse::still).max().unwrap_or_default()
    }

    /// What the operator must look at: channels that gave up, with their reason.
    #[must_use]
    pub fn trouble(&self) -> Vec<String> {
        self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Looks into the queue now, for the one who has just made messages due again.
    pub fn wake_dispatcher(&self) {
        self.shared.queue_changed.notify_one();
    }

    /// Looks now for what has no vector yet, for the one who has just stored a memory.
    pub fn wake_memory(&self) {
        self.shared.said.notify_one();
    }

    /// Looks into the outbox now, for the one who has just made a dead letter wait again.
    pub fn wake_sender(&self) {
        self.shared.outbox_changed.notify_one();
    }
}

async fn receive(shared: Arc<Shared>, channel: Arc<dyn Channel>, beginning: mpsc::Sender<()>) {
    let inbox = StoredInbox { shared: Arc::clone(&shared) };
    let name = channel.name();
    let mut running = channel.run(&inbox);
    let ended = match futures_util::poll!(&mut running) {
        Poll::Ready(ended) => ended,
        Poll::Pending => {
            drop(beginning);
            running.await
        }
    };
    if let Err(error) = ended {
        tracing::error!(channel = name, %error, "the channel has given up");
        let mut trouble = shared.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.insert(name.to_owned(), error.to_string());
    }
}
