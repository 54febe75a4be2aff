// SPDX-License-Identifier: MIT OR Apache-2.0
//! A strict stand-in for the Telegram Bot API.
//!
//! It answers over real HTTP at `/bot<token>/<method>` and `/file/bot<token>/<path>`, with the service's own rules and
//! words, and it is more severe than the service where a client would otherwise never learn of its mistake: a parameter
//! of the wrong type is refused, and what the service would repair or ignore in silence is written down as a
//! [`Warning`]. A test that ends with `rejections()` and `warnings()` empty has spoken to Telegram correctly.
//!
//! | room | concern |
//! |---|---|
//! | `router` | paths, envelope, faults, the log of calls |
//! | `params` | query, form, JSON and multipart as one set of parameters |
//! | `methods` | one file for each family of methods |
//! | [`entities`] | markup and entities, and how the service settles a text |
//! | `updates` | the queue, confirmation by offset, long polls, and the conflict of two |
//! | `chats`, `messages`, `drafts`, `files` | what the service remembers |
//! | `limits` | flood control |
//! | `faults` | answers that go wrong on purpose |
//! | `people` | what people do: write, send files, press stop |
//! | `watch` | what a test or the demo sees, and waiting for it |
//! | `control` | all of that over HTTP, below `/_sim/telegram/` |
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use blufio_simulator::Simulator;
//! use std::time::Duration;
//!
//! let simulator = Simulator::start(None).await?;
//! let telegram = &simulator.telegram;
//! let ada = telegram.user(1815, "Ada");
//! telegram.send_text(ada, ada, "Hello");
//! // … a bot that polls `simulator.telegram_url()` with `telegram.token()` …
//! let answers = telegram.wait_for_messages(ada, 1, Duration::from_secs(5)).await?;
//! assert_eq!(answers.len(), 1);
//! assert!(telegram.rejections().is_empty() && telegram.warnings().is_empty());
//! # Ok(()) }
//! ```
//!
//! # Where it differs from the service
//! - Overlapping bold, italic and the like are kept as few long entities, not cut into many short ones.
//! - Of more than 100 entities the rest is dropped, as there; but an entity that the service would cut counts once.
//! - It finds no links, hashtags or addresses in what a bot writes.
//! - `getUpdates` is never slowed down or shortened for a client that repeats an offset.
//! - Methods that are not in `methods` are answered as unknown ones.
//!
//! # Control over HTTP
//! For tests in another process. Bodies and answers are JSON, times are seconds since the beginning; errors are `{"error": …}` with status 400.
//!
//! | request below `/_sim/telegram` | does, answers |
//! |---|---|
//! | `POST /user` `{id, name}` | a person with a private chat; `{chat}` |
//! | `POST /chat` `{id, kind, title, topics?}` | a `group` or `supergroup`; `{chat}` |
//! | `POST /text` `{chat, from?, text, thread?}` | writes; `{update_id, message_id}` |
//! | `POST /file` `{chat, from?, kind, data, name?, media_type?, caption?, size?}` | sends base64 `data`; `{update_id, message_id}` |
//! | `POST /album` `{chat, from?, files: […]}` | several files as one; `{update_ids}` |
//! | `POST /update` `{…}` | any update, as it is; `{update_id}` |
//! | `POST /stop` `{chat, draft_id}` | presses the stop button; `{update_id}` |
//! | `POST /block` `{chat, blocked}` | the person blocks or unblocks the bot |
//! | `POST /fault` `{method, fault, times?}` | scripts a [`Fault`]: `{"kind": "reset_after"}` |
//! | `POST /limits` `{chat?, group?, global?, least_wait?}` | sets [`Limits`]; `{"telegram": true}` for the service's own |
//! | `POST /next_update_id` `{id}` | the queue goes on with this id |
//! | `POST /reset` | forgets everything but the token |
//! | `GET /messages?chat=…` | what the bot sent: [`SentMessage`]s |
//! | `GET /drafts?chat=…` | [`Draft`]s |
//! | `GET /actions?chat=…` | [`ChatAction`]s |
//! | `GET /wait?chat=…&messages=N&timeout=SECONDS` | waits for N messages, answers them |
//! | `GET /duplicates`, `/calls`, `/rejections`, `/warnings`, `/pending`, `/commands`, `/bot` | see the handle |

mod bot;
mod chats;
mod control;
mod drafts;
pub mod entities;
mod error;
mod faults;
mod files;
mod limits;
mod log;
mod messages;
mod methods;
mod params;
mod people;
mod router;
#[cfg(test)]
mod tests;
mod updates;
mod watch;

