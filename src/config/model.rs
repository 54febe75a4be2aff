// SPDX-License-Identifier: MIT OR Apache-2.0
//! The configuration as the program uses it. Defaults, bounds and meaning of the keys are in [`crate::keys()`].

mod read;

use crate::target::WatchTarget;
use blufio_calendar::{Hours, Zone};
use blufio_core::money::NanoUsd;
use blufio_core::route::Route;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// The whole configuration.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Who the agent is, and how much it may do in one turn.
    pub agent: AgentConfig,
    /// Which model answers.
    pub routing: RoutingConfig,
    /// How much of a conversation the model is shown.
    pub context: ContextConfig,
    /// What may be spent.
    pub budget: BudgetConfig,
    /// What the agent does unasked.
    pub heartbeat: HeartbeatConfig,
    /// What is kept beyond a conversation.
    pub memory: MemoryConfig,
    /// The model provider.
    pub anthropic: AnthropicConfig,
    /// The Telegram bot.
    pub telegram: TelegramConfig,
    /// Voice notes into text.
    pub transcription: TranscriptionConfig,
    /// The one file that holds all state.
    pub store: StoreConfig,
    /// Copies of that file.
    pub backup: BackupConfig,
    /// How the vault's key is derived.
    pub vault: VaultConfig,
    /// Health, metrics and the local socket.
    pub gateway: GatewayConfig,
    /// The way out.
    pub net: NetConfig,
    /// Logging.
    pub log: LogConfig,
}

/// `[agent]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentConfig {
    /// What the agent is called.
    pub name: String,
    /// Who it is, in words to the model, as written; [`AgentConfig::persona_text`] is what the model is told.
    pub persona: String,
    /// Markdown files that are appended to the persona.
    pub persona_files: Vec<PathBuf>,
    /// The time zone in which people mean their times. `None`: that of this machine; see [`AgentConfig::zone`].
    #[serde(deserialize_with = "read::zone")]
    pub time_zone: Option<Zone>,
    /// Most tokens of one answer.
    pub max_output_tokens: u64,
    /// Most turns at the same time.
    pub max_concurrent_turns: usize,
    /// Most rounds of tool use in a turn.
    pub max_tool_rounds: u32,
    /// Longest turn.
    #[serde(deserialize_with = "read::duration")]
    pub turn_timeout: Duration,
    /// How long running turns may go on after the order to stop.
    #[serde(deserialize_with = "read::duration")]
    pub drain_timeout: Duration,
}

impl AgentConfig {
    /// The time zone in which people mean their times: the configured one, else that of this machine, else UTC.
    #[must_use]
    pub fn zone(&self) -> Zone {
        self.time_zone.clone().unwrap_or_else(Zone::of_this_machine)
    }
}

/// `[routing]`. A model that is `None` is the newest of its class in the table of models.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoutingConfig {
    /// The route of every message. `None`: decided message by message.
    #[serde(deserialize_with = "read::mode")]
    pub mode: Option<Route>,
    /// Id of the model for what is easy.
    #[serde(deserialize_with = "read::optional_text")]
    pub fast: Option<String>,
    /// Id of the model for ordinary work.
    #[serde(deserialize_with = "read::optional_text")]
    pub standard: Option<String>,
    /// Id of the model for what is hard.
    #[serde(deserialize_with = "read::optional_text")]
    pub deep: Option<String>,
    /// Routes whose models are asked, in this order, when the chosen one fails. Each at most once.
    pub fallback: Vec<Route>,
}

/// `[context]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContextConfig {
    /// A history larger than this is summarised, tokens.
    pub soft_limit_tokens: u64,
    /// So much of the newest history is kept word for word, tokens. Less than half of the soft limit.
    pub keep_tokens: u64,
    /// Largest result of one tool, tokens.
    pub tool_result_tokens: u64,
    /// Id of the model that summarises. `None`: the newest fast one.
    #[serde(deserialize_with = "read::optional_text")]
    pub summary_model: Option<String>,
}

