// SPDX-License-Identifier: MIT OR Apache-2.0
//! The stand-in over real HTTP, as a bot meets it.

mod control;
mod drafts;
mod editing;
mod faults;
mod files;
mod limits;
mod polling;
mod sending;

use super::Telegram;
use crate::Simulator;
use serde_json::{Value, json};
use std::time::Duration;

/// A bot as simple as can be.
struct Bot {
    simulator: Simulator,
    http: reqwest::Client,
}

impl Bot {
    async fn start() -> Bot {
        let simulator = Simulator::start(None).await.unwrap();
        Bot { simulator, http: reqwest::Client::new() }
    }

    fn telegram(&self) -> &Telegram {
        &self.simulator.telegram
    }

    fn url(&self, method: &str) -> String {
        format!("{}/bot{}/{method}", self.simulator.telegram_url(), self.telegram().token())
    }

    /// Calls a method with JSON: status and answer.
    async fn call(&self, method: &str, params: Value) -> (u16, Value) {
        let response = self.http.post(self.url(method)).json(&params).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// The result of a call that must work.
    async fn ok(&self, method: &str, params: Value) -> Value {
        let (status, answer) = self.call(method, params).await;
        assert_eq!((status, &answer["ok"]), (200, &json!(true)), "{method}: {answer}");
        answer["result"].clone()
    }

    /// What a call is refused with.
    async fn refused(&self, method: &str, params: Value) -> String {
        let (status, answer) = self.call(method, params).await;
        assert_eq!(
            (u64::from(status), &answer["ok"]),
            (answer["error_code"].as_u64().unwrap(), &json!(false))
        );
        answer["description"].as_str().unwrap().to_owned()
    }
}

const SOON: Duration = Duration::from_secs(5);
