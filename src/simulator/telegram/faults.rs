// SPDX-License-Identifier: MIT OR Apache-2.0
//! Answers that go wrong on purpose.

use super::{Telegram, error::ApiError};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Scripted faults that wait for one method.
const WAITING: usize = 10_000;

/// What goes wrong with one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// 429; nothing is done.
    TooManyRequests {
        /// Seconds.
        retry_after: u64,
    },
    /// A page of HTML, as a proxy in front of the service answers; nothing is done.
    Html {
        /// 500, 502, …
        status: u16,
    },
    /// The answer takes this much longer; all is done as usual, at the end of the wait.
    Slow {
        /// Milliseconds.
        millis: u64,
    },
    /// The connection is reset; nothing is done.
    ResetBefore,
    /// All is done, and then the connection is reset: the client cannot know.
    ResetAfter,
    /// All is done, but the answer is only the first half of its JSON.
    Truncated,
    /// 403 `Forbidden: bot was blocked by the user`; nothing is done.
    Blocked,
    /// Any other refusal; nothing is done.
    Refuse {
        /// The code.
        code: u16,
        /// The text, as the service would write it.
        description: String,
    },
}

impl Fault {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::Html { .. } => "html",
            Self::Slow { .. } => "slow",
            Self::ResetBefore => "reset_before",
            Self::ResetAfter => "reset_after",
            Self::Truncated => "truncated",
            Self::Blocked => "blocked",
            Self::Refuse { .. } => "refuse",
        }
    }

    /// The refusal that it is, if it is one.
    pub(super) fn refusal(&self) -> Option<ApiError> {
        match self {
            Self::TooManyRequests { retry_after } => Some(ApiError::too_many(*retry_after)),
            Self::Blocked => Some(ApiError::forbidden("bot was blocked by the user")),
            Self::Refuse { code, description } => Some(ApiError::new(*code, description)),
            _ => None,
        }
    }
}

/// Faults that wait, by method in lower case; `*` is any method.
#[derive(Debug, Default)]
pub(super) struct Faults(BTreeMap<String, VecDeque<Fault>>);

impl Faults {
    pub(super) fn next(&mut self, method: &str) -> Option<Fault> {
        let method = method.to_ascii_lowercase();
        [method.as_str(), "*"].into_iter().find_map(|name| self.0.get_mut(name)?.pop_front())
    }
}

impl Telegram {
    /// The next call of `method` meets this fault; called again, the one after it. `*` is any method, `file` a
    /// download. At most 10,000 wait for a method; more are dropped.
    pub fn fail(&self, method: &str, fault: Fault) {
        self.fail_times(method, fault, 1);
    }

    /// The next `times` calls meet this fault.
    pub fn fail_times(&self, method: &str, fault: Fault, times: usize) {
        self.change(|world| {
            let queue = world.faults.0.entry(method.to_ascii_lowercase()).or_default();
            let room = WAITING.saturating_sub(queue.len());
            queue.extend(std::iter::repeat_n(fault, times.min(room)));
        });
    }

    /// How many scripted faults have not been met yet.
    pub fn faults_left(&self) -> usize {
        self.look(|world| world.faults.0.values().map(VecDeque::len).sum())
    }

    /// Takes back all scripted faults that have not been met yet.
    pub fn clear_faults(&self) {
        self.change(|world| world.faults.0.clear());
    }
}
