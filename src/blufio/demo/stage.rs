// SPDX-License-Identifier: MIT OR Apache-2.0
//! The folder, the stand-ins, the daemon as a child process.

use anyhow::{Context as _, ensure};
use blufio_core::control::Health;
use blufio_net::{Net, NetOptions, Redactor};
use blufio_simulator::Simulator;
use blufio_simulator::telegram::SentMessage;
use reqwest::Method;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

/// The person in the play.
pub(super) const ADA: i64 = 1815;
/// Secrets of the play. They open nothing anywhere; the last check looks for them in everything that was written.
pub(super) const API_KEY: &str = "sk-ant-demo-0123456789-not-a-real-key";
pub(super) const PASSPHRASE: &str = "a passphrase for the demo only";
/// How long the play waits for something that must happen.
const PATIENCE: Duration = Duration::from_secs(15);
/// Longest page of metrics.
const PAGE_LIMIT: u64 = 4 * 1024 * 1024;

pub(super) struct Stage {
    pub(super) simulator: Simulator,
    /// What was billed for the call that died with the daemon: the one sum that no ledger can know.
    pub(super) lost_nano_usd: u64,
    folder: tempfile::TempDir,
    program: PathBuf,
    http: std::net::SocketAddr,
    net: Net,
    daemon: Option<Child>,
}

/// How the daemon is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Nobody hands the passphrase over: it starts sealed.
    Sealed,
    /// The passphrase is a systemd credential.
    WithCredential,
}

impl Stage {
    pub(super) async fn set_up() -> anyhow::Result<Self> {
        let simulator = Simulator::start(None).await?;
        simulator.telegram.user(ADA, "Ada");
        let folder = tempfile::Builder::new().prefix("blufio-demo-").tempdir()?;
        // A free port, given back at once: the daemon takes it a moment later.
        let http = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let options = NetOptions { loopback_origins: vec![http], ..NetOptions::default() };
        let net = Net::new(options, Arc::new(Redactor::new()))?;
        let stage = Self {
            simulator,
            lost_nano_usd: 0,
            folder,
            program: std::env::current_exe()?,
            http,
            net,
            daemon: None,
        };
        std::fs::write(stage.file("blufio.toml"), stage.configuration())?;
        std::fs::create_dir(stage.file("credentials"))?;
        std::fs::write(stage.file("credentials/vault-passphrase"), PASSPHRASE)?;
        Ok(stage)
    }

    fn configuration(&self) -> String {
        format!(
            "# What the demo changes: where the two APIs are, and where things lie.\n\
             [anthropic]\nbase_url = \"{}\"\n\n\
             [telegram]\nbase_url = \"{}\"\n\n\
             [net]\nallow_loopback_http = true\n\n\
             [store]\npath = {:?}\n\n\
             [gateway]\nlisten = \"{}\"\nsocket = {:?}\n\n\
             [log]\nfile = {:?}\nlevel = \"debug\"\n",
            self.simulator.anthropic_url(),
            self.simulator.telegram_url(),
            self.file("blufio.db"),
            self.http,
            self.file("blufio.sock"),
            self.file("blufio.log"),
        )
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, start: Start, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            // What this machine is configured to do is no matter of the demo's.
            .arg("--isolated")
            .arg("--config")
            .arg(self.file("blufio.toml"))
            .args(arguments)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if start == Start::WithCredential {
            command.env("CREDENTIALS_DIRECTORY", self.file("credentials"));
        }
        command
    }

    /// Starts the daemon.
    pub(super) fn start(&mut self, start: Start) -> anyhow::Result<()> {
        let mut command = self.command(start, &["serve"]);
        self.daemon = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
        Ok(())
    }

    /// `kill -9`.
    pub(super) async fn kill(&mut self) -> anyhow::Result<()> {
        let mut daemon = self.daemon.take().context("no daemon is running")?;
        daemon.kill().await.context("the daemon cannot be killed")
    }

    /// SIGTERM, and how the daemon ended.
    pub(super) async fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        let mut daemon = self.daemon.take().context("no daemon is running")?;
        let id = daemon.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        rustix::process::kill_process(id.context("the daemon has ended")?, rustix::process::Signal::TERM)?;
        tokio::time::timeout(PATIENCE, daemon.wait())
            .await
            .context("the daemon does not end")?
            .map_err(Into::into)
    }

    /// Runs another command of the program, and returns what it printed.
    pub(super) async fn blufio(
        &self,
        start: Start,
        arguments: &[&str],
        input: &str,
    ) -> anyhow::Result<String> {
        let mut command = self.command(start, arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut stdin = child.stdin.take().context("no standard input")?;
        stdin.write_all(input.as_bytes()).await?;
        drop(stdin);
        let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await??;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "blufio {}: {}", arguments.join(" "), said.trim());
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    async fn get(&self, path: &str) -> anyhow::Result<String> {
        let url = format!("http://{}{path}", self.http).parse()?;
        let response = self.net.send(self.net.request(Method::GET, url)?).await?;
        Ok(String::from_utf8(self.net.read_capped(response, PAGE_LIMIT).await?)?)
    }

    pub(super) async fn health(&self) -> anyhow::Result<Health> {
        Ok(serde_json::from_str(&self.get("/health").await?)?)
    }

    pub(super) async fn metrics(&self) -> anyhow::Result<String> {
        self.get("/metrics").await
    }

    /// Waits until the daemon's health is as wanted; returns how long that took.
    pub(super) async fn until(&self, wanted: impl Fn(&Health) -> bool) -> anyhow::Result<Duration> {
        let began = Instant::now();
        loop {
            let health = self.health().await;
            if health.as_ref().is_ok_and(&wanted) {
                return Ok(began.elapsed());
            }
            ensure!(
                began.elapsed() < PATIENCE,
                "the daemon does not become ready: {health:?}\n{}",
                self.log_tail()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What the agent has sent to Ada, oldest first.
    pub(super) fn messages(&self) -> Vec<SentMessage> {
        self.simulator.telegram.messages(ADA)
    }

    /// Waits for the next message after the first `seen`.
    pub(super) async fn reply(&self, seen: usize) -> anyhow::Result<SentMessage> {
        let messages = self.simulator.telegram.wait_for_messages(ADA, seen + 1, PATIENCE).await;
        let messages = messages.with_context(|| self.log_tail())?;
        messages.get(seen).cloned().context("a message vanished")
    }

    /// How often Claude was asked.
    pub(super) fn calls(&self) -> usize {
        self.simulator
            .anthropic
            .requests()
            .iter()
            .filter(|call| call.path.starts_with("/v1/messages"))
            .count()
    }

    /// The last lines of the daemon's log, for an error.
    pub(super) fn log_tail(&self) -> String {
        let log = std::fs::read_to_string(self.file("blufio.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().filter(|line| !line.contains("DEBUG")).collect();
        let from = lines.len().saturating_sub(12);
        lines.get(from..).unwrap_or_default().join("\n")
    }

    /// Every file of the stage that the daemon has written.
    pub(super) fn written(&self) -> Vec<(String, Vec<u8>)> {
        let names = ["blufio.db", "blufio.db-wal", "blufio.log"];
        let read = |name: &str| std::fs::read(self.file(name)).ok().map(|bytes| (name.to_owned(), bytes));
        names.into_iter().filter_map(read).collect()
    }
}
