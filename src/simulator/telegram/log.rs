// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was asked, what was refused, and what the service would have swallowed.

use super::{Telegram, World};
use serde::Serialize;
use serde_json::{Map, Value};
use std::{collections::VecDeque, time::Duration};

/// Entries that each log keeps; older ones go.
const KEPT: usize = 20_000;

/// One request.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// The method as the client wrote it; `file` for a download.
    pub method: String,
    /// Its parameters; files by their sizes. Never the token.
    pub params: Map<String, Value>,
    /// When it came, since the beginning.
    #[serde(serialize_with = "super::seconds")]
    pub at: Duration,
    /// The status of the answer; `None` while there is none, and for ever when the connection was cut.
    pub status: Option<u16>,
    /// The scripted fault that it met.
    pub fault: Option<&'static str>,
    #[serde(skip)]
    number: u64,
}

/// A request that was refused, and not because a fault was scripted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejection {
    /// The method as the client wrote it.
    pub method: String,
    /// The status.
    pub code: u16,
    /// Why, in the service's words.
    pub description: String,
    /// When, since the beginning.
    #[serde(serialize_with = "super::seconds")]
    pub at: Duration,
}

/// Something that the service would accept in silence though it did not do what the client meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// The method as the client wrote it.
    pub method: String,
    /// What was wrong.
    pub text: String,
    /// When, since the beginning.
    #[serde(serialize_with = "super::seconds")]
    pub at: Duration,
}

/// The three logs.
#[derive(Debug, Default)]
pub(super) struct Log {
    calls: VecDeque<Call>,
    rejections: VecDeque<Rejection>,
    warnings: VecDeque<Warning>,
    count: u64,
}

fn push<T>(log: &mut VecDeque<T>, entry: T) {
    if log.len() == KEPT {
        log.pop_front();
    }
    log.push_back(entry);
}

impl World {
    /// Writes down a request that has come; returns its number.
    pub(super) fn log_call(&mut self, method: &str, params: Map<String, Value>) -> u64 {
        let number = self.log.count;
        self.log.count += 1;
        let at = self.now();
        push(
            &mut self.log.calls,
            Call { method: method.into(), params, at, status: None, fault: None, number },
        );
        number
    }

    /// The request's entry, unless it has gone since.
    fn call_mut(&mut self, number: u64) -> Option<&mut Call> {
        let first = self.log.calls.front()?.number;
        self.log.calls.get_mut(usize::try_from(number.checked_sub(first)?).ok()?)
    }

    pub(super) fn log_fault(&mut self, number: u64, fault: &'static str) {
        if let Some(call) = self.call_mut(number) {
            call.fault = Some(fault);
        }
    }

    pub(super) fn log_status(&mut self, number: u64, status: u16) {
        if let Some(call) = self.call_mut(number) {
            call.status = Some(status);
        }
    }

    pub(super) fn log_rejection(&mut self, method: &str, code: u16, description: &str) {
        let at = self.now();
        push(
            &mut self.log.rejections,
            Rejection { method: method.into(), code, description: description.into(), at },
        );
    }

    pub(super) fn warn(&mut self, method: &str, text: impl Into<String>) {
        let at = self.now();
        push(&mut self.log.warnings, Warning { method: method.into(), text: text.into(), at });
    }
}

impl Telegram {
    /// Every request so far, oldest first; of very many the last ones.
    pub fn calls(&self) -> Vec<Call> {
        self.look(|world| world.log.calls.iter().cloned().collect())
    }

    /// How often a method was called, without regard to upper and lower case.
    pub fn count_calls(&self, method: &str) -> usize {
        self.look(|world| {
            world.log.calls.iter().filter(|call| call.method.eq_ignore_ascii_case(method)).count()
        })
    }

    /// Every answer between 400 and 499 that no scripted fault asked for. A well-behaved client has none.
    pub fn rejections(&self) -> Vec<Rejection> {
        self.look(|world| world.log.rejections.iter().cloned().collect())
    }

    /// What the service would have ignored or repaired in silence. A well-behaved client has none.
    pub fn warnings(&self) -> Vec<Warning> {
        self.look(|world| world.log.warnings.iter().cloned().collect())
    }
}
