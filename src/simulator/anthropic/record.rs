// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was asked, and what is owed.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{faults::Fault, prices::Usage};

/// Calls that are remembered.
const CALLS: usize = 10_000;
/// Bytes of bodies that are remembered.
const BYTES: usize = 64 * 1024 * 1024;

/// What a key owes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// Calls that were billed.
    pub calls: u64,
    /// Their tokens.
    pub usage: Usage,
    /// Their price in nano-dollars.
    pub nano_usd: u64,
}

impl Bill {
    /// Adds another bill.
    pub fn add(&mut self, other: &Bill) {
        self.calls = self.calls.saturating_add(other.calls);
        self.usage.add(&other.usage);
        self.nano_usd = self.nano_usd.saturating_add(other.nano_usd);
    }
}

/// A call as it arrived, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The `request-id` that was answered.
    pub request_id: String,
    /// Time since the stand-in was made, on its own clock.
    pub at: Duration,
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The headers without `x-api-key` and `authorization`.
    pub headers: Vec<(String, String)>,
    /// Fingerprint of the key; empty without one.
    pub key: String,
    /// The body as it was sent.
    pub body: Arc<str>,
    /// The status of the answer; 0 until there is one, and when there never was.
    pub status: u16,
    /// The message of the error that was answered.
    pub error: Option<String>,
    /// The fault that struck.
    pub fault: Option<Fault>,
    /// What was billed so far.
    pub billed: Usage,
}

impl Recorded {
    /// The body as JSON; null if it is none.
    pub fn body_json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// All of it as JSON.
    pub fn json(&self) -> Value {
        json!({
            "request_id": self.request_id, "at_seconds": self.at.as_secs_f64(), "method": self.method, "path": self.path,
            "headers": self.headers, "key": self.key, "body": self.body_json(), "status": self.status,
            "error": self.error, "fault": self.fault, "billed": self.billed,
        })
    }
}

/// The calls that are remembered.
#[derive(Debug, Default)]
pub(super) struct Record {
    calls: VecDeque<Recorded>,
    bytes: usize,
}

impl Record {
    pub(super) fn add(&mut self, call: Recorded) {
        self.bytes = self.bytes.saturating_add(call.body.len());
        self.calls.push_back(call);
        while self.calls.len() > CALLS || (self.bytes > BYTES && self.calls.len() > 1) {
            if let Some(oldest) = self.calls.pop_front() {
                self.bytes = self.bytes.saturating_sub(oldest.body.len());
            }
        }
    }

    /// Changes a call, if it is still remembered.
    pub(super) fn update(&mut self, request_id: &str, change: impl FnOnce(&mut Recorded)) {
        if let Some(call) = self.calls.iter_mut().rev().find(|call| call.request_id == request_id) {
            change(call);
        }
    }

    pub(super) fn bill(&mut self, request_id: &str, usage: &Usage) {
        self.update(request_id, |call| call.billed.add(usage));
    }

    pub(super) fn list(&self) -> Vec<Recorded> {
        self.calls.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(id: usize, body: &str) -> Recorded {
        Recorded {
            request_id: id.to_string(),
            at: Duration::ZERO,
            method: "POST".to_owned(),
            path: "/v1/messages".to_owned(),
            headers: Vec::new(),
            key: String::new(),
            body: body.into(),
            status: 0,
            error: None,
            fault: None,
            billed: Usage::default(),
        }
    }

    #[test]
    fn the_oldest_calls_are_forgotten_by_number_and_by_size() {
        let mut record = Record::default();
        for id in 0..CALLS + 5 {
            record.add(call(id, ""));
        }
        assert_eq!((record.calls.len(), record.list()[0].request_id.as_str()), (CALLS, "5"));
        let large = "x".repeat(BYTES / 2 + 1);
        record.add(call(1, &large));
        record.add(call(2, &large));
        assert_eq!(record.calls.len(), 1);
    }

    #[test]
    fn what_is_billed_later_is_added_to_its_call() {
        let mut record = Record::default();
        record.add(call(1, ""));
        record.add(call(2, ""));
        record.bill("1", &Usage { output: 3, ..Usage::default() });
        record.bill("gone", &Usage { output: 3, ..Usage::default() });
        assert_eq!(record.list().iter().map(|call| call.billed.output).collect::<Vec<_>>(), [3, 0]);
    }
}
