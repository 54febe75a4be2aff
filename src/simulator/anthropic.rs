// SPDX-License-Identifier: MIT OR Apache-2.0
//! A strict stand-in for the Anthropic API: `POST /v1/messages`, `POST /v1/messages/count_tokens`, `GET /v1/models`.
//!
//! | room | holds |
//! |---|---|
//! | [`api`] | the endpoints: headers, limits, the walk of a call |
//! | [`schema`], [`request`], [`media`] | the shape of a request; images and documents looked into |
//! | [`rules`], [`models`], [`thinking`] | turns, tool pairs, what each model refuses, signatures |
//! | [`prompt`], [`tokens`], [`cache`], [`prices`] | what the prompt is, counts, caches and costs |
//! | [`brain`], [`answer`], [`stream`] | what Claude says, cut to its limits, as events |
//! | [`faults`], [`control`] | what goes wrong on order, and the same over HTTP |

pub mod answer;
pub mod api;
pub mod brain;
pub mod cache;
pub mod control;
pub mod error;
pub mod faults;
pub mod media;
pub mod models;
pub mod prices;
pub mod prompt;
pub mod record;
pub mod request;
pub mod rules;
pub mod schema;
pub mod stream;
pub mod thinking;
pub mod tokens;

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256};

pub use self::{
    api::router,
    faults::Fault,
    prices::Usage,
    record::{Bill, Recorded},
    stream::Wire,
};
use self::{cache::Cache, models::Model, prompt::Prompt};

/// Faults that may wait at once.
const FAULTS: usize = 1_000;
/// Keys whose bills are kept apart.
const BILLS: usize = 10_000;

/// The handle of the stand-in: cheap to clone, every clone is the same stand-in.
#[derive(Clone, Debug)]
pub struct Anthropic {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    born: Instant,
    seed: u64,
    serial: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    keys: Option<HashSet<String>>,
    cache: Cache,
    cache_minimum: Option<u64>,
    skew: Duration,
    wire: Wire,
    faults: VecDeque<(Fault, u32)>,
    record: record::Record,
    bills: BTreeMap<String, Bill>,
    window: Window,
}

/// What was used in the current minute, for the rate-limit headers.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    start: Duration,
    requests: u64,
    input: u64,
    output: u64,
}

impl Default for Anthropic {
    fn default() -> Anthropic {
        Anthropic::new()
    }
}

