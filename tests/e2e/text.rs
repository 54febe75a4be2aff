// SPDX-License-Identifier: MIT OR Apache-2.0
//! The plain case: somebody writes, the agent answers, and remembers what was said.

use crate::house::{ADA, House};

#[tokio::test]
async fn a_text_is_answered() {
    let house = House::start().await;
    let answer = house.ask(ADA, "Good morning, are you there?").await;
    assert_eq!(answer.text, "You said: “Good morning, are you there?”");
    house.eventually("the answer's row is done", async || {
        house.metrics().await.get("blufio_outbox_depth", &[]) == Some(0.0)
    }).await;
    house.assert_clean();
}