pub use bot::Bot;
pub use chats::ChatKind;
pub use drafts::{ChatAction, Draft, DraftState};
pub use entities::{Entity, Formatted, Kind, utf16_len};
pub use faults::Fault;
pub use files::{Attachment, FileKind};
pub use limits::{Limits, Rate};
pub use log::{Call, Rejection, Warning};
pub use messages::{Duplicate, Edit, SentFile, SentMessage};
pub use router::router;
pub use watch::TimedOut;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{sync::watch as version, time::Instant};

/// The token of the bot, unless another one is set. It opens nothing anywhere.
pub const TOKEN: &str = "7000000001:AAsimulated-bot-token-not-a-secret-";

/// A handle on the stand-in; clones share one world. The world outlives the connections: a bot that comes back finds
/// the updates that it has not confirmed.
#[derive(Clone, Debug)]
pub struct Telegram {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    world: Mutex<World>,
    /// Grows with every change; those who wait look again.
    changes: version::Sender<u64>,
}

/// Everything that the service remembers.
#[derive(Debug)]
struct World {
    bot: Bot,
    token: String,
    born: Instant,
    born_unix: i64,
    chats: BTreeMap<i64, chats::Chat>,
    users: BTreeMap<i64, chats::User>,
    next_message_id: i64,
    next_album: u64,
    updates: updates::Queue,
    files: files::Files,
    drafts: drafts::Drafts,
    commands: BTreeMap<String, serde_json::Value>,
    webhook: String,
    flood: limits::Flood,
    faults: faults::Faults,
    log: log::Log,
    duplicates: messages::Duplicates,
}

impl World {
    fn new(token: String) -> World {
        let born_unix = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .and_then(|since| i64::try_from(since.as_secs()).ok())
            .unwrap_or(0);
        World {
            bot: Bot::for_token(&token),
            token,
            born: Instant::now(),
            born_unix,
            chats: BTreeMap::new(),
            users: BTreeMap::new(),
            next_message_id: 1,
            next_album: 1,
            updates: updates::Queue::default(),
            files: files::Files::default(),
            drafts: drafts::Drafts::default(),
            commands: BTreeMap::new(),
            webhook: String::new(),
            flood: limits::Flood::default(),
            faults: faults::Faults::default(),
            log: log::Log::default(),
            duplicates: messages::Duplicates::default(),
        }
    }

    /// Time since the world began.
    fn now(&self) -> Duration {
        self.born.elapsed()
    }

    /// Seconds since 1970, moving with tokio's clock.
    fn unix(&self) -> i64 {
        self.born_unix.saturating_add(i64::try_from(self.now().as_secs()).unwrap_or(i64::MAX))
    }
}

/// Times are written as seconds.
fn seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

/// The same for a time that may not have come.
fn maybe_seconds<S: serde::Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => seconds(time, serializer),
        None => serializer.serialize_none(),
    }
}

impl Default for Telegram {
    fn default() -> Telegram {
        Telegram::new()
    }
}

impl Telegram {
    /// A stand-in with an empty past, for a bot with [`TOKEN`].
    pub fn new() -> Telegram {
        let (changes, _) = version::channel(0);
        Telegram { inner: Arc::new(Inner { world: Mutex::new(World::new(TOKEN.to_owned())), changes }) }
    }

    /// The token that the bot must use.
    pub fn token(&self) -> String {
        self.look(|world| world.token.clone())
    }

    /// Another token from now on; the old one is unknown.
    pub fn set_token(&self, token: impl Into<String>) {
        self.change(|world| {
            world.token = token.into();
            world.bot = Bot::for_token(&world.token);
        });
    }

    /// Who the bot is.
    pub fn bot(&self) -> Bot {
        self.look(|world| world.bot.clone())
    }

    /// Forgets everything but the token: chats, messages, updates, logs, faults and limits. A long poll that waits is
    /// answered with a conflict.
    pub fn reset(&self) {
        self.change(|world| {
            let mut fresh = World::new(world.token.clone());
            fresh.updates.keep_generation(&world.updates);
            *world = fresh;
        });
    }

    /// Looks at the world.
    fn look<R>(&self, look: impl FnOnce(&World) -> R) -> R {
        look(&self.inner.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the world and wakes those who wait.
    fn change<R>(&self, change: impl FnOnce(&mut World) -> R) -> R {
        let result = change(&mut self.inner.world.lock().unwrap_or_else(PoisonError::into_inner));
        self.inner.changes.send_modify(|version| *version = version.wrapping_add(1));
        result
    }

    fn changes(&self) -> version::Receiver<u64> {
        self.inner.changes.subscribe()
    }
}
