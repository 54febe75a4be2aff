// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one table of keys: validation, the printed defaults and the search for the nearest name all read it.

mod table;

use crate::kind::Kind;
use std::time::Duration;
use table::KEYS;

/// One key of the configuration.
#[derive(Debug)]
pub struct Key {
    /// Its dotted path, `section.key`.
    pub path: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// Its default, as TOML.
    pub default: &'static str,
    /// What it is for, in a line.
    pub doc: &'static str,
}

/// One section of the configuration.
#[derive(Debug)]
pub struct Section {
    /// Its name.
    pub name: &'static str,
    /// What it is for, in a line.
    pub doc: &'static str,
}

/// Every key, section by section.
#[must_use]
pub fn keys() -> &'static [Key] {
    KEYS
}

/// Every section, in the order in which it is printed.
#[must_use]
pub fn sections() -> &'static [Section] {
    SECTIONS
}

/// What has taken the place of a key that there is no more, as a sentence.
pub(crate) fn successor(path: &str) -> Option<&'static str> {
    GONE.iter().find(|(gone, _)| *gone == path).map(|(_, successor)| *successor)
}

/// The key with this path.
pub(crate) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// Whether this is the path of a section.
pub(crate) fn is_section(path: &str) -> bool {
    SECTIONS.iter().any(|section| section.name == path)
}

/// A path with one more key at its end. A key that holds dots or spaces is quoted, so that it cannot pass for a path.
pub(crate) fn join(prefix: &str, key: &str) -> String {
    let quoted = toml_edit::Key::new(key);
    let key = quoted.display_repr();
    if prefix.is_empty() { key.into_owned() } else { format!("{prefix}.{key}") }
}

/// The path of several keys.
pub(crate) fn dotted(path: &[String]) -> String {
    path.iter().fold(String::new(), |prefix, key| join(&prefix, key))
}

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Keys of earlier versions, and what holds now.
static GONE: &[(&str, &str)] = &[
    (
        "agent.model",
        "name the model in `routing.standard`; `routing.mode = \"standard\"` lets it answer every message",
    ),
    (
        "agent.history_messages",
        "how much of a conversation the model is shown is said in tokens now: `context.soft_limit_tokens`",
    ),
];

static SECTIONS: &[Section] = &[
    Section { name: "agent", doc: "Who the agent is, and how much it may do in one turn." },
    Section { name: "routing", doc: "Which model answers: a fast, a standard and a deep one." },
    Section { name: "context", doc: "How much of a conversation the model is shown." },
    Section { name: "budget", doc: "What may be spent. The day and the month are those of agent.time_zone." },
    Section {
        name: "heartbeat",
        doc: "What the agent does unasked. It calls a model only when something has changed.",
    },
    Section { name: "memory", doc: "What is kept beyond a conversation, and recalled where it fits." },
    Section { name: "anthropic", doc: "The model provider. Its key is the secret `anthropic-api-key`." },
    Section { name: "telegram", doc: "The Telegram bot. Its token is the secret `telegram-bot-token`." },
    Section {
        name: "transcription",
        doc: "Turns voice notes into text: a command on this machine, or an HTTP endpoint.",
    },
    Section { name: "store", doc: "The one file that holds all state." },
    Section { name: "backup", doc: "Copies of that file, in the folder `backups` beside it." },
    Section {
        name: "vault",
        doc: "How costly it is to guess the vault's passphrase. Holds from the next `blufio vault init` or `rotate`.",
    },
    Section { name: "gateway", doc: "Health, metrics and the local socket." },
    Section { name: "net", doc: "The way out." },
    Section { name: "log", doc: "What is logged, and how." },
];

const PERSONA: &str = r#""""
You are {name}, a personal agent who works for the person you are talking with.
Answer in that person's language: first what was asked, then what helps, and no more than that.
Say plainly when you do not know something, or when you could not do it. Never invent what a tool would have told you.
""""#;
