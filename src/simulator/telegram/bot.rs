// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who the bot is.

use serde::Serialize;
use serde_json::{Value, json};

/// The bot's own account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bot {
    /// Its id: the first part of its token.
    pub id: i64,
    /// Without the `@`.
    pub username: String,
    /// What people see.
    pub first_name: String,
}

impl Bot {
    pub(super) fn for_token(token: &str) -> Bot {
        let id = token.split(':').next().and_then(|id| id.parse().ok()).unwrap_or(7_000_000_001);
        Bot { id, username: "simulated_bot".into(), first_name: "Simulated bot".into() }
    }

    /// As the author of a message.
    pub(super) fn to_json(&self) -> Value {
        json!({ "id": self.id, "is_bot": true, "first_name": self.first_name, "username": self.username })
    }

    /// As the answer to `getMe`.
    pub(super) fn to_full_json(&self) -> Value {
        json!({
            "id": self.id, "is_bot": true, "first_name": self.first_name, "username": self.username,
            "can_join_groups": true, "can_read_all_group_messages": false, "supports_inline_queries": false,
            "supports_guest_queries": false, "can_connect_to_business": false, "has_main_web_app": false,
            "has_topics_enabled": false, "allows_users_to_create_topics": false, "can_manage_bots": false,
            "supports_join_request_queries": false,
        })
    }
}
