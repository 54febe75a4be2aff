// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a failed call means for what to do next.

use crate::NAME;
use blufio_core::channel::ChannelError;
use blufio_net::{NetError, Redactor};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::time::Duration;
use teloxide::types::ChatId;

/// Why a call did not give what it should. Reasons hold no secrets.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Too fast: nothing was done, try again after this.
    Flood(Duration),
    /// The group lives on under another id.
    Moved(ChatId),
    /// The token is refused, or the address is not that of a Bot API. Older servers say the same of methods that
    /// they do not know.
    Token(String),
    /// Somebody else receives this bot's updates.
    Conflict { reason: String, webhook: bool },
    /// The call is refused and will be again.
    Refused(String),
    /// It was carried out, but what came back has a shape that teloxide does not know.
    Unread(Value),
    /// The network or the service, and nothing was carried out: no connection came about, or the service said so.
    Trouble(String),
    /// The call was made and nothing that can be read came back: whether it was carried out is not known.
    Unknown(String),
}

#[derive(Deserialize)]
struct Envelope {
    ok: bool,
    result: Option<Box<RawValue>>,
    #[serde(default)]
    description: String,
    error_code: Option<u16>,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Default, Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

impl Failure {
    /// The call did not leave.
    pub(crate) fn unsent(error: &NetError) -> Self {
        Self::Trouble(error.to_string())
    }

    /// The call may have left, and no answer came.
    pub(crate) fn unanswered(error: &NetError) -> Self {
        match error {
            NetError::Broken { .. } | NetError::Timeout { .. } | NetError::TooLarge { .. } => {
                Self::Unknown(error.to_string())
            }
            NetError::Refused { .. }
            | NetError::Dns { .. }
            | NetError::Connect { .. }
            | NetError::Tls { .. }
            | NetError::Request { .. }
            | NetError::Setup { .. } => Self::Trouble(error.to_string()),
        }
    }

    /// What an answer holds: the result of the call, or why there is none.
    pub(crate) fn or_result(
        status: StatusCode,
        body: &[u8],
        redactor: &Redactor,
    ) -> Result<Box<RawValue>, Self> {
        match serde_json::from_str::<Envelope>(&String::from_utf8_lossy(body)) {
            Ok(Envelope { ok: true, result, .. }) => result.ok_or(Self::Unread(Value::Null)),
            Ok(Envelope { parameters: Parameters { retry_after: Some(wait), .. }, .. }) => {
                Err(Self::Flood(Duration::from_secs(wait)))
            }
            Ok(Envelope { parameters: Parameters { migrate_to_chat_id: Some(chat), .. }, .. }) => {
                Err(Self::Moved(ChatId(chat)))
            }
            Ok(answer) => Err(Self::described(&answer.description, answer.error_code, redactor)),
            // The beginning of an answer: the line was cut.
            Err(error) if error.is_eof() && status.is_success() => {
                Err(Self::Unknown("its answer broke off".into()))
            }
            // Something before the service spoke, a proxy or a gateway.
            Err(_) => Err(Self::Trouble(format!("its answer could not be understood (status {status})"))),
        }
    }

    /// By the words of the service, which begin with the name of the status.
    fn described(description: &str, code: Option<u16>, redactor: &Redactor) -> Self {
        let reason = redactor.redact(description).into_owned();
        let begins = |word: &str| description.starts_with(word);
        let webhook = description.contains("webhook");
        match code {
            _ if begins("Too Many Requests") => {
                let seconds = description.rsplit(' ').next().and_then(|last| last.parse().ok());
                Self::Flood(Duration::from_secs(seconds.unwrap_or(5)))
            }
            _ if begins("Conflict") || begins("can't use getUpdates") => Self::Conflict { reason, webhook },
            _ if matches!(description, "Unauthorized" | "Not Found") => Self::Token(reason),
            Some(429) => Self::Flood(Duration::from_secs(5)),
            Some(409) => Self::Conflict { reason, webhook },
            Some(400..=499) => Self::Refused(reason),
            _ if ["Bad Request", "Forbidden", "Unauthorized", "Not Found", "Request Entity Too Large"]
                .into_iter()
                .any(begins) =>
            {
                Self::Refused(reason)
            }
            _ => Self::Trouble(reason),
        }
    }

    /// What the person who runs Blufio should read.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Flood(wait) => format!("it asked to wait {wait:?}"),
            Self::Moved(chat) => format!("the group has become a supergroup with the id {chat}"),
            Self::Token(reason) => format!(
                "{reason}; get the token from @BotFather again and store it with `blufio config set-secret`, and \
                 check telegram.base_url"
            ),
            Self::Conflict { reason, .. }
            | Self::Refused(reason)
            | Self::Trouble(reason)
            | Self::Unknown(reason) => reason.clone(),
            Self::Unread(_) => "its answer has a shape that this version does not know".into(),
        }
    }

    /// A bounded name for metrics.
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Self::Flood(_) => "retry_after",
            Self::Token(_) => "token",
            Self::Conflict { .. } => "conflict",
            Self::Moved(_) | Self::Refused(_) => "permanent",
            Self::Unread(_) | Self::Trouble(_) | Self::Unknown(_) => "transient",
        }
    }

    /// For the caller of the adapter. A refused token is a matter of the operator, not of the message: that one
    /// waits.
    pub(crate) fn into_error(self) -> ChannelError {
        let channel = NAME.to_owned();
        match self {
            Self::Flood(wait) => ChannelError::RetryAfter { channel, wait },
            Self::Refused(_) | Self::Moved(_) => ChannelError::Permanent { channel, reason: self.reason() },
            Self::Token(_)
            | Self::Conflict { .. }
            | Self::Unread(_)
            | Self::Trouble(_)
            | Self::Unknown(_) => ChannelError::Transient { channel, reason: self.reason() },
        }
    }
}
