// SPDX-License-Identifier: MIT OR Apache-2.0
//! Logs: to standard error, to the journal, or to a file that SIGHUP reopens. No line leaves with a secret in it.

use crate::exit::{self, Coded};
use anyhow::Context as _;
use blufio_net::{RedactingWriter, Redactor};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{Compact, Format, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Time, level, words: for people.
    Text,
    /// One JSON object a line.
    Json,
    /// With the level as the journal reads it, and without the time, which the journal knows.
    Journal,
}

/// Where lines go. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Log {
    redactor: Arc<Redactor>,
    file: Option<Arc<LogFile>>,
}

pub(crate) struct LogFile {
    path: PathBuf,
    open: Mutex<File>,
}

fn open(path: &PathBuf) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o640).open(path)
}

impl Log {
    /// Reopens the file, for logrotate. The old one stays in use when the new one cannot be opened.
    /// Says whether there is one.
    pub(crate) fn reopen(&self) -> bool {
        let Some(file) = &self.file else { return false };
        match open(&file.path) {
            Ok(fresh) => *file.open.lock().unwrap_or_else(PoisonError::into_inner) = fresh,
            Err(error) => {
                tracing::error!(path = %file.path.display(), %error, "the log file cannot be reopened");
            }
        }
        true
    }
}

/// Starts logging for the whole process.
///
/// # Errors
/// When the filter is not understood or the file cannot be opened.
pub(crate) fn start(
    filter: &str,
    shape: Shape,
    file: Option<PathBuf>,
    redactor: Arc<Redactor>,
) -> anyhow::Result<Log> {
    let filter = EnvFilter::try_new(filter).context("log.level")?;
    let file = match file {
        None => None,
        Some(path) => {
            let open = open(&path).map_err(|error| {
                Coded::unusable(&format!("log.file: {} cannot be written", path.display()), &error)
            })?;
            Some(Arc::new(LogFile { path, open: Mutex::new(open) }))
        }
    };
    let log = Log { redactor, file };
    // A log that cannot be written is no reason to panic, which is what happens when standard error is gone as well.
    let builder = tracing_subscriber::fmt()
        .log_internal_errors(false)
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(log.clone());
    let started = match shape {
        Shape::Text => builder.compact().try_init(),
        Shape::Json => builder.json().try_init(),
        Shape::Journal => builder
            .event_format(Journal(Format::default().compact().without_time().with_level(false)))
            .try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging cannot be started: {error}"))?;
    // A panic leaves through the log as well, where secrets are cut out.
    exit::on_panic(|panic| tracing::error!("{panic}"));
    Ok(log)
}

/// The level in front, as `sd-daemon(3)` has it.
struct Journal(Format<Compact, ()>);

impl<S, N> FormatEvent<S, N> for Journal
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let priority = match *event.metadata().level() {
            Level::ERROR => 3,
            Level::WARN => 4,
            Level::INFO => 6,
            _ => 7,
        };
        write!(writer, "<{priority}>")?;
        self.0.format_event(context, writer, event)
    }
}

/// The end of a line's way.
pub(crate) enum Sink {
    Stderr,
    File(Arc<LogFile>),
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stderr => io::stderr().lock().write(bytes),
            Self::File(file) => file.open.lock().unwrap_or_else(PoisonError::into_inner).write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = RedactingWriter<Sink>;

    fn make_writer(&'a self) -> Self::Writer {
        let sink = self.file.as_ref().map_or(Sink::Stderr, |file| Sink::File(Arc::clone(file)));
        RedactingWriter::new(Arc::clone(&self.redactor), sink)
    }
}
