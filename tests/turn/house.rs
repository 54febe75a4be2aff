// SPDX-License-Identifier: MIT OR Apache-2.0
//! A small house for tests: the agent and the store are real, everything around them is scripted.

use crate::brittle::Brittle;
use async_trait::async_trait;
use blufio_agent::options::{MemoryOptions, RoutingOptions, Slots};
use blufio_agent::{Agent, AgentOptions, Parts};
use blufio_calendar::Zone;
use blufio_core::channel::*;
use blufio_core::content::{Block, Message};
use blufio_core::embedding::Embedding;
use blufio_core::ids::{Conversation, QueueId, SessionId};
use blufio_core::model::{ModelSpec, Price, PriceList, PriceTier};
use blufio_core::money::{NanoUsd, Usage};
use blufio_core::observe::{Exposition, Observability, Observation};
use blufio_core::provider::*;
use blufio_core::route::Route;
use blufio_core::skill::*;
use blufio_core::storage::*;
use blufio_core::time::{Clock, Timestamp};
use blufio_core::watch::{Sight, Watch};
use blufio_memory::Recaller;
use blufio_skills::builtin::Builtin;
use blufio_store::{Store, StoreOptions};
use futures_util::stream::BoxStream;
use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a test waits for something that must happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the scripted model does when it is called.
#[derive(Clone, Debug)]
pub enum Play {
    /// Answers with these words.
    Say(&'static str),
    /// Says this much and then nothing more, until the call is dropped.
    Hang(&'static str),
    /// Asks for a tool.
    Tool(&'static str, &'static str, Value),
    /// Asks for tools with these blocks.
    Blocks(Vec<Block>),
    /// Answers with these words, under a dated name.
    Dated(&'static str),
    /// Panics.
    Panic,
    /// Answers with nothing at all.
    Nothing,
    /// Fails.
    Fail(ProviderErrorKind),
    /// One attempt breaks off after these words and is repeated with those.
    BreakOff(&'static str, &'static str),
    /// Answers with these words, and stops for this reason.
    Write(String, StopReason),
    /// Answers with these words once it is let.
    Wait(Arc<tokio::sync::Notify>, String),
}

/// What answers a call that asks for a summary, or for what is worth remembering.
type Summariser = Box<dyn FnMut(&Request) -> Play + Send>;

/// Ids of the models, weakest first.
pub const FAST: &str = "test-fast";
pub const STANDARD: &str = "test-model";
pub const DEEP: &str = "test-deep";

/// Three models with one script.
pub struct Model {
    specs: [ModelSpec; 3],
    plays: Mutex<VecDeque<Play>>,
    summariser: Mutex<Option<Summariser>>,
    learner: Mutex<Option<Summariser>>,
    pub requests: Mutex<Vec<Request>>,
    /// The calls that asked for a summary; they are not among `requests`.
    pub summaries: Mutex<Vec<Request>>,
    /// The calls that asked for what is worth remembering; they are not among `requests` either.
    pub lessons: Mutex<Vec<Request>>,
}

/// Prices in the proportions of real ones.
fn spec(id: &str, input: i64, cache_read: i64) -> ModelSpec {
    let price = Price {
        input,
        output: input * 5,
        cache_read,
        cache_write_5m: input * 5 / 4,
        cache_write_1h: input * 2,
    };
    let tiers = vec![PriceTier { up_to_prompt: None, price }];
    ModelSpec {
        id: id.into(),
        context_window: 1_000_000,
        max_output: 8_192,
        prices: vec![PriceList { version: "1".into(), since: Timestamp(0), tiers }],
        cache_minimum: 1_024,
        images: true,
    }
}

impl Model {
    pub fn new(plays: impl IntoIterator<Item = Play>) -> Arc<Self> {
        let specs = [spec(FAST, 100, 10), spec(STANDARD, 2_000, 100), spec(DEEP, 4_000, 200)];
        Self::of(specs, plays)
    }

    /// The same models with smaller windows.
    pub fn with_window(window: u64, plays: impl IntoIterator<Item = Play>) -> Arc<Self> {
        let specs = [spec(FAST, 100, 10), spec(STANDARD, 2_000, 100), spec(DEEP, 4_000, 200)];
        Self::of(specs.map(|spec| ModelSpec { context_window: window, ..spec }), plays)
    }

    fn of(specs: [ModelSpec; 3], plays: impl IntoIterator<Item = Play>) -> Arc<Self> {
        Arc::new(Self {
            specs,
            plays: Mutex::new(plays.into_iter().collect()),
            summariser: Mutex::default(),
            learner: Mutex::default(),
            requests: Mutex::default(),
            summaries: Mutex::default(),
            lessons: Mutex::default(),
        })
    }

    /// Who answers calls that ask for a summary.
    pub fn summarised_by(&self, summariser: impl FnMut(&Request) -> Play + Send + 'static) {
        *self.summariser.lock().unwrap() = Some(Box::new(summariser));
    }

    /// Who answers calls that ask for what is worth remembering.
    pub fn learned_by(&self, learner: impl FnMut(&Request) -> Play + Send + 'static) {
        *self.learner.lock().unwrap() = Some(Box::new(learner));
    }

    /// Goes on with this.
    pub fn plays(&self, plays: impl IntoIterator<Item = Play>) {
        self.plays.lock().unwrap().extend(plays);
    }

    fn play(&self, request: Request) -> Play {
        if request.tools.is_empty() && request.system.contains("summary") {
            let mut summariser = self.summariser.lock().unwrap();
            let play = summariser.as_mut().map(|summariser| summariser(&request));
            self.summaries.lock().unwrap().push(request);
            return play.unwrap_or(Play::Fail(ProviderErrorKind::InvalidRequest));
        }
        if request.tools.is_empty() && request.system.contains("what is worth remembering") {
            let mut learner = self.learner.lock().unwrap();
            let play = learner.as_mut().map(|learner| learner(&request));
            self.lessons.lock().unwrap().push(request);
            return play.unwrap_or(Play::Fail(ProviderErrorKind::InvalidRequest));
        }
        self.requests.lock().unwrap().push(request);
        self.plays.lock().unwrap().pop_front().unwrap_or(Play::Say("(the script has ended)"))
    }

    /// Ids of the models that were called, in order.
    pub fn called(&self) -> Vec<String> {
        self.requests.lock().unwrap().iter().map(|request| request.model.clone()).collect()
    }

    pub fn calls(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    pub fn last_request(&self) -> Request {
        self.requests.lock().unwrap().last().expect("the model was called").clone()
    }
}

/// What each attempt uses.
pub const USED: Usage = Usage { input: 100, output: 10, cache_read: 0, cache_write_5m: 0, cache_write_1h: 0 };

/// What an attempt costs.
pub fn cost_of(model: &str) -> NanoUsd {
    let input = [(FAST, 100), (STANDARD, 2_000), (DEEP, 4_000)];
    let input = input.iter().find(|(id, _)| *id == model).unwrap().1;
    NanoUsd(100 * input + 10 * 5 * input)
}

fn completed(model: &str, content: Vec<Block>, stop: StopReason) -> Result<Event, ProviderError> {
    let model = model.to_owned();
    Ok(Event::Completed(Completion { model, request_id: None, content, stop, usage: USED }))
}

impl Provider for Model {
    fn name(&self) -> &str {
        "test"
    }

    fn model(&self, id: &str) -> Option<&ModelSpec> {
        self.specs.iter().find(|spec| spec.id == id)
    }

    fn newest(&self, route: Route) -> Option<&ModelSpec> {
        self.specs.iter().zip(Route::ALL).find(|(_, of)| *of == route).map(|(spec, _)| spec)
    }

    fn call(&self, request: Request) -> BoxStream<'_, Result<Event, ProviderError>> {
        assert!(blufio_agent::frame::is_sound(&request.messages), "an unsound transcript: {request:?}");
        let model = request.model.clone();
        let completed = |content, stop| completed(&model, content, stop);
        let play = self.play(request);
        let started = Ok(Event::Started { usage: Usage { output: 0, ..USED } });
        let text = |words: &str| Ok(Event::Text(words.to_owned()));
        let events = match play {
            Play::Say(words) => {
                vec![started, text(words), completed(vec![Block::text(words)], StopReason::EndTurn)]
            }
            Play::Hang(words) => {
                let said = futures_util::stream::iter([started, text(words)]);
                return said.chain(futures_util::stream::pending()).boxed();
            }
            Play::Tool(id, name, input) => {
                let block = Block::ToolUse { id: id.into(), name: name.into(), input };
                vec![started, Ok(Event::Busy), completed(vec![block], StopReason::ToolUse)]
            }
            Play::Blocks(blocks) => vec![started, completed(blocks, StopReason::ToolUse)],
            Play::Dated(words) => {
                let Ok(Event::Completed(mut whole)) =
                    completed(vec![Block::text(words)], StopReason::EndTurn)
                else {
                    panic!("it is whole");
                };
                whole.model.push_str("-20260101");
                vec![started, text(words), Ok(Event::Completed(whole))]
            }
            Play::Write(words, stop) => {
                vec![started, text(&words), completed(vec![Block::text(words)], stop)]
            }
            Play::Wait(until, words) => {
                let said = [text(&words), completed(vec![Block::text(words)], StopReason::EndTurn)];
                let waiting = async move {
                    until.notified().await;
                    futures_util::stream::iter(said)
                };
                return futures_util::stream::iter([started]).chain(waiting.flatten_stream()).boxed();
            }
            Play::Panic => panic!("scripted"),
            Play::Nothing => vec![started, completed(vec![], StopReason::EndTurn)],
            Play::Fail(kind) => vec![Err(ProviderError {
                kind,
                message: "scripted".into(),
                usage: Usage::default(),
                request_id: None,
            })],
            Play::BreakOff(first, second) => vec![
                started.clone(),
                text(first),
                Ok(Event::Retrying { class: "connection", usage: USED, wait: Duration::ZERO }),
                started,
                text(second),
                completed(vec![Block::text(second)], StopReason::EndTurn),
            ],
        };
        futures_util::stream::iter(events).boxed()
    }
}

/// Collects what is delivered.
#[derive(Default)]
pub struct Line {
    pub sent: Mutex<Vec<(Conversation, String)>>,
    pub shown: Mutex<Vec<String>>,
}

#[async_trait]
impl Channel for Line {
    fn name(&self) -> &str {
        "test"
    }

    async fn run(&self, _inbox: &dyn Inbox) -> Result<(), ChannelError> {
        std::future::pending().await
    }

    fn render(&self, _conversation: &Conversation, markdown: &str) -> Vec<Value> {
        vec![json!(markdown)]
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<String, ChannelError> {
        let text = delivery.payload.as_str().unwrap().to_owned();
        self.sent.lock().unwrap().push((delivery.conversation.clone(), text));
        Ok(delivery.id.to_string())
    }

    async fn progress(&self, _conversation: &Conversation, _turn: QueueId, progress: Progress<'_>) {
        if let Progress::Partial(text) = progress {
            self.shown.lock().unwrap().push(text.to_owned());
        }
    }

    async fn fetch(&self, _file: &FileRef, _limit: u64) -> Result<Fetched, ChannelError> {
        Err(ChannelError::Permanent { channel: "test".into(), reason: "gone".into() })
    }
}

/// Tools that note their calls. `hang` never answers.
#[derive(Default)]
pub struct Toolbox {
    /// What `look` answers with, where a test says.
    pub sight: Mutex<Option<String>>,
    pub calls: Mutex<Vec<String>>,
    pub keys: Mutex<Vec<String>>,
    /// Those of the program beside them, where a test wants them.
    pub builtin: Mutex<Option<Arc<Builtin>>>,
}

#[async_trait]
impl SkillRuntime for Toolbox {
    fn tools(&self) -> Vec<ToolSpec> {
        let builtin =
            self.builtin.lock().unwrap().as_ref().map(|builtin| builtin.tools()).unwrap_or_default();
        [("look", Effects::None), ("send_money", Effects::Outside), ("hang", Effects::Outside)]
            .into_iter()
            .map(|(name, effects)| ToolSpec {
                name: name.into(),
                description: name.into(),
                input_schema: json!({ "type": "object" }),
                effects,
            })
            .chain(builtin)
            .collect()
    }

    async fn call(&self, name: &str, input: &Value, context: &ToolContext) -> ToolOutcome {
        let builtin = self.builtin.lock().unwrap().clone();
        if let Some(builtin) = builtin.filter(|builtin| builtin.tools().iter().any(|tool| tool.name == name))
        {
            return builtin.call(name, input, context).await;
        }
        self.keys.lock().unwrap().push(context.key.clone());
        self.calls.lock().unwrap().push(name.to_owned());
        if name == "hang" {
            std::future::pending::<()>().await;
        }
        let sight = self.sight.lock().unwrap().clone().filter(|_| name == "look");
        ToolOutcome { content: sight.unwrap_or_else(|| format!("{name} done")), is_error: false }
    }
}

/// Writes down what it is told.
#[derive(Default)]
pub struct Ear(Mutex<Vec<String>>);

impl Ear {
    /// How many observations begin with these words.
    pub fn count(&self, begin: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|heard| heard.starts_with(begin)).count()
    }
}

impl Observability for Ear {
    fn record(&self, observation: Observation<'_>) {
        self.0.lock().unwrap().push(format!("{observation:?}"));
    }
    fn render(&self) -> Result<Exposition, String> {
        Err("nobody reads it".into())
    }
}

/// There is nothing to see.
struct Blind;

#[async_trait]
impl Watch for Blind {
    async fn look(&self, target: &str) -> Result<Sight, String> {
        Err(format!("{target} cannot be seen"))
    }
}

/// Where the clock stands when a house is opened: 2026-11-22 20:00 UTC.
pub const START: Timestamp = Timestamp(1_795_377_600_000);

/// A clock that only moves when it is told to.
pub struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

pub struct House {
    pub store: Arc<Brittle>,
    pub line: Arc<Line>,
    pub tools: Arc<Toolbox>,
    pub agent: Arc<Agent>,
    pub heard: Arc<Ear>,
    pub clock: Arc<Hand>,
    shutdown: CancellationToken,
    running: tokio::task::JoinHandle<()>,
    next: AtomicI64,
}

impl House {
    pub async fn open(folder: &Path, model: &Arc<Model>) -> Self {
        Self::with(folder, model, |_| {}).await
    }

    pub async fn with(folder: &Path, model: &Arc<Model>, change: impl FnOnce(&mut AgentOptions)) -> Self {
        Self::that_understands(folder, model, None, change).await
    }

    /// With something that makes vectors.
    pub async fn that_understands(
        folder: &Path,
        model: &Arc<Model>,
        embedding: Option<Arc<dyn Embedding>>,
        change: impl FnOnce(&mut AgentOptions),
    ) -> Self {
        let store = Store::open(&folder.join("blufio.db"), StoreOptions::default()).unwrap();
        let store = Arc::new(Brittle::new(store));
        let line = Arc::new(Line::default());
        let tools = Arc::new(Toolbox::default());
        let clock = Arc::new(Hand(AtomicI64::new(START.0)));
        let mut options = AgentOptions {
            zone: Zone::named("Europe/Berlin").unwrap(),
            routing: RoutingOptions {
                always: Some(Route::Standard),
                slots: Slots { fast: FAST.into(), standard: STANDARD.into(), deep: DEEP.into() },
                fallback: vec![],
            },
            drain_timeout: Duration::from_millis(300),
            trusted_channels: vec!["test".into()],
            ..AgentOptions::default()
        };
        options.context.summary_model = FAST.into();
        // What is remembered has tests of its own; the others show what is said without it.
        options.memory = MemoryOptions { enabled: false, model: FAST.into(), ..MemoryOptions::default() };
        change(&mut options);
        let heard = Arc::new(Ear::default());
        let parts = Parts {
            storage: Arc::clone(&store) as _,
            provider: Arc::clone(model) as _,
            skills: Arc::clone(&tools) as _,
            channels: vec![Arc::clone(&line) as _],
            transcriber: None,
            watch: Arc::new(Blind),
            recall: Arc::new(Recaller::new(Arc::clone(&store) as _, embedding.clone())),
            embedding,
            observe: Arc::clone(&heard) as _,
            clock: Arc::clone(&clock) as _,
        };
        let agent = Arc::new(Agent::new(parts, options));
        let shutdown = CancellationToken::new();
        let (working, stop) = (Arc::clone(&agent), shutdown.clone());
        let running = tokio::spawn(async move { working.run(stop).await.unwrap() });
        Self { store, line, tools, agent, heard, clock, shutdown, running, next: AtomicI64::new(0) }
    }

    pub fn message(&self, chat: &str, text: &str) -> Inbound {
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        let now = self.clock.now();
        Inbound {
            external_id: format!("{}-{number}", now.0),
            conversation: Conversation::new("test", chat),
            sender: Sender { id: format!("user-{chat}"), name: "Ada".into() },
            private: true,
            text: text.into(),
            files: vec![],
            group: None,
            not_before: None,
            notices: vec![],
            sent_at: now,
        }
    }

    pub async fn say(&self, chat: &str, text: &str) {
        self.accept(self.message(chat, text)).await;
    }

    pub async fn accept(&self, message: Inbound) {
        assert_eq!(self.agent.inbox().accept("test", vec![message], None).await.unwrap(), 1);
    }

    /// Waits until every message that was accepted has been dealt with.
    pub async fn quiet(&self) {
        let waiting = async {
            while self.store.stats(Timestamp(0)).await.unwrap().queue_depth > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("the queue to be empty");
    }

    /// Lets time pass, and makes the dispatcher look: a command in another chat needs no model.
    pub async fn later(&self, span: Duration) {
        self.advance(span);
        self.say("elsewhere", "/help").await;
    }

    /// What was sent to one chat.
    pub fn sent_to(&self, chat: &str) -> Vec<String> {
        let sent = self.line.sent.lock().unwrap();
        sent.iter().filter(|(to, _)| to.chat == chat).map(|(_, text)| text.clone()).collect()
    }

    /// Waits until `count` messages were delivered to one chat, and returns them.
    pub async fn replies_to(&self, chat: &str, count: usize) -> Vec<String> {
        self.until("a reply", || self.sent_to(chat).len() >= count).await;
        self.sent_to(chat)
    }

    pub fn sent(&self) -> Vec<String> {
        self.line.sent.lock().unwrap().iter().map(|(_, text)| text.clone()).collect()
    }

    /// Waits until `count` messages were delivered, and returns them.
    pub async fn replies(&self, count: usize) -> Vec<String> {
        self.until("a reply", || self.sent().len() >= count).await;
        self.sent()
    }

    pub async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let waiting = async {
            while !holds() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("waited in vain for {what}"));
    }

    pub fn advance(&self, span: Duration) {
        self.clock.0.fetch_add(i64::try_from(span.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// Lets time pass for timers, whatever the wall clock shows.
    pub async fn pass(&self, span: Duration) {
        tokio::time::pause();
        tokio::time::advance(span).await;
        tokio::time::resume();
    }

    pub fn set_back(&self, span: Duration) {
        self.clock.0.fetch_sub(i64::try_from(span.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub async fn transcript(&self, chat: &str) -> Vec<Message> {
        let session = self.store.session(&Conversation::new("test", chat), self.clock.now()).await.unwrap();
        let transcript = self.store.transcript(session, 1_000).await.unwrap();
        transcript.messages.into_iter().map(|stored| stored.message).collect()
    }

    /// Somebody else spends.
    pub async fn spend(&self, cost: NanoUsd) {
        self.spend_in(None, cost).await;
    }

    /// Somebody else spends in a session.
    pub async fn spend_in(&self, session: Option<SessionId>, cost: NanoUsd) {
        let (feature, intended, model, price_version) =
            (Feature::Compaction, FAST.to_owned(), FAST.to_owned(), "1".to_owned());
        // Not before the agent has dealt with what an earlier process had reserved.
        self.agent.started().await;
        let now = self.clock.now();
        let reservation = Reservation {
            feature,
            turn: None,
            session,
            intended: intended.clone(),
            model: model.clone(),
            price_version: price_version.clone(),
            worst: cost,
            limits: vec![],
        };
        let Reserved::Granted(id) = self.store.reserve(reservation, now).await.unwrap() else {
            panic!("without limits it is granted");
        };
        let record = CallRecord {
            feature,
            intended,
            model,
            class: "ok".into(),
            price_version,
            usage: USED,
            cost,
            overhead: 0,
            took_ms: 1,
            at: now,
        };
        self.store.settle_call(id, Some(record)).await.unwrap();
    }

    /// What the calls that run now have reserved.
    pub async fn reserved(&self) -> NanoUsd {
        let all = Limit {
            name: "daily".into(),
            key: String::new(),
            scope: Scope::Agent,
            value: NanoUsd(0),
            from: Timestamp(0),
            until: None,
        };
        self.store.standings(&[all]).await.unwrap()[0].reserved
    }

    /// Every attempt that was entered into the ledger, added up by model.
    pub async fn spent(&self) -> Cost {
        self.store.costs(Timestamp(0), CostBy::Model).await.unwrap().1
    }

    /// It is to end; running turns may finish.
    pub fn drain(&self) {
        self.shutdown.cancel();
    }

    /// It is to end, and hears of it while it looks through the queue the next time.
    pub fn drain_during_a_look(&self) {
        *self.store.during_due.lock().unwrap() = Some(self.shutdown.clone());
    }

    /// An orderly end.
    pub async fn close(self) {
        self.shutdown.cancel();
        self.running.await.unwrap();
    }
}
