// SPDX-License-Identifier: MIT OR Apache-2.0
//! A program that reads the recording and prints its words.

use crate::group::Group;
use crate::words::{MAX_TEXT, last_line, words};
use async_trait::async_trait;
use blufio_core::transcribe::{TranscribeError, Transcriber};
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};

/// How much of the end of the program's complaints is kept.
const MAX_COMPLAINT: usize = 4096;
/// What the program gets to see of our environment. Nothing else: secrets may stand there.
const ENVIRONMENT: &[&str] = &["PATH", "LANG"];

/// Gives the recording to a program on standard input, and takes what it prints as the words.
///
/// The program is started without a shell, in `/`, with `PATH` and `LANG` as its whole environment, and in a process
/// group of its own. It and what it has started are killed when the time is up, when it has ended, and when the future
/// is dropped.
#[derive(Debug)]
pub struct CommandTranscriber {
    program: String,
    arguments: Vec<String>,
    timeout: Duration,
}

impl CommandTranscriber {
    /// `argv` is the program, by its absolute path or as a name on `PATH`, and its arguments; `timeout` is how long one
    /// recording may take.
    ///
    /// # Errors
    /// [`TranscribeError::Failed`] when `argv` names no program that could be started.
    pub fn new(argv: Vec<String>, timeout: Duration) -> Result<Self, TranscribeError> {
        let mut argv = argv.into_iter();
        let program = argv.next().unwrap_or_default();
        if program.is_empty() {
            return Err(failed(
                "transcription.command is empty; it takes a program and its arguments as a list",
            ));
        }
        if program.contains('/') && !program.starts_with('/') {
            return Err(failed(format!(
                "transcription.command names the program {program:?}; write its absolute path, or a name on PATH"
            )));
        }
        Ok(Self { program, arguments: argv.collect(), timeout })
    }

    fn start(&self) -> Result<Child, TranscribeError> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir("/").env_clear();
        command.envs(ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0).kill_on_drop(true);
        command.spawn().map_err(|error| {
            let remedy = match error.kind() {
                io::ErrorKind::NotFound => "install it, or correct the path",
                io::ErrorKind::PermissionDenied => "make it executable for the user that blufio runs as",
                _ => "check the command",
            };
            failed(format!(
                "{:?} of transcription.command could not be started: {error}; {remedy}",
                self.program
            ))
        })
    }

    async fn run(&self, audio: &[u8]) -> Result<String, TranscribeError> {
        let mut child = self.start()?;
        let group = Group::led_by(&child);
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        // All at once: a program may print before it has read everything, and whoever waits for whom is its business.
        let ended = async {
            let status = child.wait().await;
            // What it has left running would keep the pipes open.
            drop(group);
            status
        };
        let (status, (), text, complaint) =
            tokio::try_join!(ended, give(stdin, audio), read_capped(stdout), read_tail(stderr))
                .map_err(|error| failed(format!("{:?} of transcription.command: {error}", self.program)))?;
        if !status.success() {
            return Err(self.unsuccessful(status, &complaint));
        }
        let Some(text) = text else {
            return Err(failed(format!(
                "{:?} of transcription.command printed more than {MAX_TEXT} bytes; it should print the words and nothing else",
                self.program
            )));
        };
        let text = String::from_utf8(text).map_err(|_| {
            failed(format!(
                "{:?} of transcription.command printed something else than UTF-8 text",
                self.program
            ))
        })?;
        words(&text)
    }

    fn unsuccessful(&self, status: ExitStatus, complaint: &[u8]) -> TranscribeError {
        let reason = last_line(complaint).unwrap_or_else(|| "it gave no reason".to_owned());
        failed(format!(
            "{:?} of transcription.command ended with {status}: {reason}; try the command by hand with a recording on its standard input",
            self.program
        ))
    }
}

#[async_trait]
impl Transcriber for CommandTranscriber {
    async fn transcribe(&self, audio: &[u8], _media_type: &str) -> Result<String, TranscribeError> {
        // The future of the run owns the child: dropped, here or by our caller, it takes the processes along.
        match tokio::time::timeout(self.timeout, self.run(audio)).await {
            Ok(answer) => answer,
            Err(_) => Err(TranscribeError::Timeout(self.timeout)),
        }
    }
}

fn failed(reason: impl Into<String>) -> TranscribeError {
    TranscribeError::Failed(reason.into())
}

/// Writes the recording. A program may stop reading when it knows enough.
async fn give(stdin: Option<ChildStdin>, audio: &[u8]) -> io::Result<()> {
    let Some(mut stdin) = stdin else { return Ok(()) };
    match stdin.write_all(audio).await {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Everything that is printed; `None` when it is more than a transcription can be. The rest is read and thrown away,
/// so that the program can end by itself.
async fn read_capped(output: Option<impl AsyncRead + Unpin>) -> io::Result<Option<Vec<u8>>> {
    let Some(mut output) = output else { return Ok(None) };
    let mut text = Vec::new();
    (&mut output).take(MAX_TEXT.saturating_add(1)).read_to_end(&mut text).await?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > MAX_TEXT {
        tokio::io::copy(&mut output, &mut tokio::io::sink()).await?;
        return Ok(None);
    }
    Ok(Some(text))
}

/// The end of what is printed.
async fn read_tail(output: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut tail = Vec::new();
    let Some(mut output) = output else { return Ok(tail) };
    loop {
        // Twice the tail at most, then the older half goes.
        let room = u64::try_from(MAX_COMPLAINT).unwrap_or(u64::MAX);
        if (&mut output).take(room).read_to_end(&mut tail).await? == 0 {
            return Ok(tail);
        }
        tail.drain(..tail.len().saturating_sub(MAX_COMPLAINT));
    }
}

#[cfg(test)]
mod tests;