impl Anthropic {
    /// A stand-in with an empty past that accepts every key.
    pub fn new() -> Anthropic {
        let born = Instant::now();
        let seed = getrandom::u64().unwrap_or_else(|error| {
            tracing::warn!(%error, "no randomness: ids repeat after a restart");
            u64::from(std::process::id())
        });
        Anthropic {
            inner: Arc::new(Inner { state: Mutex::default(), born, seed, serial: AtomicU64::new(0) }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change of the state is whole before anything in it can fail.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Accepts this key, and from the first call on no other than those named.
    pub fn accept_key(&self, key: &str) {
        self.state().keys.get_or_insert_default().insert(key.to_owned());
    }

    /// The next `count` calls of `POST /v1/messages` go wrong like this, after the faults that already wait. More than
    /// 1,000 waiting entries are not kept.
    pub fn fault(&self, fault: Fault, count: u32) {
        let mut state = self.state();
        if count > 0 && state.faults.len() < FAULTS {
            state.faults.push_back((fault, count));
        }
    }

    /// Forgets the faults that still wait.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// How many calls are still to go wrong.
    pub fn faults_waiting(&self) -> u64 {
        self.state().faults.iter().map(|(_, count)| u64::from(*count)).sum()
    }

    fn take_fault(&self) -> Option<Fault> {
        let mut state = self.state();
        let (fault, count) = state.faults.front_mut()?;
        let fault = fault.clone();
        *count = count.saturating_sub(1);
        if *count == 0 {
            state.faults.pop_front();
        }
        Some(fault)
    }

    /// How events go over the wire from now on.
    pub fn set_wire(&self, wire: Wire) {
        self.state().wire = wire;
    }

    fn wire(&self) -> Wire {
        self.state().wire.clone()
    }

    /// The shortest prefix that is cached, for all models; `None` goes back to each model's own.
    pub fn set_cache_minimum(&self, tokens: Option<u64>) {
        self.state().cache_minimum = tokens;
    }

    /// Moves the clock of the cache and of the rate limits.
    pub fn advance(&self, by: Duration) {
        let mut state = self.state();
        state.skew = state.skew.saturating_add(by);
    }

    /// Time since the stand-in was made, as its clock has it.
    fn now(&self) -> Duration {
        self.inner.born.elapsed().saturating_add(self.state().skew)
    }

    /// The calls so far, oldest first. The oldest are forgotten beyond 10,000 calls or 64 MB of bodies.
    pub fn requests(&self) -> Vec<Recorded> {
        self.state().record.list()
    }

    /// What each key owes, by [`fingerprint`].
    pub fn bills(&self) -> BTreeMap<String, Bill> {
        self.state().bills.clone()
    }

    /// What all keys together owe.
    pub fn bill(&self) -> Bill {
        let mut total = Bill::default();
        for bill in self.state().bills.values() {
            total.add(bill);
        }
        total
    }

    /// The tokens of all bills.
    pub fn usage_totals(&self) -> Usage {
        self.bill().usage
    }

    /// The share of all prompt tokens that was read from the cache, from 0 to 1.
    pub fn cache_hit_ratio(&self) -> f64 {
        self.usage_totals().cache_hit_ratio()
    }

    /// Forgets everything: calls, bills, faults, cache, keys, settings. Its ids and its clock go on.
    pub fn reset(&self) {
        let mut state = self.state();
        let skew = state.skew;
        *state = State { skew, ..State::default() };
    }

    /// A new id of this kind, never given twice, not even by another run.
    fn id(&self, kind: &str) -> String {
        let serial = self.inner.serial.fetch_add(1, Ordering::Relaxed);
        format!("{kind}{:016x}{serial:08x}", self.inner.seed)
    }

    /// Reads and writes the cache for a call of this key.
    fn settle_cache(&self, key: &str, model: &Model, prompt: &Prompt) -> Usage {
        let now = self.now();
        let mut state = self.state();
        let minimum = state.cache_minimum.unwrap_or(model.cache_minimum);
        state.cache.settle(prompt, &[key, model.id], minimum, now)
    }

    /// Adds to the bill of a key. `started`: this is the first report of a call.
    fn charge(&self, call: &Call, usage: &Usage, started: bool) {
        let now = self.now();
        let mut state = self.state();
        if state.bills.len() >= BILLS && !state.bills.contains_key(&call.key) {
            tracing::warn!(limit = BILLS, "too many keys: the bill of a new one is not kept");
        } else {
            let bill = state.bills.entry(call.key.clone()).or_default();
            bill.calls = bill.calls.saturating_add(u64::from(started));
            bill.usage.add(usage);
            bill.nano_usd = bill.nano_usd.saturating_add(prices::cost(call.model.prices, call.prompt, usage));
        }
        state.record.bill(&call.request_id, usage);
        state.window.count(now, usage);
    }
}

/// A call that is being answered.
#[derive(Clone, Debug)]
struct Call {
    request_id: String,
    key: String,
    model: &'static Model,
    prompt: u64,
}

impl Window {
    fn count(&mut self, now: Duration, usage: &Usage) {
        self.turn(now);
        // What is read from the cache does not count.
        let input = usage.prompt().saturating_sub(usage.cache_read);
        self.input = self.input.saturating_add(input);
        self.output = self.output.saturating_add(usage.output);
    }

    fn turn(&mut self, now: Duration) {
        if now.saturating_sub(self.start) >= Duration::from_secs(60) {
            *self = Window { start: now, ..Window::default() };
        }
    }
}

/// How bills and records name a key: they never hold the key.
pub fn fingerprint(key: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(key).into();
    digest.iter().take(4).fold("key-".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}
