// SPDX-License-Identifier: MIT OR Apache-2.0
//! Long stretches of time in seconds: the agent on the real store, with a clock that is moved by hand, a model and a
//! world to watch that a test scripts. Nothing runs by itself: a test walks, and the agent does at each step what its
//! loop would do.

use crate::brittle::Brittle;
use async_trait::async_trait;
use blufio_agent::options::MemoryOptions;
use blufio_agent::{Agent, AgentOptions, Parts};
use blufio_calendar::Zone;
use blufio_core::channel::*;
use blufio_core::content::{Block, Message};
use blufio_core::ids::{Conversation, QueueId};
use blufio_core::model::{ModelSpec, Price, PriceList, PriceTier};
use blufio_core::money::Usage;
use blufio_core::observe::{Exposition, Observability, Observation};
use blufio_core::provider::*;
use blufio_core::route::Route;
use blufio_core::skill::*;
use blufio_core::storage::*;
use blufio_core::time::{Clock, Timestamp};
use blufio_core::watch::{Sight, Watch};
use blufio_memory::Recaller;
use blufio_store::{Store, StoreOptions};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const MINUTE: Duration = Duration::from_secs(60);
pub const HOUR: Duration = Duration::from_secs(3_600);
pub const DAY: Duration = Duration::from_secs(24 * 3_600);

/// An instant, by the wall clock in Berlin.
pub fn berlin(local: &str) -> Timestamp {
    Zone::named("Europe/Berlin").unwrap().when(local, None).unwrap().at
}

/// `None`: it says that it has begun, and then nothing more.
type Answer = Box<dyn Fn(&Request) -> Option<Result<String, ProviderErrorKind>> + Send>;

/// A model that notes what it is asked and answers as a test says; it says `NOTHING` unless told otherwise.
pub struct Oracle {
    specs: Vec<ModelSpec>,
    answer: Mutex<Answer>,
    pub asked: Mutex<Vec<(Timestamp, Request)>>,
    clock: Arc<Hand>,
}

impl Oracle {
    fn new(clock: Arc<Hand>) -> Self {
        let price = Price {
            input: 1_000,
            output: 5_000,
            cache_read: 100,
            cache_write_5m: 1_250,
            cache_write_1h: 2_000,
        };
        let tiers = vec![PriceTier { up_to_prompt: None, price }];
        let spec = |id: &str| ModelSpec {
            id: id.into(),
            context_window: 200_000,
            max_output: 8_192,
            prices: vec![PriceList { version: "1".into(), since: Timestamp(0), tiers: tiers.clone() }],
            cache_minimum: 1_024,
            images: true,
        };
        let specs = ["small", "chat", "other-chat"].map(spec).to_vec();
        let answer: Answer = Box::new(|_| Some(Ok("NOTHING".into())));
        Self { specs, answer: Mutex::new(answer), asked: Mutex::default(), clock }
    }

    pub fn answers(&self, answer: impl Fn(&Request) -> Result<String, ProviderErrorKind> + Send + 'static) {
        *self.answer.lock().unwrap() = Box::new(move |request| Some(answer(request)));
    }

    pub fn hangs(&self) {
        *self.answer.lock().unwrap() = Box::new(|_| None);
    }

    pub fn calls(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    pub fn requests(&self) -> Vec<Request> {
        self.asked.lock().unwrap().iter().map(|(_, request)| request.clone()).collect()
    }
}

/// What a request shows to the model.
pub fn shown(request: &Request) -> Value {
    serde_json::from_str(&request.messages[0].plain_text()).unwrap()
}

impl Provider for Oracle {
    fn name(&self) -> &str {
        "test"
    }

    fn model(&self, id: &str) -> Option<&ModelSpec> {
        self.specs.iter().find(|spec| spec.id == id)
    }

    fn newest(&self, _route: Route) -> Option<&ModelSpec> {
        self.specs.first()
    }

