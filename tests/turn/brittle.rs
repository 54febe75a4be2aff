// SPDX-License-Identifier: MIT OR Apache-2.0
//! The real store, but for checkpoints that fail as often as a test says, and for a process that dies before one of the
//! writes of the background.

use async_trait::async_trait;
use blufio_core::embedding::EmbeddingModel;
use blufio_core::ids::{
    Conversation, JobId, MemoryId, MessageId, OutboxId, PassageId, QueueId, ReservationId, SessionId,
};
use blufio_core::memory::{Memory, MemoryScope, MemorySource, NewMemory, NewPassage, Passage};
use blufio_core::money::NanoUsd;
use blufio_core::route::{Decision, Route};
use blufio_core::secret::*;
use blufio_core::storage::*;
use blufio_core::time::Timestamp;
use blufio_store::Store;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

type Result<T> = std::result::Result<T, StorageError>;

pub struct Brittle {
    pub store: Store,
    /// So many of the next checkpoints find the disk full.
    pub failing: AtomicUsize,
    /// So many of the next entries into the ledger find the disk full.
    pub full: AtomicUsize,
    /// Somebody raises the first limit of a turn by this, right before the next turn is put back.
    pub before_postpone: Mutex<Option<NanoUsd>>,
    /// The agent is told to end by this, while it looks through the queue the next time.
    pub during_due: Mutex<Option<CancellationToken>>,
    /// The limits of the newest reservation.
    limits: Mutex<Vec<Limit>>,
    /// So many more writes of the background are carried out. The next one never returns: the process has died.
    lives: AtomicUsize,
    dead: Notify,
}

impl Brittle {
    pub fn new(store: Store) -> Self {
        let (failing, lives) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
        Self {
            store,
            failing,
            full: AtomicUsize::new(0),
            before_postpone: Mutex::default(),
            during_due: Mutex::default(),
            limits: Mutex::default(),
            lives,
            dead: Notify::new(),
        }
    }

    /// The process dies after so many more writes of the background.
    pub fn dies_after(&self, writes: usize) {
        self.lives.store(writes, Ordering::SeqCst);
    }

    /// Returns when it has died.
    pub async fn dead(&self) {
        self.dead.notified().await;
    }

