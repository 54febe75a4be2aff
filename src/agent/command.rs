// SPDX-License-Identifier: MIT OR Apache-2.0
//! The commands that a person can give in the chat. None of them asks a model.
//!
//! | room | holds |
//! |---|---|
//! | `status` | `/status` |
//! | `why` | `/why`: how the last answer came about |
//! | `cost` | `/cost`: what was spent |
//! | `budget` | `/budget`: how the limits stand, and raising them |
//! | `model` | `/model`: which model answers |
//! | `memory` | `/memory`: what is remembered |
//! | `forget` | `/forget`: deletes it |
//! | `reminders` | `/reminders` |
//! | `heartbeat` | `/heartbeat`: the work in the background |

mod budget;
mod cost;
mod forget;
mod heartbeat;
mod memory;
mod model;
mod reminders;
mod status;
mod why;

use crate::context::Shared;
use blufio_core::channel::Inbound;
use blufio_core::ids::{Conversation, QueueId};
use blufio_core::storage::StorageError;

/// A command, as the person typed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Start,
    Help,
    New,
    Stop,
    Status,
    Why,
    Cost,
    Budget(Words),
    Model(Words),
    /// With everything behind it, as it was written.
    Memory(String),
    /// The same.
    Forget(String),
    Reminders(Words),
    Heartbeat(Words),
    /// A word that looks like a command and is none.
    Unknown(String),
}

/// The words behind a command, in small letters; those that count.
pub(crate) type Words = Vec<String>;

/// No command has more words.
const MOST_WORDS: usize = 4;

/// What a command does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reaction {
    pub(crate) reply: String,
    pub(crate) end_session: bool,
}

impl Reaction {
    fn say(reply: impl Into<String>) -> Self {
        Self { reply: reply.into(), end_session: false }
    }
}

/// Who gave a command, and where.
#[derive(Clone, Copy)]
struct Asked<'a> {
    shared: &'a Shared,
    message: &'a Inbound,
    /// Names the command: the same after a crash.
    turn: QueueId,
}

impl Asked<'_> {
    fn conversation(&self) -> &Conversation {
        &self.message.conversation
    }
}

/// The command that a message is, if it is one. What carries files is words for the model.
pub(crate) fn of(message: &Inbound) -> Option<Command> {
    parse(&message.text).filter(|_| message.files.is_empty())
}

/// Reads a command. `/etc/passwd` and the like are words for the model: a command is one slash and one plain word.
fn parse(text: &str) -> Option<Command> {
    let mut words = text.split_whitespace();
    let word = words.next()?.strip_prefix('/')?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if word.is_empty() || word.len() > 32 || !word.chars().all(plain) {
        return None;
    }
    let all = || text.trim_start().get(word.len().saturating_add(1)..).unwrap_or_default().trim().to_owned();
    let rest = || words.take(MOST_WORDS).map(str::to_lowercase).collect();
    Some(match word {
        "start" => Command::Start,
        "help" => Command::Help,
        "new" => Command::New,
        "stop" => Command::Stop,
        "status" => Command::Status,
        "why" => Command::Why,
        "cost" => Command::Cost,
        "budget" => Command::Budget(rest()),
        "model" => Command::Model(rest()),
        "memory" => Command::Memory(all()),
        "forget" => Command::Forget(all()),
        "reminders" => Command::Reminders(rest()),
        "heartbeat" => Command::Heartbeat(rest()),
        other => Command::Unknown(other.to_owned()),
    })
}

const HELP: &str = "Just write to me: text, photos, documents, voice notes.\n\n\
    /new – start over; I forget this conversation's thread\n\
    /stop – stop the answer that I am writing\n\
    /model – which model answers; `/model deep` pins one, `!deep` before a message asks for one once\n\
    /why – how my last answer came about\n\
    /cost – what was spent\n\
    /budget – what may be spent; `/budget raise daily 5` raises a limit until it resets\n\
    /memory – what I remember of what you told me; `/memory` and some words searches it\n\
    /forget – `/forget` and some words lists what would go, `/forget 12` deletes it for good\n\
    /reminders – what I shall remind you of; `/reminders close 3` ends one\n\
    /heartbeat – what I do unasked\n\
    /status – how I am doing\n\
    /help – this list";

/// Carries a command out. Repeating it after a crash does the same again.
pub(crate) async fn run(
    command: &Command,
    shared: &Shared,
    message: &Inbound,
    turn: QueueId,
) -> Result<Reaction, StorageError> {
    let asked = Asked { shared, message, turn };
    Ok(match command {
        Command::Start => Reaction::say(format!("Hello, I am {}.\n\n{HELP}", shared.options.name)),
        Command::Help => Reaction::say(HELP),
        Command::New => Reaction { reply: "A fresh start. What is on your mind?".into(), end_session: true },
        // The running turn, if there was one, was stopped when the command arrived.
        Command::Stop => Reaction::say("Stopped. Messages that you sent after it are answered now."),
        Command::Status => Reaction::say(status::tell(asked).await?),
        Command::Why => Reaction::say(why::tell(asked).await?),
        Command::Cost => Reaction::say(cost::tell(asked).await?),
        Command::Budget(words) => Reaction::say(budget::run(asked, words).await?),
        Command::Model(words) => Reaction::say(model::run(asked, words).await?),
        Command::Memory(rest) => Reaction::say(memory::run(asked, rest).await?),
        Command::Forget(rest) => Reaction::say(forget::run(asked, rest).await?),
        Command::Reminders(words) => Reaction::say(reminders::run(asked, words).await?),
        Command::Heartbeat(words) => Reaction::say(heartbeat::run(asked, words).await?),
        Command::Unknown(word) => Reaction::say(format!("I do not know /{word}. /help lists what I know.")),
    })
}

/// The words as they are matched.
fn strs(words: &Words) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

/// A text as one line, cut where it is long.
fn brief(text: &str, most: usize) -> String {
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(most) {
        words.truncate(end);
        words.truncate(words.trim_end().len());
        words.push('…');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_one_slash_and_one_plain_word() {
        assert_eq!(parse("/new"), Some(Command::New));
        assert_eq!(parse("  /help me please"), Some(Command::Help));
        assert_eq!(parse("/nonsense"), Some(Command::Unknown("nonsense".into())));
        for words in ["", "/", "new", "/etc/passwd is what?", "/Überraschung", "//", "/a-b", "what is /new"]
        {
            assert_eq!(parse(words), None, "{words}");
        }
    }

    #[test]
    fn the_words_behind_a_command_are_few_and_small() {
        let words = |words: &[&str]| Some(Command::Budget(words.iter().map(|word| (*word).into()).collect()));
        assert_eq!(parse("/budget  Raise daily\n5"), words(&["raise", "daily", "5"]));
        assert_eq!(parse("/budget a b c d e f"), words(&["a", "b", "c", "d"]));
    }

    #[test]
    fn what_is_searched_for_is_whole_and_as_it_was_written() {
        assert_eq!(
            parse("  /memory  Which dog of\nmine is called Max?  "),
            Some(Command::Memory("Which dog of\nmine is called Max?".into()))
        );
        assert_eq!(parse("/forget\tm12, p34"), Some(Command::Forget("m12, p34".into())));
        assert_eq!(parse("/memory"), Some(Command::Memory(String::new())));
    }
}