    fn call(&self, request: Request) -> BoxStream<'_, Result<Event, ProviderError>> {
        let answer = (self.answer.lock().unwrap())(&request);
        let prompt =
            request.system.len() + request.messages.iter().map(|it| it.plain_text().len()).sum::<usize>();
        let model = request.model.clone();
        self.asked.lock().unwrap().push((self.clock.now(), request));
        let usage = Usage { input: prompt as u64 / 4, ..Usage::default() };
        let started = Ok(Event::Started { usage });
        let Some(answer) = answer else {
            return futures_util::stream::iter([started]).chain(futures_util::stream::pending()).boxed();
        };
        let end = match answer {
            Ok(words) => Ok(Event::Completed(Completion {
                model,
                request_id: None,
                usage: Usage { output: words.len() as u64 / 4 + 1, ..usage },
                content: vec![Block::text(words)],
                stop: StopReason::EndTurn,
            })),
            Err(kind) => Err(ProviderError {
                kind,
                message: "scripted".into(),
                usage: Usage::default(),
                request_id: None,
            }),
        };
        // As over a network: nothing is there at once.
        let pause = futures_util::stream::once(async {
            tokio::task::yield_now().await;
            Ok(Event::Busy)
        });
        let begun = futures_util::stream::iter([started]);
        begun.chain(pause).chain(futures_util::stream::iter([end])).boxed()
    }
}

/// Day of the year and time on the wall clock in Berlin: `03-29`, `03:00`.
pub fn wall_clock(at: Timestamp) -> (String, String) {
    let local = Zone::named("Europe/Berlin").unwrap().at(at, None).unwrap().local;
    let (date, time) = local.split_once('T').unwrap();
    (date.split_once('-').unwrap().1.to_owned(), time.chars().take(5).collect())
}

type Look = Box<dyn Fn(&str, Timestamp) -> Result<String, String> + Send>;

/// What can be watched: its content is a function of the time.
pub struct World {
    look: Mutex<Look>,
    pub looks: Mutex<Vec<Timestamp>>,
    clock: Arc<Hand>,
}

impl World {
    pub fn shows(&self, look: impl Fn(&str, Timestamp) -> Result<String, String> + Send + 'static) {
        *self.look.lock().unwrap() = Box::new(look);
    }

    pub fn looks(&self) -> usize {
        self.looks.lock().unwrap().len()
    }
}

#[async_trait]
impl Watch for World {
    async fn look(&self, target: &str) -> Result<Sight, String> {
        let now = self.clock.now();
        self.looks.lock().unwrap().push(now);
        let content = (self.look.lock().unwrap())(target, now)?;
        Ok(Sight { digest: format!("{content:?}"), excerpt: content })
    }
}

