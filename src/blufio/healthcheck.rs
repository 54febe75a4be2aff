// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio healthcheck`: whether the daemon that runs here is well. Exit code 1 when it is not, 4 when it is sealed, 5 when
//! there is none, or it is still starting.

use crate::assemble::client::ClientError;
use crate::exit::Coded;
use crate::global::Global;
use crate::operator;
use crate::paths::{self, Place};
use crate::terminal::visible;
use blufio_core::checkup::{Checkup, Standing};
use blufio_core::control::Told;
use serde_json::json;
use std::time::{Duration, Instant};

/// How often the daemon is asked while one waits for it.
const LOOK: Duration = Duration::from_millis(500);
/// How long one self-test may take. Most of it is the sentence model's, which loads slowly on a slow machine.
const ANSWERS_WITHIN: Duration = Duration::from_secs(110);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Wait so long for a daemon that is starting, sealed, or not well yet
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = span)]
    wait: Duration,
}

fn span(text: &str) -> Result<Duration, String> {
    blufio_config::parse_duration(text).ok_or_else(|| "write a span of time, such as 90s or 5m".to_owned())
}

/// What one look came to.
struct Verdict {
    code: u8,
    /// Whether it may be another one soon.
    passing: bool,
    /// Why there is no checkup.
    reason: Option<String>,
    checkup: Option<Checkup>,
}

pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let place = paths::find(global)?;
    let until = Instant::now().checked_add(args.wait);
    let verdict = operator::runtime()?.block_on(async {
        loop {
            let verdict = look(&place).await?;
            if !verdict.passing || until.is_some_and(|until| Instant::now() >= until) {
                return anyhow::Ok(verdict);
            }
            tokio::time::sleep(LOOK).await;
        }
    })?;
    if global.json {
        println!("{}", as_json(&verdict));
    } else {
        print(&verdict);
    }
    if verdict.code == 0 { Ok(()) } else { Err(Coded::silent(verdict.code)) }
}

async fn look(place: &Place) -> anyhow::Result<Verdict> {
    let asked = async { operator::connect(place).await?.ask(json!({ "ask": "check_up" })).await };
    let told = tokio::time::timeout(ANSWERS_WITHIN, asked).await.unwrap_or_else(|_| {
        let seconds = ANSWERS_WITHIN.as_secs();
        Err(ClientError::Rejected(format!(
            "the daemon has not answered within {seconds} seconds; see its log"
        )))
    });
    let nobody = |error: ClientError, code| Verdict {
        code,
        passing: code == 5,
        reason: Some(error.to_string()),
        checkup: None,
    };
    Ok(match told {
        Ok(Told::Checkup(checkup)) => {
            let well = checkup.failed().next().is_none();
            let (code, passing) = match checkup.standing {
                Standing::Absent | Standing::Starting | Standing::Reloading => (5, true),
                Standing::Sealed => (4, true),
                Standing::Trial | Standing::Running if well => (0, false),
                // A machine that has just started may be too slow for the first self-test.
                Standing::Trial | Standing::Running => (1, true),
                Standing::Waiting | Standing::Draining => (1, false),
            };
            Verdict { code, passing, reason: None, checkup: Some(checkup) }
        }
        Ok(_) => anyhow::bail!("the daemon answered something else; it may be of another version"),
        Err(
            error @ (ClientError::NoDaemon { .. } | ClientError::Broken(_) | ClientError::Unavailable(_)),
        ) => nobody(error, 5),
        Err(error) => nobody(error, 1),
    })
}

fn as_json(verdict: &Verdict) -> serde_json::Value {
    json!({ "healthy": verdict.code == 0, "code": verdict.code, "reason": verdict.reason, "checkup": verdict.checkup })
}

fn print(verdict: &Verdict) {
    let healthy = if verdict.code == 0 { "healthy" } else { "not healthy" };
    if let Some(reason) = &verdict.reason {
        println!("{healthy}: {}", visible(reason));
    }
    let Some(checkup) = &verdict.checkup else { return };
    println!("{healthy}: Blufio {}, {}", checkup.version, checkup.standing);
    for point in &checkup.points {
        println!(
            "  {} {:<8} {}",
            if point.ok { "ok    " } else { "FAILED" },
            point.name,
            visible(&point.says)
        );
    }
}
