// SPDX-License-Identifier: MIT OR Apache-2.0
//! The configuration as the program uses it. Defaults, bounds and meaning of the keys are in [`crate::keys()`].

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
    /// The model provider.
    pub anthropic: AnthropicConfig,
    /// The Telegram bot.
    pub telegram: TelegramConfig,
    /// Voice notes into text.
    pub transcription: TranscriptionConfig,
    /// The one file that holds all state.
    pub store: StoreConfig,
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
    /// Id of the model.
    pub model: String,
    /// Most tokens of one answer.
    pub max_output_tokens: u64,
    /// Most turns at the same time.
    pub max_concurrent_turns: usize,
    /// Most rounds of tool use in a turn.
    pub max_tool_rounds: u32,
    /// Most messages of the conversation that the model is shown.
    pub history_messages: u32,
    /// Longest turn.
    #[serde(deserialize_with = "read::duration")]
    pub turn_timeout: Duration,
    /// How long running turns may go on after the order to stop.
    #[serde(deserialize_with = "read::duration")]
    pub drain_timeout: Duration,
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
    /// The URLs that the configuration names: model provider, channel, transcription.
    pub fn urls(&self) -> impl Iterator<Item = (&'static str, &Url)> {
        [
            ("anthropic.base_url", Some(&self.anthropic.base_url)),
            ("telegram.base_url", Some(&self.telegram.base_url)),
            ("transcription.url", self.transcription.url.as_ref()),
        ]
        .into_iter()
        .filter_map(|(key, url)| url.map(|url| (key, url)))
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

/// From the texts of the file to the types of the program.
mod read {
    use super::{Duration, PathBuf, Switch, Url};
    use serde::de::Error;
    use serde::{Deserialize, Deserializer};

    pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(from)?;
        crate::duration::parse(&text).ok_or_else(|| D::Error::custom("not a span of time"))
    }

    pub(super) fn url<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
        Url::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }

    pub(super) fn optional_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
        Ok(Some(String::deserialize(from)?).filter(|text| !text.is_empty()))
    }

    pub(super) fn optional_path<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
        Ok(optional_text(from)?.map(PathBuf::from))
    }

    pub(super) fn optional_url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
        optional_text(from)?.map(|text| Url::parse(&text).map_err(D::Error::custom)).transpose()
    }

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum BooleanOrText {
        Boolean(bool),
        Text(String),
    }

    pub(super) fn switch<'de, D: Deserializer<'de>>(from: D) -> Result<Switch, D::Error> {
        match BooleanOrText::deserialize(from)? {
            BooleanOrText::Boolean(true) => Ok(Switch::On),
            BooleanOrText::Boolean(false) => Ok(Switch::Off),
            BooleanOrText::Text(text) if text == "auto" => Ok(Switch::Auto),
            BooleanOrText::Text(_) => Err(D::Error::custom("neither true, false nor \"auto\"")),
        }
    }
}
