// SPDX-License-Identifier: MIT OR Apache-2.0
//! Limits: asked before a call is made, and said aloud when they are reached.

use crate::house::{ADA, House, Plan};

/// A house whose purse is nearly empty. The worst case of one call of the standard model, with the answers kept this
/// short, is about a cent.
fn poor(daily: &str) -> Plan {
    House::plan().set("budget.daily_usd", daily).set("agent.max_output_tokens", "500")
}

/// Asks until the budget has no room for one more, and returns what is said then.
async fn spend_all(house: &House) -> String {
    for _ in 0..100 {
        let told = house.ask(ADA, "[sim:words 300]").await.text;
        if told.contains("is kept") {
            return told;
        }
    }
    panic!("the budget is never spent");
}

#[tokio::test]
async fn a_call_that_does_not_fit_is_not_made_and_the_person_is_told_which_limit_and_waits() {
    let house = poor("0.005").build().await;
    let told = spend_all(&house).await;
    let asked = house.calls();
    for words in ["budget.daily_usd", "$0.0050", "00:00"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let status = house.blufio(&["status", "--json"], "").await.json();
    assert_eq!(status["store"]["queue_depth"], 1, "the message waits: {status:#}");
    // Commands are answered meanwhile.
    let budget = house.ask(ADA, "/budget").await.text;
    assert!(budget.contains("daily"), "{budget}");
    assert_eq!(house.calls(), asked, "nothing was asked");
    let before = house.sim.telegram.messages(ADA).len();

    // Raised by the operator, it is answered at once.
    let raised = house.blufio(&["budget", "raise", "daily", "1", "--json"], "").await.ok().json();
    assert_eq!(raised["standings"][0]["raised"], 1_000_000_000);
    house.replies(ADA, before + 1).await;
    assert_eq!(house.calls(), asked + 1);
    house.assert_clean();
}

#[tokio::test]
async fn a_limit_that_the_configuration_raises_answers_what_waits_after_the_restart() {
    let mut house = poor("0.005").build().await;
    spend_all(&house).await;
    let asked = house.calls();
    house.set("budget.daily_usd", "1");
    house.restart().await;
    house.eventually("the answer", async || house.calls() == asked + 1).await;
    house.assert_clean();
}

#[tokio::test]
async fn a_message_is_declined_where_the_operator_wants_it_so() {
    let house = poor("0.0001").set("budget.when_spent", "\"decline\"").build().await;
    let told = house.ask(ADA, "Hello?").await.text;
    assert!(told.contains("budget.daily_usd"), "{told}");
    let status = house.blufio(&["status", "--json"], "").await.json();
    assert_eq!(status["store"]["queue_depth"], 0, "nothing waits: {status:#}");
    assert_eq!(house.calls(), 0);
    house.assert_clean();
}

#[tokio::test]
async fn sixty_four_conversations_at_once_do_not_spend_more_than_the_limit() {
    let chats: Vec<i64> = (1..=64).collect();
    let house = poor("0.01")
        .set("telegram.allowed_users", &format!("{chats:?}"))
        .set("budget.when_spent", "\"decline\"")
        .build()
        .await;
    for chat in &chats {
        house.sim.telegram.user(*chat, "Somebody");
        house.say(*chat, "[sim:words 300] [sim:sleep 1]");
    }
    for chat in &chats {
        house.replies(*chat, 1).await;
    }
    let bill = house.sim.anthropic.bill().nano_usd;
    assert!(bill <= 10_000_000, "spent {bill} nano-dollars");
    assert!(house.calls() >= 2, "and it was not refused to everybody: {}", house.calls());
    assert!(house.calls() < 64, "somebody was refused");
}

#[tokio::test]
async fn the_warning_comes_once_a_period_also_across_a_restart() {
    let mut house = House::plan().set("budget.daily_usd", "1").build().await;
    let warnings = |house: &House| {
        let texts = house.sim.telegram.messages(ADA).into_iter().map(|message| message.text);
        texts.filter(|text| text.contains("budget.daily_usd") && text.contains('%')).count()
    };
    let mut asked = 0;
    while warnings(&house) == 0 {
        let answer = house.ask(ADA, "!deep [sim:words 3000]").await.text;
        assert!(!answer.contains("is kept"), "refused before it was warned: {answer}");
        house.ask(ADA, "/new").await;
        asked += 1;
        assert!(asked < 20, "no warning");
        // The warning follows the answer at once.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    house.restart().await;
    let before = house.sim.telegram.messages(ADA).len();
    house.say(ADA, "And one more.");
    house.replies(ADA, before + 1).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(warnings(&house), 1);
}

#[tokio::test]
async fn a_restart_forgets_nothing_that_was_spent_or_raised() {
    let mut house = poor("0.05").build().await;
    house.ask(ADA, "Hello?").await;
    house.blufio(&["budget", "raise", "daily", "2"], "").await.ok();
    let before = house.blufio(&["budget", "--json"], "").await.ok().json();
    assert!(before["standings"][0]["spent"].as_u64().unwrap() > 0, "{before:#}");
    house.restart().await;
    assert_eq!(house.blufio(&["budget", "--json"], "").await.ok().json(), before);
    let unknown = house.blufio(&["budget", "raise", "weekly", "2"], "").await;
    assert_eq!(unknown.code, 2, "{unknown:?}");
    assert!(unknown.stderr.contains("daily"), "{unknown:?}");
}

#[tokio::test]
async fn the_budget_is_raised_in_the_chat_by_the_operator_alone() {
    let house = poor("0.0001")
        .set("telegram.allowed_users", "[42, 43]")
        .set("telegram.operators", "[42]")
        .build()
        .await;
    house.sim.telegram.user(43, "Bob");
    let refused = house.ask(43, "/budget raise daily 1").await.text;
    assert!(refused.contains("telegram.operators"), "{refused}");
    let raised = house.ask(ADA, "/budget raise daily 1").await.text;
    assert!(raised.contains('1'), "{raised}");
    assert_eq!(house.ask(43, "Hello?").await.text, "You said: “Hello?”");
    house.assert_clean();
}

#[tokio::test]
async fn a_model_without_a_price_is_refused_at_the_start() {
    let house = House::plan().idle().set("routing.deep", "\"claude-of-the-future\"").build().await;
    let served = house.blufio(&["serve"], "").await;
    assert_eq!(served.code, 2, "{served:?}");
    assert!(served.stderr.contains("routing.deep"), "{served:?}");
}