/// `[budget]`. `None`: no such limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetConfig {
    /// Most that may be spent in a day.
    #[serde(deserialize_with = "read::limit")]
    pub daily_usd: Option<NanoUsd>,
    /// Most that may be spent in a month.
    #[serde(deserialize_with = "read::limit")]
    pub monthly_usd: Option<NanoUsd>,
    /// Most that may be spent in a session.
    #[serde(deserialize_with = "read::limit")]
    pub session_usd: Option<NanoUsd>,
    /// What becomes of messages when a limit is reached.
    pub when_spent: WhenSpent,
}

/// What becomes of messages when a limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WhenSpent {
    /// They wait until it resets or is raised.
    Wait,
    /// They are declined.
    Decline,
}

/// `[heartbeat]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeartbeatConfig {
    /// Whether the agent looks at all.
    pub enabled: bool,
    /// How often it looks.
    #[serde(deserialize_with = "read::duration")]
    pub interval: Duration,
    /// In which part of the day.
    #[serde(deserialize_with = "read::hours")]
    pub hours: Hours,
    /// Id of the model that is asked when something has changed. `None`: the newest fast one.
    #[serde(deserialize_with = "read::optional_text")]
    pub model: Option<String>,
    /// What is watched. Each at most once.
    pub watch: Vec<WatchTarget>,
    /// Most that may be spent on it in a month.
    #[serde(deserialize_with = "read::dollars")]
    pub monthly_usd: NanoUsd,
    /// When results are told.
    pub deliver: Deliver,
}

/// When results of the background are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deliver {
    /// At once.
    Now,
    /// With the next answer.
    Next,
}

/// `[memory]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryConfig {
    /// Whether anything is kept and recalled.
    pub enabled: bool,
    /// Folder with a sentence model. `None`: the one inside the program.
    #[serde(deserialize_with = "read::optional_path")]
    pub model: Option<PathBuf>,
    /// How the model inside the program reckons.
    pub form: ModelForm,
    /// How long the model stays in memory when nobody needs it.
    #[serde(deserialize_with = "read::duration")]
    pub idle: Duration,
    /// How long an answer waits for the model.
    #[serde(deserialize_with = "read::duration")]
    pub patience: Duration,
    /// Most tokens of what is recalled beside a message.
    pub tokens: u64,
    /// Whether memories are made of conversations that have gone quiet.
    pub learn: bool,
    /// How long nobody has said anything in a conversation that has gone quiet.
    #[serde(deserialize_with = "read::duration")]
    pub quiet: Duration,
    /// Id of the model that makes memories. `None`: the newest fast one.
    #[serde(deserialize_with = "read::optional_text")]
    pub learning_model: Option<String>,
}

/// How the sentence model reckons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelForm {
    /// As suits the processor.
    Auto,
    /// Eight bits.
    Int8,
    /// Twice four bits.
    Nibbles,
    /// Full precision.
    Float,
}

/// `[anthropic]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnthropicConfig {
    /// Where the Messages API is.
    #[serde(deserialize_with = "read::url")]
    pub base_url: Url,
    /// Longest call, streaming included.
    #[serde(deserialize_with = "read::duration")]
    pub request_timeout: Duration,
    /// How often a failed call is tried again.
    pub max_retries: u32,
    /// Overrides of the table of models, by id. Each value is a table; the provider's adapter checks its content.
    pub models: toml::Table,
}

/// `[telegram]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelegramConfig {
    /// Whether the bot runs.
    #[serde(deserialize_with = "read::switch")]
    pub enabled: Switch,
    /// Where the Bot API is.
    #[serde(deserialize_with = "read::url")]
    pub base_url: Url,
    /// Ids of people who need no pairing.
    pub allowed_users: Vec<u64>,
    /// Ids of people who may raise limits. Empty: the one who may talk to the agent, if there is only one.
    pub operators: Vec<u64>,
    /// Whether an answer is shown while it grows.
    pub streaming: bool,
    /// Least time between two edits in a group.
    #[serde(deserialize_with = "read::duration")]
    pub edit_interval: Duration,
    /// How long one long poll waits.
    #[serde(deserialize_with = "read::duration")]
    pub poll_timeout: Duration,
}

