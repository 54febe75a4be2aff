// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is said over the local socket, for both ends.

use blufio_core::control::{Refusal, Told};
use serde::{Deserialize, Serialize};

/// Most bytes of a question: a secret of 64 KiB of which every byte is escaped, and its frame.
pub const MAX_ASK_BYTES: usize = 512 * 1024;
/// Most bytes of a posted message, its frame included.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;
/// Most bytes of the id that a client gives a message.
pub const MAX_ID_BYTES: usize = 128;
/// Most characters of a conversation's name.
pub const MAX_CONVERSATION_CHARS: usize = 64;

/// The answer to `POST /ask`: `{"ok": …}` or `{"refused": …}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// What was asked for.
    Ok(Told),
    /// Why not.
    Refused(Refusal),
}

/// The body of `POST /local/messages`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalMessage {
    /// Which conversation: 1 to 64 of `A-Z a-z 0-9 . _ -`.
    #[serde(default = "default_conversation")]
    pub conversation: String,
    /// The words.
    pub text: String,
    /// Made by the client, once for each message: posted twice, it counts once.
    pub id: String,
}

/// The body of `POST /local/stop`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalStop {
    /// Which conversation.
    #[serde(default = "default_conversation")]
    pub conversation: String,
}

/// The query of `GET /local/stream`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalListen {
    /// Which conversation.
    #[serde(default = "default_conversation")]
    pub conversation: String,
}

/// The answer to `POST /local/messages`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Whether a message with this id had been accepted before. Then this one was dropped.
    pub duplicate: bool,
}

/// One line of `GET /local/stream`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum StreamEvent {
    /// The agent is at work; there is nothing to read yet.
    Working,
    /// The whole answer so far, in Markdown. May become shorter, and some may be left out.
    Partial {
        /// The text so far.
        text: String,
    },
    /// A message, whole.
    Message {
        /// Names it: the same id twice is the same message.
        id: i64,
        /// The text, in Markdown.
        text: String,
    },
}

/// The conversation of those who name none.
#[must_use]
pub fn default_conversation() -> String {
    "default".to_owned()
}

/// Whether this can name a conversation.
pub(crate) fn is_conversation(name: &str) -> bool {
    (1..=MAX_CONVERSATION_CHARS).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::control::RefusalKind;
    use serde_json::json;

    #[test]
    fn answers_and_events_have_the_shape_that_is_promised() {
        assert_eq!(serde_json::to_value(Answer::Ok(Told::Done)).unwrap(), json!({"ok": {"told": "done"}}));
        let refusal = Refusal { kind: RefusalKind::Sealed, message: "sealed".into() };
        assert_eq!(
            serde_json::to_value(Answer::Refused(refusal)).unwrap(),
            json!({"refused": {"kind": "sealed", "message": "sealed"}})
        );
        assert_eq!(serde_json::to_value(StreamEvent::Working).unwrap(), json!({"event": "working"}));
        assert_eq!(
            serde_json::to_value(StreamEvent::Message { id: 7, text: "hi".into() }).unwrap(),
            json!({"event": "message", "id": 7, "text": "hi"})
        );
        let message: LocalMessage = serde_json::from_value(json!({"text": "hi", "id": "1"})).unwrap();
        assert_eq!(message.conversation, "default");
    }

    #[test]
    fn a_conversation_has_a_plain_name() {
        for good in ["default", "a", "A.b_c-9", &"x".repeat(64)] {
            assert!(is_conversation(good), "{good}");
        }
        for bad in ["", "a b", "a/b", "ä", "a\n", &"x".repeat(65)] {
            assert!(!is_conversation(bad), "{bad}");
        }
    }
}
