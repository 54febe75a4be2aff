// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the agent remembers: lasting memories, and the person's own past words.

use crate::ids::{Conversation, MemoryId, MessageId, PassageId, QueueId, SessionId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Longest text of a memory, characters.
pub const LONGEST_MEMORY: usize = 500;

/// What a memory is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryKind {
    /// Something that is so.
    Fact,
    /// What somebody likes, wants, or does not.
    Preference,
    /// Who somebody is.
    Person,
    /// Something that is to be done.
    Task,
    /// Something that happened or will happen.
    Event,
    /// How the agent shall behave.
    Instruction,
}

impl MemoryKind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::Fact, Self::Preference, Self::Person, Self::Task, Self::Event, Self::Instruction];

    /// Its name in rows, exports and commands.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fact => "fact",
            Self::Preference => "preference",
            Self::Person => "person",
            Self::Task => "task",
            Self::Event => "event",
            Self::Instruction => "instruction",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for MemoryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whose word a memory is. What others have written (pages, documents, forwarded messages) is never one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryTrust {
    /// A model has written it down, from what the person said in passing.
    Gathered,
    /// The person asked for it to be remembered, or entered it himself.
    Told,
}

impl MemoryTrust {
    /// Its name in rows and exports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gathered => "gathered",
            Self::Told => "told",
        }
    }

    /// The trust of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Gathered, Self::Told].into_iter().find(|trust| trust.name() == name)
    }
}

/// Who may be reminded of something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryScope {
    /// Everybody who talks to the agent.
    Agent,
    /// One person, in private.
    Person {
        /// Name of the channel.
        channel: String,
        /// The person's id on it.
        sender: String,
    },
    /// Everybody in one conversation: a group.
    Conversation(Conversation),
}

/// Where a memory comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemorySource {
    /// A message of a transcript.
    Message(MessageId),
    /// A turn, whose message was not in the transcript yet when it was stored.
    Turn(QueueId),
}

/// A lasting memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// The row.
    pub id: MemoryId,
    /// One statement that can be understood alone, at most [`LONGEST_MEMORY`] characters.
    pub text: String,
    /// What it is about.
    pub kind: MemoryKind,
    /// Who may be reminded of it.
    pub scope: MemoryScope,
    /// Whose word it is.
    pub trust: MemoryTrust,
    /// How sure it is, hundredths.
    pub confidence: u8,
    /// Where it was said; `None`: entered by hand.
    pub source: Option<MemorySource>,
    /// When it was said.
    pub learned_at: Timestamp,
    /// When it was last shown to a model.
    pub used_at: Option<Timestamp>,
    /// How often it was shown to a model.
    pub uses: u64,
    /// What took its place, and when. Such a memory is history.
    pub replaced: Option<Replaced>,
}

/// A memory that holds no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// What holds now.
    pub by: MemoryId,
    /// Since when.
    pub at: Timestamp,
}

/// A memory that is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMemory {
    /// One statement, at most [`LONGEST_MEMORY`] characters.
    pub text: String,
    /// What it is about.
    pub kind: MemoryKind,
    /// Who may be reminded of it.
    pub scope: MemoryScope,
    /// Whose word it is.
    pub trust: MemoryTrust,
    /// How sure it is, hundredths.
    pub confidence: u8,
    /// Where it was said; `None`: entered by hand.
    pub source: Option<MemorySource>,
    /// Further messages in which it was said. Whoever wants it forgotten means those as well.
    pub also: Vec<MessageId>,
    /// When it was said.
    pub learned_at: Timestamp,
    /// Memories of the same scope that hold no more because of it. They stay as history.
    pub replaces: Vec<MemoryId>,
}

/// Past words: a message, or a part of a long one, as it is found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// The row.
    pub id: PassageId,
    /// The message.
    pub message: MessageId,
    /// Its session.
    pub session: SessionId,
    /// Who may be reminded of it.
    pub scope: MemoryScope,
    /// The words.
    pub text: String,
    /// The words among what was said right before and after, shortened, with who said it; empty where nothing was.
    pub around: String,
    /// When it was said.
    pub at: Timestamp,
}

/// Past words that are to be found again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPassage {
    /// The message.
    pub message: MessageId,
    /// Its session.
    pub session: SessionId,
    /// Who may be reminded of it.
    pub scope: MemoryScope,
    /// The words.
    pub text: String,
    /// The words among what was said right before and after, shortened, with who said it; empty where nothing was.
    pub around: String,
    /// When it was said.
    pub at: Timestamp,
}

/// Something that can be recalled, by its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemId {
    /// A memory.
    Memory(MemoryId),
    /// Past words.
    Passage(PassageId),
}

/// As people and models write it: `m12`, `p34`.
impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory(id) => write!(f, "m{id}"),
            Self::Passage(id) => write!(f, "p{id}"),
        }
    }
}

/// It names nothing that can be recalled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” names neither a memory (m12) nor past words (p34)")]
pub struct NoItem(pub String);

/// ```
/// use blufio_core::ids::{MemoryId, PassageId};
/// use blufio_core::memory::ItemId;
/// assert_eq!("m12".parse(), Ok(ItemId::Memory(MemoryId(12))));
/// assert_eq!("P34".parse(), Ok(ItemId::Passage(PassageId(34))));
/// assert_eq!("12".parse(), Ok(ItemId::Memory(MemoryId(12))));
/// assert!("m-1".parse::<ItemId>().is_err());
/// ```
impl FromStr for ItemId {
    type Err = NoItem;

    /// A number alone is that of a memory.
    fn from_str(text: &str) -> Result<Self, NoItem> {
        let passage = text.strip_prefix(['p', 'P']);
        let number = passage.or_else(|| text.strip_prefix(['m', 'M'])).unwrap_or(text);
        let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let row = number.parse().ok().filter(|_| plain).ok_or_else(|| NoItem(text.to_owned()))?;
        Ok(if passage.is_some() { Self::Passage(PassageId(row)) } else { Self::Memory(MemoryId(row)) })
    }
}

/// Something that can be recalled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// A memory.
    Memory(Memory),
    /// Past words.
    Passage(Passage),
}

impl Item {
    /// Its row.
    #[must_use]
    pub fn id(&self) -> ItemId {
        match self {
            Self::Memory(memory) => ItemId::Memory(memory.id),
            Self::Passage(passage) => ItemId::Passage(passage.id),
        }
    }

    /// Its words.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Memory(memory) => &memory.text,
            Self::Passage(passage) => &passage.text,
        }
    }

    /// When it was said.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Memory(memory) => memory.learned_at,
            Self::Passage(passage) => passage.at,
        }
    }
}
