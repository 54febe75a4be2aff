// SPDX-License-Identifier: MIT OR Apache-2.0
//! Flood control. Off at first, so that tests are quick; [`Limits::telegram`] is what the service is known to do.

use super::{
    Telegram,
    chats::{Chat, ChatKind},
    error::ApiError,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// A bucket of tokens: `burst` messages at once, and one more each `each_ms` milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// Messages at once.
    pub burst: u32,
    /// Milliseconds until one more is allowed.
    pub each_ms: u64,
}

/// How much may be sent; edits count like messages. `None` is without limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// To one chat of any kind.
    pub chat: Option<Rate>,
    /// To one group or supergroup, besides.
    pub group: Option<Rate>,
    /// To all chats together.
    pub global: Option<Rate>,
    /// The least `retry_after`, in seconds. The service is known to ask for 18 to 230.
    pub least_wait: u64,
}

impl Limits {
    /// No limits.
    pub fn off() -> Limits {
        Limits::default()
    }

    /// About one message a second in a chat, 20 a minute in a group, 30 a second in all.
    pub fn telegram() -> Limits {
        Limits {
            chat: Some(Rate { burst: 3, each_ms: 1_000 }),
            group: Some(Rate { burst: 20, each_ms: 3_000 }),
            global: Some(Rate { burst: 30, each_ms: 33 }),
            least_wait: 3,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    Global,
    Chat(i64),
    Group(i64),
}

/// Time at which a bucket will be full again: the whole state of a bucket.
#[derive(Debug, Default)]
pub(super) struct Flood {
    limits: Limits,
    full_at: BTreeMap<Scope, Duration>,
    /// Whoever was told to wait is told so again until then, however many tokens there are.
    closed_until: BTreeMap<i64, Duration>,
}

impl Flood {
    /// Other limits, with all buckets full.
    pub(super) fn set(&mut self, limits: Limits) {
        *self = Flood { limits, ..Flood::default() };
    }

    /// Takes a token from every bucket, or from none.
    pub(super) fn take(&mut self, chat: &Chat, now: Duration) -> Result<(), ApiError> {
        if let Some(until) = self.closed_until.get(&chat.id).filter(|until| **until > now) {
            return Err(ApiError::too_many(whole_seconds(*until - now)));
        }
        self.closed_until.remove(&chat.id);
        let group = if chat.kind == ChatKind::Private { None } else { self.limits.group };
        let buckets = [
            (Scope::Chat(chat.id), self.limits.chat),
            (Scope::Group(chat.id), group),
            (Scope::Global, self.limits.global),
        ];
        let mut taken = Vec::new();
        let mut wait = Duration::ZERO;
        for (scope, rate) in buckets.into_iter().filter_map(|(scope, rate)| Some((scope, rate?))) {
            let each = Duration::from_millis(rate.each_ms);
            let full_at = self.full_at.get(&scope).copied().unwrap_or_default().max(now) + each;
            wait = wait.max(full_at.saturating_sub(now + each * rate.burst.max(1)));
            taken.push((scope, full_at));
        }
        if wait.is_zero() {
            self.full_at.extend(taken);
            return Ok(());
        }
        let seconds = whole_seconds(wait).max(self.limits.least_wait);
        self.closed_until.insert(chat.id, now + Duration::from_secs(seconds));
        Err(ApiError::too_many(seconds))
    }
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

impl Telegram {
    /// Limits from now on, with all buckets full.
    pub fn limits(&self, limits: Limits) {
        self.change(|world| world.flood.set(limits));
    }
}
