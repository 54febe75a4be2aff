// SPDX-License-Identifier: MIT OR Apache-2.0
//! Strangers get a code and nothing else, until the operator lets them in.

use crate::house::{ADA, House};

const GRACE: i64 = 1906;

#[tokio::test]
async fn a_stranger_gets_one_code_and_is_answered_once_it_is_approved() {
    let house = House::plan().without_friends().build().await;
    house.sim.telegram.user(GRACE, "Grace");
    let told = house.ask(GRACE, "Hello? [sim:say secret words]").await;
    let code = told.text.split("blufio pair approve ").nth(1).and_then(|rest| rest.get(..8)).expect("a code");
    for text in ["Hello??", "/status", "Anybody?"] {
        house.say(GRACE, text);
    }
    house
        .eventually("all were looked at", || async {
            let metrics = house.metrics().await;
            metrics.get("blufio_turns_total", &[("outcome", "ignored")]) == Some(3.0)
        })
        .await;
    assert_eq!(house.sim.telegram.messages(GRACE).len(), 1, "one code, and nothing else");
    assert_eq!(house.calls(), 0, "the model is not asked");
    let list = house.blufio(&["pair", "list"], "").await.ok();
    assert!(list.stdout.contains("Grace") && list.stdout.contains(code), "{list:?}");

    let wrong = house.blufio(&["pair", "approve", "AAAAAAAA"], "").await;
    assert_eq!(wrong.code, 2, "{wrong:?}");
    let paired = house.blufio(&["pair", "approve", &code.to_lowercase()], "").await.ok();
    assert!(paired.stdout.contains("Grace (telegram 1906) may now talk"), "{paired:?}");
    assert_eq!(house.ask(GRACE, "And now?").await.text, "You said: “And now?”");
    assert!(!house.last_prompt().contains("secret words"), "what was said before is not kept for the model");

    house.blufio(&["pair", "remove", "telegram", "1906"], "").await.ok();
    let again = house.ask(GRACE, "Still?").await;
    assert!(again.text.contains("pairing code"), "{again:?}");
    assert_eq!(house.calls(), 1);
    house.assert_clean();
}

#[tokio::test]
async fn an_approval_without_a_daemon_holds_at_the_next_start() {
    let mut house = House::plan().without_friends().build().await;
    let told = house.ask(ADA, "Hello").await;
    let code = told.text.split("blufio pair approve ").nth(1).and_then(|rest| rest.get(..8)).expect("a code");
    house.terminate().await;
    house.blufio(&["device", "approve", code], "").await.ok();
    house.spawn();
    house.wait_ready().await;
    assert_eq!(house.ask(ADA, "And now?").await.text, "You said: “And now?”");
    house.assert_clean();
}