/// A channel, by its name.
struct Paper(&'static str);

#[async_trait]
impl Channel for Paper {
    fn name(&self) -> &str {
        self.0
    }
    async fn run(&self, _inbox: &dyn Inbox) -> Result<(), ChannelError> {
        std::future::pending().await
    }
    fn render(&self, _conversation: &Conversation, markdown: &str) -> Vec<Value> {
        vec![json!(markdown)]
    }
    async fn deliver(&self, delivery: &Delivery) -> Result<String, ChannelError> {
        Ok(delivery.id.to_string())
    }
    async fn progress(&self, _conversation: &Conversation, _turn: QueueId, _progress: Progress<'_>) {}
    async fn fetch(&self, _file: &FileRef, _limit: u64) -> Result<Fetched, ChannelError> {
        Err(ChannelError::Permanent { channel: "test".into(), reason: "gone".into() })
    }
}

struct NoTools;

#[async_trait]
impl SkillRuntime for NoTools {
    fn tools(&self) -> Vec<ToolSpec> {
        Vec::new()
    }
    async fn call(&self, name: &str, _input: &Value, _context: &ToolContext) -> ToolOutcome {
        ToolOutcome { content: format!("no {name}"), is_error: true }
    }
}

/// Notes how beats ended.
#[derive(Default)]
pub struct Ear {
    pub beats: Mutex<Vec<&'static str>>,
}

impl Observability for Ear {
    fn record(&self, observation: Observation<'_>) {
        if let Observation::Heartbeat { outcome } = observation {
            self.beats.lock().unwrap().push(outcome);
        }
    }
    fn render(&self) -> Result<Exposition, String> {
        Err("nothing was listened to".into())
    }
}

pub struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

pub struct Vigil {
    folder: tempfile::TempDir,
    pub options: AgentOptions,
    pub model: Arc<Oracle>,
    /// Who is asked: the model above, unless a test puts another in its place.
    provider: Arc<dyn Provider>,
    pub world: Arc<World>,
    pub ear: Arc<Ear>,
    pub clock: Arc<Hand>,
    pub store: Arc<Brittle>,
    pub agent: Arc<Agent>,
    /// What was sent: when, where, what.
    pub sent: Vec<(Timestamp, Conversation, String)>,
}

/// The conversation with the operator.
pub fn here() -> Conversation {
    Conversation::new("test", "ada")
}

impl Vigil {
    /// Begins at an instant, with an operator who was answered in private.
    pub async fn begin(at: Timestamp, change: impl FnOnce(&mut AgentOptions)) -> Self {
        let vigil = Self::alone(at, change);
        vigil.answered(&here(), "Was gibt es Neues?").await;
        vigil
    }

    /// Begins at an instant; nobody has ever been answered.
    pub fn alone(at: Timestamp, change: impl FnOnce(&mut AgentOptions)) -> Self {
        let clock = Arc::new(Hand(AtomicI64::new(at.0)));
        let mut options = AgentOptions {
            zone: Zone::named("Europe/Berlin").unwrap(),
            trusted_channels: vec!["test".into()],
            drain_timeout: Duration::from_millis(300),
            ..AgentOptions::default()
        };
        options.heartbeat.model = "small".into();
        options.memory = MemoryOptions { enabled: false, model: "small".into(), ..MemoryOptions::default() };
        change(&mut options);
        let model = Arc::new(Oracle::new(Arc::clone(&clock)));
        let world = Arc::new(World {
            look: Mutex::new(Box::new(|_, _| Ok("as ever".into()))),
            looks: Mutex::default(),
            clock: Arc::clone(&clock),
        });
        let ear = Arc::new(Ear::default());
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let provider: Arc<dyn Provider> = Arc::clone(&model) as _;
        let agent = assemble(&store, &options, &provider, &world, &ear, &clock);
        Self { folder, options, model, provider, world, ear, clock, store, agent, sent: Vec::new() }
    }

    /// Another model provider is asked from now on.
    pub fn ask(&mut self, provider: Arc<dyn Provider>) {
        self.provider = provider;
        self.agent =
            assemble(&self.store, &self.options, &self.provider, &self.world, &self.ear, &self.clock);
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clock is set.
    pub fn set(&self, at: Timestamp) {
        self.clock.0.store(at.0, Ordering::SeqCst);
    }

    /// The process ends and starts again.
    pub async fn restart(&mut self) {
        self.store.store.close();
        self.store = open(self.folder.path());
        self.agent =
            assemble(&self.store, &self.options, &self.provider, &self.world, &self.ear, &self.clock);
        self.store.recover(self.now()).await.unwrap();
    }

    /// What the loop does now; then what waits is sent.
    pub async fn tick(&mut self) {
        self.agent.tick(self.now()).await;
        self.send().await;
    }

    /// As [`Vigil::tick`], but the process dies before it has written more than this often, and starts again. Says
    /// whether it came to that.
    pub async fn die_after(&mut self, writes: usize) -> bool {
        self.store.dies_after(writes);
        let died = tokio::select! {
            biased;
            () = self.agent.tick(self.now()) => false,
            () = self.store.dead() => true,
        };
        self.restart().await;
        self.send().await;
        died
    }

    /// Time passes, step by step, until an instant; the agent does at each step what is to be done.
    pub async fn until(&mut self, end: Timestamp, step: Duration) {
        while self.now() < end {
            self.set(self.now().after(step).min(end));
            self.tick().await;
        }
    }

    /// Time passes.
    pub async fn walk(&mut self, span: Duration, step: Duration) {
        self.until(self.now().after(span), step).await;
    }

    async fn send(&mut self) {
        let names = ["test".to_owned(), "local".to_owned()];
        loop {
            let (rows, _) = self.store.outbox_due(self.now(), &names, &[], 100).await.unwrap();
            if rows.is_empty() {
                return;
            }
            for row in rows {
                self.store.outbox_sent(row.id, "sent", self.now()).await.unwrap();
                let text = row.payload.as_str().unwrap().to_owned();
                self.sent.push((self.now(), row.conversation, text));
            }
        }
    }

    pub fn told(&self) -> Vec<String> {
        self.sent.iter().map(|(_, _, text)| text.clone()).collect()
    }

    /// The wall clock in Berlin at each telling, `03-29 03:00`.
    pub fn told_at(&self) -> Vec<String> {
        let when = |at: Timestamp| {
            let (date, time) = wall_clock(at);
            format!("{date} {time}")
        };
        self.sent.iter().map(|(at, _, _)| when(*at)).collect()
    }

    /// A person is answered in private.
    pub async fn answered(&self, conversation: &Conversation, words: &str) {
        let now = self.now();
        let message = Inbound {
            external_id: format!("{}-{}", conversation.chat, now.0),
            conversation: conversation.clone(),
            sender: Sender { id: conversation.chat.clone(), name: "Ada".into() },
            private: true,
            text: words.into(),
            files: vec![],
            group: None,
            not_before: None,
            notices: vec![],
            sent_at: now,
        };
        self.store.accept(&conversation.channel, vec![message.into()], None, now).await.unwrap();
        let claim = self.store.claim(conversation, now).await.unwrap().unwrap();
        let settlement = Settlement {
            id: claim.id,
            outcome: TurnOutcome::Answered,
            session: Some(self.store.session(conversation, now).await.unwrap()),
            transcript: vec![
                Message::user(vec![Block::text(words)]),
                Message::assistant(vec![Block::text("Nicht viel.")]),
            ],
            end_session: false,
            decision: None,
            outbox: vec![],
            once: vec![],
            told: vec![],
            forgets: false,
        };
        self.store.settle(settlement, now).await.unwrap();
    }

    /// Stores a reminder in Berlin, or an open task.
    pub async fn remind(&self, text: &str, at: Option<(&str, Option<Every>)>) -> Job {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let due = at.map(|(local, every)| zone.when(local, every).unwrap());
        self.job(here(), text, due).await
    }

    pub async fn job(&self, conversation: Conversation, text: &str, due: Option<When>) -> Job {
        let job = NewJob { key: text.into(), conversation, text: text.into(), due };
        self.store.add_job(job, self.now()).await.unwrap()
    }

    pub async fn transcript(&self) -> Vec<Message> {
        let session = self.store.session(&here(), self.now()).await.unwrap();
        let transcript = self.store.transcript(session, 1_000).await.unwrap();
        transcript.messages.into_iter().map(|stored| stored.message).collect()
    }
}

fn open(folder: &std::path::Path) -> Arc<Brittle> {
    Arc::new(Brittle::new(Store::open(&folder.join("blufio.db"), StoreOptions::default()).unwrap()))
}

fn assemble(
    store: &Arc<Brittle>,
    options: &AgentOptions,
    provider: &Arc<dyn Provider>,
    world: &Arc<World>,
    ear: &Arc<Ear>,
    clock: &Arc<Hand>,
) -> Arc<Agent> {
    let parts = Parts {
        storage: Arc::clone(store) as _,
        provider: Arc::clone(provider),
        skills: Arc::new(NoTools),
        channels: vec![Arc::new(Paper("test")), Arc::new(Paper("local"))],
        transcriber: None,
        watch: Arc::clone(world) as _,
        recall: Arc::new(Recaller::new(Arc::clone(store) as _, None)),
        embedding: None,
        observe: Arc::clone(ear) as _,
        clock: Arc::clone(clock) as _,
    };
    Arc::new(Agent::new(parts, options.clone()))
}
