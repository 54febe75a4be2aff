// SPDX-License-Identifier: MIT OR Apache-2.0
//! A house to test in: the simulator, a folder, a configuration, and the real program between them.
//!
//! The program's environment holds nothing but what is put into [`Plan`]. It never outlives the house. When a test fails,
//! the end of the program's log is shown.

use blufio_simulator::Simulator;
use blufio_simulator::telegram::SentMessage;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

/// How long anything may take on a busy machine before the test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);
/// So long may a command take: an evaluation makes hundreds of vectors, on a machine that may have other things to do.
const COMMAND_PATIENCE: Duration = Duration::from_secs(300);
/// How often a condition is looked at that nobody announces.
const LOOK: Duration = Duration::from_millis(20);
/// The person who may talk to the agent without pairing.
pub(crate) const ADA: i64 = 42;
/// The key and the token that the program is given.
pub(crate) const API_KEY: &str = "sk-ant-the-key-of-the-tests";

/// A house before it stands.
pub(crate) struct Plan {
    settings: BTreeMap<String, String>,
    environment: BTreeMap<String, OsString>,
    text: String,
    start: bool,
    log_file: bool,
    serve: Vec<String>,
}

impl Plan {
    /// A key of the configuration and its value in TOML: `set("agent.drain_timeout", "\"1s\"")`. The last one holds.
    #[must_use]
    pub(crate) fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.insert(key.into(), value.into());
        self
    }

    /// Lines at the end of the configuration file.
    #[must_use]
    pub(crate) fn toml(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// A variable of the program's environment.
    #[must_use]
    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// The two secrets are not in the environment.
    #[must_use]
    pub(crate) fn without_secrets(mut self) -> Self {
        self.environment.remove("ANTHROPIC_API_KEY");
        self.environment.remove("TELEGRAM_BOT_TOKEN");
        self
    }

    /// The daemon logs to a file of its own, `blufio.log` in the folder.
    #[must_use]
    pub(crate) fn with_log_file(mut self) -> Self {
        self.log_file = true;
        self
    }

    /// What `serve` is given, beside the configuration.
    #[must_use]
    pub(crate) fn serve(mut self, arguments: &[&str]) -> Self {
        self.serve = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        self
    }

    /// Nobody is allowed to talk without pairing.
    #[must_use]
    pub(crate) fn without_friends(self) -> Self {
        self.set("telegram.allowed_users", "[]")
    }

    /// No daemon yet.
    #[must_use]
    pub(crate) fn idle(mut self) -> Self {
        self.start = false;
        self
    }

    /// Builds the house, and waits until its daemon is ready if it has one.
    pub(crate) async fn build(self) -> House {
        let sim = Simulator::start(None).await.expect("the simulator listens");
        sim.telegram.user(ADA, "Ada");
        let folder = tempfile::Builder::new().prefix("blufio-e2e-").tempdir().expect("a folder");
        let mut house = House {
            log_path: folder.path().join("daemon.log"),
            config: folder.path().join("blufio.toml"),
            environment: self.environment,
            settings: self.settings,
            text: self.text,
            serve: self.serve,
            log_from: 0,
            child: None,
            folder,
            sim,
        };
        house.environment.insert("HOME".into(), house.folder.path().into());
        if self.log_file {
            house.log_path = house.folder().join("blufio.log");
            house.settings.insert("log.file".into(), format!("{:?}", house.log_path));
        }
        house.write_config();
        if self.start {
            house.spawn();
            house.wait_ready().await;
        }
        house
    }
}

/// A house that stands.
pub(crate) struct House {
    /// The stand-ins for both services.
    pub(crate) sim: Simulator,
    /// The configuration file.
    pub(crate) config: PathBuf,
    folder: TempDir,
    environment: BTreeMap<String, OsString>,
    settings: BTreeMap<String, String>,
    text: String,
    serve: Vec<String>,
    log_path: PathBuf,
    log_from: usize,
    child: Option<Child>,
}

/// What a command of the program said.
#[derive(Debug)]
pub(crate) struct Output {
    /// Its exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Output {
    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.stdout.trim()).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// It must have worked.
    #[track_caller]
    pub(crate) fn ok(self) -> Output {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }
}

/// An answer of the program's HTTP endpoints.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// Status line and headers.
    pub(crate) head: String,
    /// The body.
    pub(crate) body: String,
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }
}

