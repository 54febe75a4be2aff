// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a self-test of the daemon found.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a daemon stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// No daemon runs.
    Absent,
    /// Puts itself together.
    Starting,
    /// Waits for the vault's passphrase.
    Sealed,
    /// Waits for the operator.
    Waiting,
    /// Whole, and holding messages back.
    Trial,
    /// Accepts and answers.
    Running,
    /// Takes up what the operator has changed.
    Reloading,
    /// Is shutting down.
    Draining,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "not running",
            Self::Starting => "starting",
            Self::Sealed => "sealed",
            Self::Waiting => "waiting for the operator",
            Self::Trial => "on trial",
            Self::Running => "running",
            Self::Reloading => "reloading",
            Self::Draining => "shutting down",
        })
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// What: `daemon`, `state`, `vault`, `secrets` or `memory`.
    pub name: String,
    /// Whether it is well.
    pub ok: bool,
    /// What was found; where it is not well, with the remedy.
    pub says: String,
}

/// What a self-test found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkup {
    /// Version of the program.
    pub version: String,
    /// Where the daemon stands.
    pub standing: Standing,
    /// Everything that was looked at.
    pub points: Vec<Point>,
}

impl Checkup {
    /// What is not well.
    pub fn failed(&self) -> impl Iterator<Item = &Point> {
        self.points.iter().filter(|point| !point.ok)
    }
}
