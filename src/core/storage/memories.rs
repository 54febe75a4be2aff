// SPDX-License-Identifier: MIT OR Apache-2.0
use super::StorageError;
use crate::channel::Sender;
use crate::content::Message;
use crate::embedding::EmbeddingModel;
use crate::ids::{Conversation, MemoryId, MessageId, PassageId, SessionId};
use crate::memory::{Item, ItemId, Memory, MemoryScope, MemorySource, NewMemory, NewPassage, Passage};
use crate::time::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// What came of a memory that was to be stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Remembered {
    /// The memory as it is stored.
    pub memory: Memory,
    /// Whether it is new. Otherwise the same words were known in the same scope: the older row stays, with the higher
    /// trust and confidence of both and the later time.
    pub new: bool,
}

/// Which memories are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryFilter {
    /// Of these scopes; `None`: of all.
    pub scopes: Option<Vec<MemoryScope>>,
    /// Also those that were replaced.
    pub replaced: bool,
    /// Those that were stored before this one; `None`: from the newest on.
    pub before: Option<MemoryId>,
    /// At most so many.
    pub limit: usize,
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct RecallQuery {
    /// In these scopes.
    pub scopes: Vec<MemoryScope>,
    /// Words, in small letters, without those that say nothing. Any characters; matched by their stems, and by three letters
    /// in a row where scripts write without spaces.
    pub words: Vec<String>,
    /// Whose nearest neighbours are wanted, and the model that made it. `None`: by words alone.
    pub vector: Option<(EmbeddingModel, Vec<f32>)>,
    /// Past words are looked through, beside memories.
    pub passages: bool,
    /// What the model is shown anyway: messages of this session from this one on. They and memories that were learned
    /// from them are left out.
    pub shown: Option<(SessionId, MessageId)>,
    /// At most so many by each signal, of memories and of passages.
    pub limit: usize,
}

/// Something that may fit, with what speaks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// What it is. Memories that were replaced are among them, and name what holds now, however often it has changed since.
    pub item: Item,
    /// BM25 over its words' stems: the larger, the better. Above zero where a word was found.
    pub keyword: f64,
    /// The same over three letters in a row; only of words that stems do not serve.
    pub trigram: f64,
    /// Which of [`RecallQuery::words`] it has, by their positions.
    pub found: Vec<usize>,
    /// Cosine to the query. `None`: it has no vector of that model yet, or none was asked for.
    pub cosine: Option<f32>,
    /// The same of what was said around it; `None` also for memories.
    pub around: Option<f32>,
}

/// What may fit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Candidates {
    /// In no order.
    pub candidates: Vec<Candidate>,
    /// In how many rows each of [`RecallQuery::words`] occurs, memories and passages together, of any scope.
    pub occurrences: Vec<u64>,
    /// How many rows there are.
    pub rows: u64,
}

/// Something without a vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unembedded {
    /// What it is.
    pub id: ItemId,
    /// Its words.
    pub text: String,
    /// The words with what was said around them; `None` for memories, and where nothing was.
    pub around: Option<String>,
}

/// The vectors of something.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedded {
    /// What it is.
    pub id: ItemId,
    /// Of its words.
    pub text: Vec<f32>,
    /// Of the words with what was said around them.
    pub around: Option<Vec<f32>>,
}

/// A message of a transcript that was not looked at yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// The row.
    pub id: MessageId,
    /// Its session.
    pub session: SessionId,
    /// Where it was said.
    pub conversation: Conversation,
    /// Who asked for the turn that it belongs to, and whether in private, as long as that is kept.
    pub by: Option<(Sender, bool)>,
    /// The message.
    pub message: Message,
    /// When it was settled.
    pub at: Timestamp,
}

/// A session in which nobody has said anything for a while, with messages from which nothing was learned yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// The session.
    pub session: SessionId,
    /// Its conversation.
    pub conversation: Conversation,
    /// The last message from which something was learned, if any.
    pub after: Option<MessageId>,
    /// The newest message.
    pub upto: MessageId,
}

/// What was learned from a session: stored in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// The session.
    pub session: SessionId,
    /// The message up to which it was read. Never goes back.
    pub upto: MessageId,
    /// What is new.
    pub memories: Vec<NewMemory>,
    /// Known memories that were said again, each with every message that says it.
    pub again: Vec<SaidAgain>,
}

/// A known memory that was said again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SaidAgain {
    /// The memory. Where it was replaced meanwhile, the message is its history's.
    pub memory: MemoryId,
    /// The message that says it.
    pub message: MessageId,
}