/// A Prometheus exposition.
#[derive(Debug)]
pub(crate) struct Samples(pub(crate) String);

impl Samples {
    /// The sum of all samples of this name that carry these labels; `None` when there is none.
    pub(crate) fn get(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let mut found = None;
        for line in self.0.lines().filter(|line| !line.starts_with('#')) {
            let Some((series, value)) = line.rsplit_once(' ') else { continue };
            let (own, own_labels) = series.split_once('{').unwrap_or((series, ""));
            let carries = |(name, value): &(&str, &str)| own_labels.contains(&format!("{name}=\"{value}\""));
            if own == name && labels.iter().all(carries) {
                *found.get_or_insert(0.0) += value.parse::<f64>().expect("a number");
            }
        }
        found
    }
}

impl House {
    /// The usual house: Ada may talk, both secrets are in the environment, the daemon is ready.
    pub(crate) async fn start() -> House {
        House::plan().build().await
    }

    /// The usual house, before it stands.
    pub(crate) fn plan() -> Plan {
        let plan = Plan {
            settings: BTreeMap::new(),
            environment: BTreeMap::new(),
            text: String::new(),
            start: true,
            log_file: false,
            serve: Vec::new(),
        };
        plan.set("telegram.allowed_users", &format!("[{ADA}]"))
            .set("gateway.listen", "\"127.0.0.1:0\"")
            .set("net.allow_loopback_http", "true")
            .set("log.level", "\"info,blufio=debug\"")
            // What a test says goes to one model, which has to answer, and nobody's purse holds it up. Tests of routes
            // and budgets set their own.
            .set("routing.mode", "\"standard\"")
            .set("routing.fallback", "[]")
            .set("budget.daily_usd", "\"none\"")
            .set("budget.monthly_usd", "\"none\"")
            // A model that is loaded by every test would be most of their work; tests of memory switch it on.
            .set("memory.enabled", "false")
            .set("agent.time_zone", "\"UTC\"")
            // Cheap to guess and quick to derive: nobody attacks a test.
            .set("vault.memory_kib", "19456")
            .env("ANTHROPIC_API_KEY", API_KEY)
            .env("TELEGRAM_BOT_TOKEN", blufio_simulator::telegram::TOKEN)
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
    }

