// SPDX-License-Identifier: MIT OR Apache-2.0
//! The commands that a person can give in the chat.

use crate::context::Shared;
use blufio_core::channel::Inbound;
use blufio_core::ids::Conversation;
use blufio_core::storage::StorageError;
use std::fmt::Write as _;

/// A command, as the person typed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Start,
    Help,
    New,
    Stop,
    Status,
    /// A word that looks like a command and is none.
    Unknown(String),
}

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

/// The command that a message is, if it is one. What carries files is words for the model.
pub(crate) fn of(message: &Inbound) -> Option<Command> {
    parse(&message.text).filter(|_| message.files.is_empty())
}

/// Reads a command. `/etc/passwd` and the like are words for the model: a command is one slash and one plain word.
fn parse(text: &str) -> Option<Command> {
    let word = text.split_whitespace().next()?.strip_prefix('/')?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if word.is_empty() || word.len() > 32 || !word.chars().all(plain) {
        return None;
    }
    Some(match word {
        "start" => Command::Start,
        "help" => Command::Help,
        "new" => Command::New,
        "stop" => Command::Stop,
        "status" => Command::Status,
        other => Command::Unknown(other.to_owned()),
    })
}

const HELP: &str = "Just write to me: text, photos, documents, voice notes.\n\n\
    /new – start over; I forget this conversation's thread\n\
    /stop – stop the answer that I am writing\n\
    /status – how I am doing\n\
    /help – this list";

/// Carries a command out. Repeating it after a crash does the same again.
pub(crate) async fn run(
    command: &Command,
    shared: &Shared,
    conversation: &Conversation,
) -> Result<Reaction, StorageError> {
    Ok(match command {
        Command::Start => Reaction::say(format!("Hello, I am {}.\n\n{HELP}", shared.options.name)),
        Command::Help => Reaction::say(HELP),
        Command::New => Reaction { reply: "A fresh start. What is on your mind?".into(), end_session: true },
        // The running turn, if there was one, was stopped when the command arrived.
        Command::Stop => Reaction::say("Stopped. Messages that you sent after it are answered now."),
        Command::Status => Reaction::say(status(shared, conversation).await?),
        Command::Unknown(word) => Reaction::say(format!("I do not know /{word}. /help lists what I know.")),
    })
}

async fn status(shared: &Shared, conversation: &Conversation) -> Result<String, StorageError> {
    let now = shared.clock.now();
    let stats = shared.storage.stats().await?;
    let session = shared.storage.session(conversation, now).await?;
    let messages = shared.storage.transcript_length(session).await?;
    // This command's own row is still in the queue, and this turn is still running.
    let waiting = stats.queue_depth.saturating_sub(1);
    let others = shared.running.conversations().len().saturating_sub(1);
    let mut text = format!("{} {} is up.\n", shared.options.name, shared.options.version);
    let _ = writeln!(text, "This conversation: {messages} messages since the last /new");
    let _ = writeln!(text, "Waiting: {waiting} messages; working on {others} other conversations");
    let _ = write!(text, "On the way out: {}; undeliverable: {}", stats.outbox_depth, stats.dead_letters);
    Ok(text)
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
}
