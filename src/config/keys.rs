// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one table of keys: validation, the printed defaults and the search for the nearest name all read it.

use crate::kind::Kind;
use std::time::Duration;

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
    Section { name: "anthropic", doc: "The model provider. Its key is the secret `anthropic-api-key`." },
    Section { name: "telegram", doc: "The Telegram bot. Its token is the secret `telegram-bot-token`." },
    Section {
        name: "transcription",
        doc: "Turns voice notes into text: a command on this machine, or an HTTP endpoint.",
    },
    Section { name: "store", doc: "The one file that holds all state." },
    Section {
        name: "vault",
        doc: "How costly it is to guess the vault's passphrase. Holds from the next `blufio vault init` or `rotate`.",
    },
    Section { name: "gateway", doc: "Health, metrics and the local socket." },
    Section { name: "net", doc: "The way out." },
    Section { name: "log", doc: "What is logged, and how." },
];

static KEYS: &[Key] = &[
    Key {
        path: "agent.name",
        kind: Kind::Text { longest: 64, lines: false, empty: false },
        default: r#""Blufio""#,
        doc: "What the agent is called.",
    },
    Key {
        path: "agent.persona",
        kind: Kind::Text { longest: 65_536, lines: true, empty: true },
        default: PERSONA,
        doc: "Who the agent is, in words to the model. `{name}` stands for agent.name.",
    },
    Key {
        path: "agent.persona_files",
        kind: Kind::Paths,
        default: "[]",
        doc: "Markdown files that are appended to the persona. A relative path starts at this file's folder.",
    },
    Key {
        path: "agent.time_zone",
        kind: Kind::Zone,
        default: r#""""#,
        doc: "IANA name of the time zone in which people mean their times. Empty: that of this machine.",
    },
    Key {
        path: "agent.max_output_tokens",
        kind: Kind::Integer { least: 1, most: 1_000_000 },
        default: "8192",
        doc: "Most tokens that one answer of the model may have.",
    },
    Key {
        path: "agent.max_concurrent_turns",
        kind: Kind::Integer { least: 1, most: 1024 },
        default: "64",
        doc: "How many conversations are answered at the same time.",
    },
    Key {
        path: "agent.max_tool_rounds",
        kind: Kind::Integer { least: 1, most: 100 },
        default: "16",
        doc: "How often the model may use tools and continue within one turn.",
    },
    Key {
        path: "agent.turn_timeout",
        kind: Kind::Duration { least: seconds(1), most: seconds(86_400) },
        default: r#""10m""#,
        doc: "How long a turn may take.",
    },
    Key {
        path: "agent.drain_timeout",
        kind: Kind::Duration { least: seconds(0), most: seconds(3600) },
        default: r#""30s""#,
        doc: "How long running turns may go on after the order to stop; the rest is answered after the next start.",
    },
    Key {
        path: "routing.mode",
        kind: Kind::Choice(&["auto", "fast", "standard", "deep"]),
        default: r#""auto""#,
        doc: "Which route messages take: \"auto\" decides message by message, the others always take the one they name.",
    },
    Key {
        path: "routing.fast",
        kind: Kind::Model,
        default: r#""""#,
        doc: "The model for what is easy. Empty: the newest of its class in the table of models.",
    },
    Key {
        path: "routing.standard",
        kind: Kind::Model,
        default: r#""""#,
        doc: "The model for ordinary work. Empty: the newest of its class.",
    },
    Key {
        path: "routing.deep",
        kind: Kind::Model,
        default: r#""""#,
        doc: "The model for what is hard. Empty: the newest of its class.",
    },
    Key {
        path: "routing.fallback",
        kind: Kind::Routes,
        default: r#"["standard", "fast"]"#,
        doc: "Routes whose models are asked, in this order, when the chosen one fails.",
    },
    Key {
        path: "context.soft_limit_tokens",
        kind: Kind::Integer { least: 1000, most: 10_000_000 },
        default: "30000",
        doc: "A history larger than this is summarised, after the answer and in the background.",
    },
    Key {
        path: "context.keep_tokens",
        kind: Kind::Integer { least: 100, most: 5_000_000 },
        default: "8000",
        doc: "So much of the newest history is kept word for word. Less than half of soft_limit_tokens.",
    },
    Key {
        path: "context.tool_result_tokens",
        kind: Kind::Integer { least: 100, most: 1_000_000 },
        default: "8000",
        doc: "Largest result of one tool; what is longer is cut.",
    },
    Key {
        path: "context.summary_model",
        kind: Kind::Model,
        default: r#""""#,
        doc: "The model that summarises. Empty: the newest fast one, whatever routing.fast says.",
    },
    Key {
        path: "budget.daily_usd",
        kind: Kind::Dollars { none: true },
        default: "5.0",
        doc: "Most dollars that may be spent in a day, or \"none\".",
    },
    Key {
        path: "budget.monthly_usd",
        kind: Kind::Dollars { none: true },
        default: "50.0",
        doc: "Most dollars that may be spent in a month, or \"none\".",
    },
    Key {
        path: "budget.session_usd",
        kind: Kind::Dollars { none: true },
        default: r#""none""#,
        doc: "Most dollars that may be spent in a session, which is a conversation until /new, or \"none\".",
    },
    Key {
        path: "budget.when_spent",
        kind: Kind::Choice(&["wait", "decline"]),
        default: r#""wait""#,
        doc: "What becomes of messages when a limit is reached: \"wait\" until it resets or is raised, or \"decline\" at once.",
    },
    Key {
        path: "heartbeat.enabled",
        kind: Kind::Boolean,
        default: "false",
        doc: "Whether the agent looks at what is watched and at open tasks. Reminders come in any case.",
    },
    Key {
        path: "heartbeat.interval",
        kind: Kind::Duration { least: seconds(1), most: seconds(7 * 86_400) },
        default: r#""30m""#,
        doc: "How often it looks.",
    },
    Key {
        path: "heartbeat.hours",
        kind: Kind::Hours,
        default: r#""08:00-22:00""#,
        doc: "In which part of the day. \"22:00-06:00\" goes past midnight, \"00:00-24:00\" is the whole day.",
    },
    Key {
        path: "heartbeat.model",
        kind: Kind::Model,
        default: r#""""#,
        doc: "The model that is asked when something has changed. Empty: the newest fast one, whatever routing.fast says.",
    },
    Key {
        path: "heartbeat.watch",
        kind: Kind::Targets,
        default: "[]",
        doc: "Files, folders and pages that are watched: absolute paths and https:// URLs.",
    },
    Key {
        path: "heartbeat.monthly_usd",
        kind: Kind::Dollars { none: false },
        default: "10.0",
        doc: "Most dollars that heartbeats may spend in a month. Counts towards the budget as well.",
    },
    Key {
        path: "heartbeat.deliver",
        kind: Kind::Choice(&["now", "next"]),
        default: r#""now""#,
        doc: "When results are told: \"now\", or with the \"next\" answer.",
    },
    Key {
        path: "anthropic.base_url",
        kind: Kind::Url { optional: false },
        default: r#""https://api.anthropic.com""#,
        doc: "Where the Messages API is.",
    },
    Key {
        path: "anthropic.request_timeout",
        kind: Kind::Duration { least: seconds(1), most: seconds(3600) },
        default: r#""10m""#,
        doc: "How long one call may take, streaming included.",
    },
    Key {
        path: "anthropic.max_retries",
        kind: Kind::Integer { least: 0, most: 10 },
        default: "3",
        doc: "How often a failed call is tried again.",
    },
    Key {
        path: "anthropic.models",
        kind: Kind::Tables,
        default: "{}",
        doc: "Overrides of the built-in table of models, one section each: [anthropic.models.\"<model id>\"].",
    },
    Key {
        path: "telegram.enabled",
        kind: Kind::Switch,
        default: r#""auto""#,
        doc: "Whether the bot runs: true, false, or \"auto\" for when there is a token.",
    },
    Key {
        path: "telegram.base_url",
        kind: Kind::Url { optional: false },
        default: r#""https://api.telegram.org""#,
        doc: "Where the Bot API is.",
    },
    Key {
        path: "telegram.allowed_users",
        kind: Kind::Integers { least: 1, most: 1 << 52 },
        default: "[]",
        doc: "Ids of people who may talk to the agent without pairing. Others are given a pairing code.",
    },
    Key {
        path: "telegram.operators",
        kind: Kind::Integers { least: 1, most: 1 << 52 },
        default: "[]",
        doc: "Ids of people who may raise limits and the like in the chat. Empty: the one who may talk to the agent, if there is only one.",
    },
    Key {
        path: "telegram.streaming",
        kind: Kind::Boolean,
        default: "true",
        doc: "Whether an answer is shown while it grows.",
    },
    Key {
        path: "telegram.edit_interval",
        kind: Kind::Duration { least: Duration::from_millis(50), most: seconds(60) },
        default: r#""4s""#,
        doc: "Least time between two edits of a growing answer in a group. Telegram takes 20 messages a minute, edits included.",
    },
    Key {
        path: "telegram.poll_timeout",
        kind: Kind::Duration { least: seconds(1), most: seconds(60) },
        default: r#""50s""#,
        doc: "How long one long poll waits for messages.",
    },
    Key {
        path: "transcription.command",
        kind: Kind::Command,
        default: "[]",
        doc: "Program and arguments that read a recording on standard input and print its words.",
    },
    Key {
        path: "transcription.url",
        kind: Kind::Url { optional: true },
        default: r#""""#,
        doc: "Endpoint in the shape of OpenAI's /v1/audio/transcriptions. Either this or the command.",
    },
    Key {
        path: "transcription.model",
        kind: Kind::Text { longest: 128, lines: false, empty: true },
        default: r#""""#,
        doc: "Name of the model, for the endpoint.",
    },
    Key {
        path: "transcription.language",
        kind: Kind::Text { longest: 35, lines: false, empty: true },
        default: r#""""#,
        doc: "Language that is spoken, for the endpoint, such as \"en\". Empty: it finds out.",
    },
    Key {
        path: "transcription.secret",
        kind: Kind::SecretName,
        default: r#""""#,
        doc: "Name of the vault's secret that the endpoint is given as bearer token. Not the token itself.",
    },
    Key {
        path: "transcription.timeout",
        kind: Kind::Duration { least: seconds(1), most: seconds(600) },
        default: r#""60s""#,
        doc: "How long one recording may take.",
    },
    Key {
        path: "store.path",
        kind: Kind::Path,
        default: r#""""#,
        doc: "The database. Empty: blufio.db in $STATE_DIRECTORY, or in the user's state folder.",
    },
    // The bounds of these three are those of the vault, which is on the same floor and cannot be asked.
    Key {
        path: "vault.memory_kib",
        kind: Kind::Integer { least: 19_456, most: 1024 * 1024 },
        default: "19456",
        doc: "Memory of one Argon2id derivation, KiB.",
    },
    Key {
        path: "vault.passes",
        kind: Kind::Integer { least: 2, most: 32 },
        default: "2",
        doc: "Passes over that memory.",
    },
    Key {
        path: "vault.lanes",
        kind: Kind::Integer { least: 1, most: 16 },
        default: "1",
        doc: "Lanes of the derivation.",
    },
    Key {
        path: "gateway.listen",
        kind: Kind::Loopback,
        default: r#""127.0.0.1:8787""#,
        doc: "Address of the HTTP endpoints, on loopback. Port 0 takes any free one.",
    },
    Key {
        path: "gateway.socket",
        kind: Kind::Path,
        default: r#""""#,
        doc: "The local socket. Empty: blufio.sock in $RUNTIME_DIRECTORY, in $XDG_RUNTIME_DIR, or beside the database.",
    },
    Key {
        path: "net.allow_loopback_http",
        kind: Kind::Boolean,
        default: "false",
        doc: "Whether a URL in this file may be http://127.0.0.1:PORT. For the simulator, or a service on this machine.",
    },
    Key {
        path: "net.connect_timeout",
        kind: Kind::Duration { least: Duration::from_millis(100), most: seconds(120) },
        default: r#""10s""#,
        doc: "How long a connection may take to come about.",
    },
    Key {
        path: "log.level",
        kind: Kind::Filter,
        default: r#""info""#,
        doc: "error, warn, info, debug or trace; also by part of the program: \"info,blufio_telegram=debug\".",
    },
    Key {
        path: "log.format",
        kind: Kind::Choice(&["auto", "text", "json", "journal"]),
        default: r#""auto""#,
        doc: "How lines are written: \"text\", \"json\", \"journal\", or \"auto\" for what fits the surroundings.",
    },
    Key {
        path: "log.file",
        kind: Kind::Path,
        default: r#""""#,
        doc: "A file to log to; SIGHUP reopens it. Empty: standard error or the journal.",
    },
];

const PERSONA: &str = r#""""
You are {name}, a personal agent who works for the person you are talking with.
Answer in that person's language: first what was asked, then what helps, and no more than that.
Say plainly when you do not know something, or when you could not do it. Never invent what a tool would have told you.
""""#;