    /// The folder that everything lies in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder().join(".local/state/blufio/blufio.db")
    }

    /// A key of the configuration from the daemon's next start on.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.settings.insert(key.into(), value.into());
        self.write_config();
    }

    /// A variable of the environment from the next start on; `None` removes it.
    pub(crate) fn env(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.environment.insert(name.into(), value.into()),
            None => self.environment.remove(name),
        };
    }

    fn write_config(&self) {
        let mut text = String::new();
        let urls = [
            ("anthropic.base_url", format!("\"{}\"", self.sim.anthropic_url())),
            ("telegram.base_url", format!("\"{}\"", self.sim.telegram_url())),
        ];
        let own = urls.iter().map(|(key, value)| (*key, value.as_str()));
        let own = own.filter(|(key, _)| !self.settings.contains_key(*key));
        for (key, value) in own.chain(self.settings.iter().map(|(key, value)| (key.as_str(), value.as_str())))
        {
            text.push_str(&format!("{key} = {value}\n"));
        }
        text.push_str(&self.text);
        std::fs::write(&self.config, text).expect("the configuration is written");
    }

    /// A command of the program that is still to be started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_blufio"));
        command.arg("--config").arg(&self.config).args(arguments);
        command.env_clear().envs(&self.environment).current_dir(self.folder()).kill_on_drop(true);
        command
    }

    /// Starts the daemon and does not wait.
    pub(crate) fn spawn(&mut self) {
        assert!(self.child.is_none(), "there is a daemon already");
        self.log_from = self.whole_log().len();
        let place = self.folder().join("daemon.log");
        let log = OpenOptions::new().create(true).append(true).open(place).expect("the log opens");
        let mut command = self.command(&["serve"]);
        command.args(&self.serve);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.child = Some(command.spawn().expect("the program starts"));
    }

    /// Waits until the daemon accepts and answers.
    pub(crate) async fn wait_ready(&mut self) {
        self.wait_health("ready", |answer| answer.status == 200).await;
    }

    /// Waits until `GET /health` says what is wanted; returns it.
    pub(crate) async fn wait_health(&mut self, wanted: &str, holds: impl Fn(&Answer) -> bool) -> Answer {
        let until = Instant::now() + PATIENCE;
        loop {
            let ended = self.child.as_mut().expect("a daemon").try_wait().expect("its state");
            assert!(ended.is_none(), "the daemon ended while waiting for {wanted}: {ended:?}");
            let answer = match self.address() {
                Some(_) => self.try_get("/health", None).await,
                None => None,
            };
            match answer {
                Some(answer) if holds(&answer) => return answer,
                seen => assert!(Instant::now() < until, "waited for {wanted}: {seen:?}"),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The daemon's process id.
    pub(crate) fn pid(&self) -> i32 {
        let id = self.child.as_ref().and_then(Child::id).expect("a running daemon");
        i32::try_from(id).expect("a small number")
    }

    /// Sends the daemon a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.pid()).expect("a process"), signal).expect("the signal is sent");
    }

    /// SIGKILL, and waits until the daemon has gone.
    pub(crate) async fn kill(&mut self) {
        let mut child = self.child.take().expect("a daemon");
        child.kill().await.expect("it is killed");
    }

    /// SIGTERM, and waits until the daemon has gone.
    pub(crate) async fn terminate(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.wait_end().await
    }

    /// Waits until the daemon ends by itself.
    pub(crate) async fn wait_end(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("a daemon");
        let ended = tokio::time::timeout(PATIENCE, child.wait()).await;
        ended.expect("the daemon ends in time").expect("its status")
    }

    /// SIGTERM, then a new start, until it is ready.
    pub(crate) async fn restart(&mut self) {
        assert_eq!(self.terminate().await.code(), Some(0));
        self.spawn();
        self.wait_ready().await;
    }

    /// A person writes in their private chat. Returns the id of the update.
    pub(crate) fn say(&self, chat: i64, text: &str) -> i64 {
        self.sim.telegram.send_text(chat, chat, text)
    }

    /// Waits until the bot has at least `count` messages in a chat; returns all of them.
    #[track_caller]
    pub(crate) fn replies(&self, chat: i64, count: usize) -> impl Future<Output = Vec<SentMessage>> {
        let caller = std::panic::Location::caller();
        let telegram = self.sim.telegram.clone();
        async move {
            match telegram.wait_for_messages(chat, count, PATIENCE).await {
                Ok(messages) => messages,
                Err(timed_out) => panic!("{caller}: {timed_out}"),
            }
        }
    }

    /// A person writes in their private chat; the answer that comes next.
    #[track_caller]
    pub(crate) fn ask(&self, chat: i64, text: &str) -> impl Future<Output = SentMessage> {
        let before = self.sim.telegram.messages(chat).len();
        self.say(chat, text);
        let replies = self.replies(chat, before + 1);
        async move { replies.await.swap_remove(before) }
    }

    /// Waits until a condition on the Telegram side holds.
    #[track_caller]
    pub(crate) fn until<F>(&self, wanted: &str, condition: F) -> impl Future<Output = ()>
    where
        F: FnMut(&blufio_simulator::telegram::Telegram) -> bool,
    {
        let caller = std::panic::Location::caller();
        let telegram = self.sim.telegram.clone();
        let wanted = wanted.to_owned();
        async move {
            assert!(telegram.wait_for(PATIENCE, condition).await, "{caller}: waited for {wanted}");
        }
    }

    /// Waits until any condition holds.
    pub(crate) async fn eventually<F>(&self, wanted: &str, mut holds: impl FnMut() -> F)
    where
        F: Future<Output = bool>,
    {
        let until = Instant::now() + PATIENCE;
        while !holds().await {
            assert!(Instant::now() < until, "waited for {wanted}");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// A folder of credentials as systemd hands it over, for [`House::env`] and [`House::blufio_with`].
    pub(crate) fn credentials(&self, files: &[(&str, &str)]) -> String {
        let folder = self.folder().join("credentials");
        std::fs::create_dir_all(&folder).expect("a folder");
        for (name, value) in files {
            std::fs::write(folder.join(name), value).expect("a credential");
        }
        folder.to_str().expect("a plain path").to_owned()
    }

    /// Runs a command of the program to its end.
    pub(crate) async fn blufio(&self, arguments: &[&str], stdin: &str) -> Output {
        self.blufio_with(arguments, stdin, &[]).await
    }

    /// Runs a command with more variables in its environment.
    pub(crate) async fn blufio_with(&self, arguments: &[&str], stdin: &str, more: &[(&str, &str)]) -> Output {
        let mut command = self.command(arguments);
        command.envs(more.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut input = child.stdin.take().expect("a pipe");
        // Whoever does not read what is said to it has ended already.
        let _ = input.write_all(stdin.as_bytes()).await;
        drop(input);
        let ended = tokio::time::timeout(COMMAND_PATIENCE, child.wait_with_output()).await;
        let ended =
            ended.unwrap_or_else(|_| panic!("blufio {arguments:?} does not end")).expect("its output");
        Output {
            code: ended.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&ended.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&ended.stderr).into_owned(),
        }
    }

    /// Where the daemon listens; `None` while it does not.
    pub(crate) fn address(&self) -> Option<String> {
        let log = self.log();
        let line = log.lines().rev().find(|line| line.contains("the doors are open"))?;
        let (_, after) = line.split_once("127.0.0.1:")?;
        let port: String = after.chars().take_while(char::is_ascii_digit).collect();
        Some(format!("127.0.0.1:{port}"))
    }

    async fn try_get(&self, path: &str, host: Option<&str>) -> Option<Answer> {
        let address = self.address()?;
        let host = host.unwrap_or(&address);
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let talk = async {
            let mut stream = tokio::net::TcpStream::connect(&address).await.ok()?;
            stream.write_all(request.as_bytes()).await.ok()?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.ok()?;
            let answer = String::from_utf8_lossy(&answer).into_owned();
            let (head, body) = answer.split_once("\r\n\r\n")?;
            let status = head.split(' ').nth(1)?.parse().ok()?;
            Some(Answer { status, head: head.to_owned(), body: body.to_owned() })
        };
        tokio::time::timeout(Duration::from_secs(20), talk).await.ok().flatten()
    }

    /// `GET` of a path, as if it had been asked of `host`.
    pub(crate) async fn get(&self, path: &str, host: Option<&str>) -> Answer {
        self.try_get(path, host).await.unwrap_or_else(|| panic!("no answer from {path}"))
    }

    /// `GET /health`.
    pub(crate) async fn health(&self) -> Answer {
        self.get("/health", None).await
    }

    /// `GET /metrics`.
    pub(crate) async fn metrics(&self) -> Samples {
        let answer = self.get("/metrics", None).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        Samples(answer.body)
    }

    fn whole_log(&self) -> String {
        let bytes = std::fs::read(&self.log_path).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// What the daemon has logged since its last start.
    pub(crate) fn log(&self) -> String {
        let log = self.whole_log();
        log.get(self.log_from..).unwrap_or_default().to_owned()
    }

    /// Requests that were sent to the model.
    pub(crate) fn calls(&self) -> usize {
        self.sim.anthropic.requests().len()
    }

    /// Everything that the model was sent last, as text.
    pub(crate) fn last_prompt(&self) -> String {
        self.sim.anthropic.requests().last().map(|call| call.body.to_string()).unwrap_or_default()
    }

    /// Neither service has anything to complain about, and nothing was said twice.
    #[track_caller]
    pub(crate) fn assert_clean(&self) {
        self.assert_clean_but(&[]);
    }

    /// The same, where refusals with these words in them are expected.
    #[track_caller]
    pub(crate) fn assert_clean_but(&self, expected: &[&str]) {
        let unexpected = |text: &str| !expected.iter().any(|words| text.contains(words));
        let telegram = &self.sim.telegram;
        let rejections: Vec<_> =
            telegram.rejections().into_iter().filter(|found| unexpected(&found.description)).collect();
        assert!(rejections.is_empty(), "Telegram refused: {rejections:#?}");
        let warnings = telegram.warnings();
        assert!(warnings.is_empty(), "Telegram would have ignored: {warnings:#?}");
        let duplicates = telegram.duplicates();
        assert!(duplicates.is_empty(), "said twice: {duplicates:#?}");
        for call in self.sim.anthropic.requests() {
            let refused = (400..500).contains(&call.status) && call.fault.is_none();
            assert!(
                !refused || !unexpected(call.error.as_deref().unwrap_or_default()),
                "refused: {:#}",
                call.json()
            );
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.whole_log();
            let lines: Vec<_> = log.lines().collect();
            let tail = lines.get(lines.len().saturating_sub(80)..).unwrap_or_default();
            eprintln!("--- the end of the daemon's log ---\n{}\n---", tail.join("\n"));
        }
    }
}