/// Whether something runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// When what it needs is there.
    Auto,
    /// Yes; what it needs must be there.
    On,
    /// No.
    Off,
}

/// `[transcription]`. At most one of `command` and `url` is set; with neither there is no transcription.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TranscriptionConfig {
    /// Program and arguments. Empty: none.
    pub command: Vec<String>,
    /// Endpoint.
    #[serde(deserialize_with = "read::optional_url")]
    pub url: Option<Url>,
    /// Name of the model, for the endpoint.
    #[serde(deserialize_with = "read::optional_text")]
    pub model: Option<String>,
    /// Language that is spoken, for the endpoint.
    #[serde(deserialize_with = "read::optional_text")]
    pub language: Option<String>,
    /// Name of the vault's secret that the endpoint is given as bearer token.
    #[serde(deserialize_with = "read::optional_text")]
    pub secret: Option<String>,
    /// How long one recording may take.
    #[serde(deserialize_with = "read::duration")]
    pub timeout: Duration,
}

/// `[store]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// The database, where it is not in the standard place. See [`Config::database`].
    #[serde(deserialize_with = "read::optional_path")]
    pub path: Option<PathBuf>,
}

/// `[backup]`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupConfig {
    /// How often the daemon makes a backup. `None`: never by itself.
    #[serde(deserialize_with = "read::period")]
    pub every: Option<Duration>,
    /// How many are kept.
    pub keep: usize,
}

/// `[vault]`: parameters of Argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultConfig {
    /// Memory, KiB.
    pub memory_kib: u32,
    /// Passes.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// `[gateway]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayConfig {
    /// Address of the HTTP endpoints; always on loopback. Port 0 takes any free one.
    pub listen: SocketAddr,
    /// The local socket, where it is not in the standard place. See [`Config::socket`].
    #[serde(deserialize_with = "read::optional_path")]
    pub socket: Option<PathBuf>,
}

/// `[net]`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetConfig {
    /// Whether the configured URLs may be plain HTTP on loopback. See [`Config::loopback_origins`].
    pub allow_loopback_http: bool,
    /// How long a connection may take to come about.
    #[serde(deserialize_with = "read::duration")]
    pub connect_timeout: Duration,
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// Filter: levels, and levels of targets, separated by commas.
    pub level: String,
    /// How lines are written.
    pub format: LogFormat,
    /// File to log to.
    #[serde(deserialize_with = "read::optional_path")]
    pub file: Option<PathBuf>,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// What fits the surroundings.
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
    /// With the journal's priorities.
    Journal,
}

impl Config {
    /// The URLs that the configuration names: model provider, channel, transcription, watched pages.
    pub fn urls(&self) -> impl Iterator<Item = (&'static str, &Url)> {
        [
            ("anthropic.base_url", Some(&self.anthropic.base_url)),
            ("telegram.base_url", Some(&self.telegram.base_url)),
            ("transcription.url", self.transcription.url.as_ref()),
        ]
        .into_iter()
        .filter_map(|(key, url)| url.map(|url| (key, url)))
        .chain(self.heartbeat.watch.iter().filter_map(|target| Some(("heartbeat.watch", target.page()?))))
    }

    /// The loopback addresses that plain HTTP may be spoken to: those of the configured `http` URLs, and none unless
    /// `net.allow_loopback_http` is set.
    #[must_use]
    pub fn loopback_origins(&self) -> Vec<SocketAddr> {
        if !self.net.allow_loopback_http {
            return Vec::new();
        }
        self.urls().filter_map(|(_, url)| loopback_http(url)).collect()
    }
}

/// The address of a plain HTTP URL on loopback, given as a number. `localhost` is a name, and names can be redirected.
pub(crate) fn loopback_http(url: &Url) -> Option<SocketAddr> {
    let ip: std::net::IpAddr = match url.host()? {
        url::Host::Ipv4(ip) => ip.into(),
        url::Host::Ipv6(ip) => ip.into(),
        url::Host::Domain(_) => return None,
    };
    let port = url.port_or_known_default()?;
    (url.scheme() == "http" && ip.is_loopback()).then(|| SocketAddr::new(ip, port))
}