/// What is to be forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgetting {
    /// Items of these scopes only; others are left alone. `None`: whatever the scope.
    pub scopes: Option<Vec<MemoryScope>>,
    /// The items. A memory takes its history with it, and every message in which it was said; a passage its message.
    pub items: Vec<ItemId>,
}

/// What was forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgotten {
    /// Memories, history included.
    pub memories: u64,
    /// Messages whose words are gone from the transcript and from what can be found.
    pub messages: u64,
}

/// Memories and past words.
#[async_trait]
pub trait Memories: Send + Sync {
    /// Stores a memory.
    ///
    /// # Errors
    /// When it was not stored; [`StorageError::Unexpected`] for an empty or overlong text.
    async fn remember(&self, memory: NewMemory, now: Timestamp) -> Result<Remembered, StorageError>;

    /// Memories, newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn memories(&self, filter: MemoryFilter) -> Result<Vec<Memory>, StorageError>;

    /// A memory, and what it replaced, newest first.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn memory(&self, id: MemoryId) -> Result<Option<(Memory, Vec<Memory>)>, StorageError>;

    /// Every place where a memory was said, the first one first; empty where it was entered by hand, or is gone.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn sources(&self, id: MemoryId) -> Result<Vec<MemorySource>, StorageError>;

    /// Past words that can be found again, newest first: those stored before `before`, at most `limit`, and fewer where they
    /// are large. Empty only where there are no more.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn passages(&self, before: Option<PassageId>, limit: usize) -> Result<Vec<Passage>, StorageError>;

    /// Every scope that has a memory or a passage, for the operator, who may look through all.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn scopes(&self) -> Result<Vec<MemoryScope>, StorageError>;

    /// What may fit a query. Reads only; the time it takes grows with the number of rows.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn candidates(&self, query: RecallQuery) -> Result<Candidates, StorageError>;

    /// Counts that these were shown to a model. Not flushed by itself.
    ///
    /// # Errors
    /// When it was not stored.
    async fn used(&self, memories: Vec<MemoryId>, now: Timestamp) -> Result<(), StorageError>;

    /// Deletes for good: rows, vectors, keywords, the words of the messages in the transcript and in the queue, and summaries
    /// that stand for them (which are made anew from what is left). Overwritten on disk. One transaction.
    ///
    /// # Errors
    /// When nothing was deleted.
    async fn forget(&self, what: Forgetting, now: Timestamp) -> Result<Forgotten, StorageError>;

    /// Items without a vector of this model, memories first, newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn unembedded(&self, model: &EmbeddingModel, limit: usize)
    -> Result<Vec<Unembedded>, StorageError>;

    /// Stores vectors in the place of any that were there. Items that are gone meanwhile are passed over. Not flushed by itself.
    ///
    /// # Errors
    /// When nothing was stored; [`StorageError::Unexpected`] where a vector has another dimension than the model.
    async fn embed(&self, model: &EmbeddingModel, vectors: Vec<Embedded>) -> Result<(), StorageError>;

    /// Messages of transcripts behind the last that was [indexed](Memories::index), oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn unindexed(&self, limit: usize) -> Result<Vec<Said>, StorageError>;

    /// Stores what can be found of the messages up to `upto`, and goes on behind it next time, in one transaction. Not flushed by
    /// itself: after a power cut it is done again.
    ///
    /// # Errors
    /// When nothing was stored.
    async fn index(&self, upto: MessageId, passages: Vec<NewPassage>) -> Result<(), StorageError>;

    /// Sessions whose newest message is from before `before`, or that have ended, with messages behind the last lesson; those
    /// that are quiet longest first.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn quiet(&self, before: Timestamp, limit: usize) -> Result<Vec<Quiet>, StorageError>;

    /// The messages of a session behind `after` up to `upto`, oldest first: at most `limit`, and fewer where they are large.
    /// Empty only where there are no more. One whose content cannot be read is passed over, and logged.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn said(
        &self,
        session: SessionId,
        after: Option<MessageId>,
        upto: MessageId,
        limit: usize,
    ) -> Result<Vec<Said>, StorageError>;

    /// Stores what was learned, once: says `false`, and writes nothing, when another lesson has come as far.
    ///
    /// # Errors
    /// When nothing was stored.
    async fn learn(&self, lesson: Lesson, now: Timestamp) -> Result<bool, StorageError>;
}