    async fn live(&self) {
        let one_less = |left: usize| left.checked_sub(1);
        if self.lives.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_err() {
            self.dead.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Memories for Brittle {
    async fn remember(&self, memory: NewMemory, now: Timestamp) -> Result<Remembered> {
        self.store.remember(memory, now).await
    }
    async fn memories(&self, filter: MemoryFilter) -> Result<Vec<Memory>> {
        self.store.memories(filter).await
    }
    async fn memory(&self, id: MemoryId) -> Result<Option<(Memory, Vec<Memory>)>> {
        self.store.memory(id).await
    }
    async fn sources(&self, id: MemoryId) -> Result<Vec<MemorySource>> {
        self.store.sources(id).await
    }
    async fn passages(&self, before: Option<PassageId>, limit: usize) -> Result<Vec<Passage>> {
        self.store.passages(before, limit).await
    }
    async fn scopes(&self) -> Result<Vec<MemoryScope>> {
        self.store.scopes().await
    }
    async fn candidates(&self, query: RecallQuery) -> Result<Candidates> {
        self.store.candidates(query).await
    }
    async fn used(&self, memories: Vec<MemoryId>, now: Timestamp) -> Result<()> {
        self.store.used(memories, now).await
    }
    async fn forget(&self, what: Forgetting, now: Timestamp) -> Result<Forgotten> {
        self.store.forget(what, now).await
    }
    async fn unembedded(&self, model: &EmbeddingModel, limit: usize) -> Result<Vec<Unembedded>> {
        self.store.unembedded(model, limit).await
    }
    async fn embed(&self, model: &EmbeddingModel, vectors: Vec<Embedded>) -> Result<()> {
        self.store.embed(model, vectors).await
    }
    async fn unindexed(&self, limit: usize) -> Result<Vec<Said>> {
        self.store.unindexed(limit).await
    }
    async fn index(&self, upto: MessageId, passages: Vec<NewPassage>) -> Result<()> {
        self.live().await;
        self.store.index(upto, passages).await
    }
    async fn quiet(&self, before: Timestamp, limit: usize) -> Result<Vec<Quiet>> {
        self.store.quiet(before, limit).await
    }
    async fn said(
        &self,
        session: SessionId,
        after: Option<MessageId>,
        upto: MessageId,
        limit: usize,
    ) -> Result<Vec<Said>> {
        self.store.said(session, after, upto, limit).await
    }
    async fn learn(&self, lesson: Lesson, now: Timestamp) -> Result<bool> {
        self.live().await;
        self.store.learn(lesson, now).await
    }
}

#[async_trait]
impl Queue for Brittle {
    async fn accept(
        &self,
        channel: &str,
        messages: Vec<Arrival>,
        cursor: Option<i64>,
        now: Timestamp,
    ) -> Result<Vec<bool>> {
        self.store.accept(channel, messages, cursor, now).await
    }
    async fn cursor(&self, channel: &str) -> Result<Option<i64>> {
        self.store.cursor(channel).await
    }
    async fn due(
        &self,
        now: Timestamp,
        channels: &[String],
        busy: &[Conversation],
        limit: usize,
    ) -> Result<(Vec<Conversation>, Option<Timestamp>)> {
        let due = self.store.due(now, channels, busy, limit).await;
        if let Some(end) = self.during_due.lock().unwrap().take() {
            end.cancel();
        }
        due
    }
    async fn claim(&self, conversation: &Conversation, now: Timestamp) -> Result<Option<Claim>> {
        self.store.claim(conversation, now).await
    }
    async fn checkpoint(&self, id: QueueId, turn: &TurnRecord) -> Result<()> {
        let one_less = |left: usize| left.checked_sub(1);
        if self.failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
            return Err(StorageError::Full { path: self.store.path().to_owned() });
        }
        self.store.checkpoint(id, turn).await
    }
    async fn settle(&self, settlement: Settlement, now: Timestamp) -> Result<()> {
        self.store.settle(settlement, now).await
    }
    async fn postpone(&self, postponement: Postponement, now: Timestamp) -> Result<()> {
        let by = self.before_postpone.lock().unwrap().take();
        let limit = self.limits.lock().unwrap().first().cloned();
        if let Some((by, limit)) = by.zip(limit) {
            self.store.raise(&limit, by, now).await?;
        }
        self.store.postpone(postponement, now).await
    }
    async fn release(&self, prefix: &str, now: Timestamp) -> Result<u64> {
        self.store.release(prefix, now).await
    }
    async fn recover(&self, now: Timestamp) -> Result<u64> {
        self.store.recover(now).await
    }
}

#[async_trait]
impl Outbox for Brittle {
    async fn outbox_due(
        &self,
        now: Timestamp,
        channels: &[String],
        busy: &[Conversation],
        limit: usize,
    ) -> Result<(Vec<OutboxRow>, Option<Timestamp>)> {
        self.store.outbox_due(now, channels, busy, limit).await
    }
    async fn outbox_sent(&self, id: OutboxId, external_id: &str, now: Timestamp) -> Result<()> {
        self.store.outbox_sent(id, external_id, now).await
    }
    async fn outbox_retry(&self, id: OutboxId, until: Timestamp, error: &str) -> Result<()> {
        self.store.outbox_retry(id, until, error).await
    }
    async fn outbox_dead(&self, id: OutboxId, error: &str) -> Result<()> {
        self.store.outbox_dead(id, error).await
    }
    async fn dead_letters(&self, limit: usize) -> Result<Vec<OutboxRow>> {
        self.store.dead_letters(limit).await
    }
    async fn redeliver(&self, id: OutboxId) -> Result<bool> {
        self.store.redeliver(id).await
    }
}

#[async_trait]
impl Sessions for Brittle {
    async fn session(&self, conversation: &Conversation, now: Timestamp) -> Result<SessionId> {
        self.store.session(conversation, now).await
    }
    async fn transcript(&self, session: SessionId, limit: usize) -> Result<Transcript> {
        self.store.transcript(session, limit).await
    }
    async fn oldest(&self, session: SessionId, limit: usize, bytes: usize) -> Result<Transcript> {
        self.store.oldest(session, limit, bytes).await
    }
    async fn transcript_length(&self, session: SessionId) -> Result<usize> {
        self.store.transcript_length(session).await
    }
    async fn compact(&self, compaction: Compaction, now: Timestamp) -> Result<bool> {
        self.store.compact(compaction, now).await
    }
    async fn decisions(&self, session: SessionId, limit: usize) -> Result<Vec<(Decision, Timestamp)>> {
        self.store.decisions(session, limit).await
    }
    async fn pin(&self, conversation: &Conversation) -> Result<Option<Route>> {
        self.store.pin(conversation).await
    }
    async fn set_pin(&self, conversation: &Conversation, route: Option<Route>) -> Result<()> {
        self.store.set_pin(conversation, route).await
    }
}

#[async_trait]
impl Ledger for Brittle {
    async fn reserve(&self, reservation: Reservation, now: Timestamp) -> Result<Reserved> {
        self.live().await;
        *self.limits.lock().unwrap() = reservation.limits.clone();
        self.store.reserve(reservation, now).await
    }
    async fn settle_call(&self, id: ReservationId, record: Option<CallRecord>) -> Result<()> {
        self.live().await;
        let one_less = |left: usize| left.checked_sub(1);
        if self.full.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
            return Err(StorageError::Full { path: self.store.path().to_owned() });
        }
        self.store.settle_call(id, record).await
    }
    async fn standings(&self, limits: &[Limit]) -> Result<Vec<Standing>> {
        self.store.standings(limits).await
    }
    async fn raise(&self, limit: &Limit, by: NanoUsd, now: Timestamp) -> Result<()> {
        self.store.raise(limit, by, now).await
    }
    async fn costs(&self, since: Timestamp, by: CostBy) -> Result<(Vec<Cost>, Cost)> {
        self.store.costs(since, by).await
    }
    async fn answers(&self, conversation: Option<&Conversation>, limit: usize) -> Result<Vec<Answer>> {
        self.store.answers(conversation, limit).await
    }
}

#[async_trait]
impl Jobs for Brittle {
    async fn add_job(&self, job: NewJob, now: Timestamp) -> Result<Job> {
        self.store.add_job(job, now).await
    }
    async fn open_jobs(&self, conversation: Option<&Conversation>) -> Result<Vec<Job>> {
        self.store.open_jobs(conversation).await
    }
    async fn close_job(&self, conversation: &Conversation, id: JobId, now: Timestamp) -> Result<bool> {
        self.store.close_job(conversation, id, now).await
    }
    async fn due_jobs(
        &self,
        now: Timestamp,
        channels: &[String],
        limit: usize,
    ) -> Result<(Vec<Job>, Option<Timestamp>)> {
        self.store.due_jobs(now, channels, limit).await
    }
    async fn fire(&self, firing: Firing, now: Timestamp) -> Result<bool> {
        self.live().await;
        self.store.fire(firing, now).await
    }
}

#[async_trait]
impl Background for Brittle {
    async fn noted(&self, name: &str) -> Result<Option<String>> {
        self.store.noted(name).await
    }
    async fn note(&self, notes: Vec<(String, String)>) -> Result<()> {
        self.live().await;
        self.store.note(notes).await
    }
    async fn tell(&self, telling: Telling, now: Timestamp) -> Result<()> {
        self.live().await;
        self.store.tell(telling, now).await
    }
    async fn notices(&self, conversation: &Conversation) -> Result<Vec<Notice>> {
        self.store.notices(conversation).await
    }
    async fn move_notices(&self, to: &Conversation) -> Result<()> {
        self.live().await;
        self.store.move_notices(to).await
    }
    async fn last_private(&self, people: &[(String, String)]) -> Result<Option<Conversation>> {
        self.store.last_private(people).await
    }
    async fn standstill(&self) -> Result<Option<Standstill>> {
        self.store.standstill().await
    }
    async fn set_standstill(&self, why: Option<Standstill>) -> Result<()> {
        self.live().await;
        self.store.set_standstill(why).await
    }
}

#[async_trait]
impl Peers for Brittle {
    async fn is_approved(&self, channel: &str, sender: &str) -> Result<bool> {
        self.store.is_approved(channel, sender).await
    }
    async fn ask_pairing(
        &self,
        peer: Peer,
        expires: Timestamp,
        most: usize,
        now: Timestamp,
    ) -> Result<Pairing> {
        self.store.ask_pairing(peer, expires, most, now).await
    }
    async fn approve(&self, code: &str, now: Timestamp) -> Result<Option<Peer>> {
        self.store.approve(code, now).await
    }
    async fn remove_peer(&self, channel: &str, sender: &str) -> Result<bool> {
        self.store.remove_peer(channel, sender).await
    }
    async fn peers(&self, now: Timestamp) -> Result<Vec<Peer>> {
        self.store.peers(now).await
    }
}

#[async_trait]
impl SecretRecords for Brittle {
    async fn vault_header(&self) -> Result<Option<VaultHeader>> {
        self.store.vault_header().await
    }
    async fn secrets(&self) -> Result<Vec<SecretRecord>> {
        self.store.secrets().await
    }
    async fn replace_vault(&self, header: VaultHeader, records: Vec<SecretRecord>) -> Result<()> {
        self.store.replace_vault(header, records).await
    }
    async fn remove_vault(&self) -> Result<()> {
        self.store.remove_vault().await
    }
    async fn put_secret(&self, record: SecretRecord) -> Result<()> {
        self.store.put_secret(record).await
    }
    async fn remove_secret(&self, name: &str) -> Result<bool> {
        self.store.remove_secret(name).await
    }
}

#[async_trait]
impl Backups for Brittle {
    async fn back_up(&self, keep: usize, now: Timestamp) -> Result<Backup> {
        self.store.back_up(keep, now).await
    }
    async fn begin(&self) -> Result<()> {
        self.store.begin().await
    }
    async fn drop_copies(&self, now: Timestamp) -> Result<Vec<PathBuf>> {
        self.store.drop_copies(now).await
    }
}

#[async_trait]
impl Storage for Brittle {
    async fn stats(&self, now: Timestamp) -> Result<StoreStats> {
        self.store.stats(now).await
    }
    async fn examine(&self, now: Timestamp) -> Result<Examined> {
        self.store.examine(now).await
    }
    async fn snapshot(&self, target: &Path) -> Result<()> {
        self.store.snapshot(target).await
    }
}
