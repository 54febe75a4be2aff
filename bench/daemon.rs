// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program that is measured, in a folder of its own.

use crate::tap::Tap;
use crate::{CHATS, PATIENCE};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Whether the secrets lie in a vault, which a credential opens, or in the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vaulted {
    Yes,
    No,
}

/// Memories of a daemon that has some: with one it would load the sentence model, too, which it does for none.
const MEMORIES: usize = 50;

/// Whether anything is remembered, so that each message is compared with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remembers {
    Nothing,
    Something,
}

/// The program to measure.
pub(crate) fn binary() -> PathBuf {
    std::env::var_os("BLUFIO_BIN").map_or_else(|| env!("CARGO_BIN_EXE_blufio").into(), PathBuf::from)
}

/// The number that the program takes for a key of the configuration when nobody says otherwise.
pub(crate) fn default_of(key: &str) -> u32 {
    let output =
        Command::new(binary()).args(["config", "get", key]).env_clear().env("HOME", "/nowhere").output();
    let output = output.expect("it starts").stdout;
    String::from_utf8_lossy(&output).trim().parse().unwrap_or_else(|_| panic!("{key} is no number"))
}

pub(crate) struct Daemon {
    folder: tempfile::TempDir,
    vaulted: Vaulted,
    port: u16,
    child: Option<Child>,
}

impl Daemon {
    /// A daemon with a new state. It is started, and may not be ready yet.
    pub(crate) async fn start(
        telegram: &Tap,
        anthropic: &Tap,
        vaulted: Vaulted,
        remembers: Remembers,
    ) -> Self {
        let folder = tempfile::Builder::new().prefix("blufio-bench-").tempdir().expect("a folder");
        // Free now, and most likely a moment later.
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|port| port.local_addr())
            .expect("a port")
            .port();
        let people: Vec<i64> = (1..=CHATS).collect();
        let config = format!(
            "telegram.base_url = \"{}\"\nanthropic.base_url = \"{}\"\ntelegram.allowed_users = {people:?}\n\
             net.allow_loopback_http = true\ngateway.listen = \"127.0.0.1:{port}\"\nstore.path = \"{}\"\n\
             routing.mode = \"standard\"\nbudget.daily_usd = \"none\"\nbudget.monthly_usd = \"none\"\n\
             context.soft_limit_tokens = 4000\ncontext.keep_tokens = 1000\nmemory.enabled = {}\n",
            telegram.url(),
            anthropic.url(),
            folder.path().join("blufio.db").display(),
            remembers == Remembers::Something,
        );
        std::fs::write(folder.path().join("blufio.toml"), config).expect("the configuration");
        std::fs::write(folder.path().join("vault-passphrase"), "a passphrase for a bench")
            .expect("the credential");
        let mut daemon = Self { folder, vaulted, port, child: None };
        if vaulted == Vaulted::Yes {
            daemon.command(&["vault", "init"], "");
            daemon.command(&["vault", "set", "anthropic-api-key"], "sk-ant-the-key-of-the-bench");
            daemon.command(&["vault", "set", "telegram-bot-token"], blufio_simulator::telegram::TOKEN);
        }
        if remembers == Remembers::Something {
            for number in 0..MEMORIES {
                daemon.command(
                    &["memory", "add", &format!("Shelf {number} of the cellar has apples of {number} trees")],
                    "",
                );
            }
        }
        daemon.spawn();
        daemon
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.arg("--config").arg(self.path("blufio.toml")).args(arguments);
        command.env_clear().env("HOME", self.folder.path()).current_dir(self.folder.path());
        if self.vaulted == Vaulted::Yes {
            command.env("CREDENTIALS_DIRECTORY", self.folder.path());
        } else {
            command.env("ANTHROPIC_API_KEY", "sk-ant-the-key-of-the-bench");
            command.env("TELEGRAM_BOT_TOKEN", blufio_simulator::telegram::TOKEN);
        }
        command
    }

    fn path(&self, name: &str) -> PathBuf {
        Path::new(self.folder.path()).join(name)
    }

    fn command(&self, arguments: &[&str], input: &str) {
        let mut child =
            self.program(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
        assert!(child.wait().expect("it ends").success(), "blufio {arguments:?} failed");
    }

    pub(crate) fn spawn(&mut self) {
        let log = std::fs::File::create(self.path("log")).expect("a log");
        let child = self.program(&["serve"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        self.child = Some(child.expect("the program starts"));
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().expect("a daemon").id()
    }

    /// Waits until it accepts and answers.
    pub(crate) async fn ready(&mut self) {
        let until = Instant::now() + PATIENCE;
        while !self.is_ready().await {
            let log = || std::fs::read_to_string(self.path("log")).unwrap_or_default();
            assert!(Instant::now() < until, "the daemon does not become ready:\n{}", log());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn is_ready(&self) -> bool {
        let asked = async {
            let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.ok()?;
            let request =
                format!("GET /health HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", self.port);
            stream.write_all(request.as_bytes()).await.ok()?;
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).await.ok()?;
            Some(answer.ends_with(b"200"))
        };
        asked.await.unwrap_or(false)
    }

    /// SIGTERM, and waits.
    pub(crate) async fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let id = rustix::process::Pid::from_raw(i32::try_from(child.id()).expect("a small number"));
        rustix::process::kill_process(id.expect("a process"), rustix::process::Signal::TERM)
            .expect("it is told");
        tokio::task::spawn_blocking(move || child.wait()).await.expect("it is waited for").expect("it ends");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
