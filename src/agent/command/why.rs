// SPDX-License-Identifier: MIT OR Apache-2.0
use super::Asked;
use crate::budget::dollars;
use blufio_core::money::{NanoUsd, Usage};
use blufio_core::storage::{Answer, StorageError};
use std::fmt::Write as _;

pub(super) async fn tell(asked: Asked<'_>) -> Result<String, StorageError> {
    let answers = asked.shared.storage.answers(Some(asked.conversation()), 1).await?;
    let Some(answer) = answers.last() else {
        return Ok("I have not answered anything here yet that I could explain.".into());
    };
    Ok(format!("{}\nAnswered on {}.", explain(answer), asked.shared.options.zone.describe(answer.at)))
}

fn explain(answer: &Answer) -> String {
    let decision = &answer.decision;
    let mut text = match &decision.answered_by {
        Some(other) => {
            format!("Route: {}. {other} answered, because {} could not.\n", decision.route, decision.model)
        }
        None => format!("Route: {}. {} answered.\n", decision.route, decision.model),
    };
    let _ = writeln!(text, "Why: {}.", listed(&decision.reasons, "no reason was kept"));
    let _ = writeln!(text, "Memories: {}.", listed(&decision.memories, "none"));
    let usage = answer.calls.iter().map(|call| call.usage).fold(Usage::default(), |sum, usage| sum + usage);
    let written = usage.cache_write_5m.saturating_add(usage.cache_write_1h);
    let calls = match answer.calls.len() {
        1 => "one call".to_owned(),
        count => format!("{count} calls"),
    };
    let _ = writeln!(
        text,
        "Tokens: {} in ({} read from the cache, {written} written to it), {} out, in {calls}.",
        usage.prompt(),
        usage.cache_read,
        usage.output
    );
    for call in answer.calls.iter().filter(|call| call.class != "ok") {
        let _ = match call.class.as_str() {
            "stopped" => writeln!(text, "You stopped one of them: {}.", call.model),
            class => writeln!(text, "One of them did not come to its end: {} ({class}).", call.model),
        };
    }
    let cost: NanoUsd = answer.calls.iter().map(|call| call.cost).sum();
    let seconds = answer.took_ms / 1_000;
    let tenths = answer.took_ms % 1_000 / 100;
    let _ =
        write!(text, "Cost: {}. From your message to the answer: {seconds}.{tenths} seconds.", dollars(cost));
    text
}

fn listed(parts: &[String], none: &str) -> String {
    if parts.is_empty() { none.to_owned() } else { parts.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::ids::{Conversation, QueueId};
    use blufio_core::route::{Decision, Route};
    use blufio_core::storage::{CallRecord, Feature};
    use blufio_core::time::Timestamp;

    #[test]
    fn route_reasons_memories_tokens_cost_and_time_are_told() {
        let call = |class: &str| CallRecord {
            feature: Feature::Turn,
            intended: "big".into(),
            model: "small".into(),
            class: class.into(),
            price_version: "1".into(),
            usage: Usage { input: 100, output: 10, cache_read: 800, cache_write_5m: 50, cache_write_1h: 0 },
            cost: NanoUsd(5_000_000),
            overhead: 0,
            took_ms: 1,
            at: Timestamp(0),
        };
        let answer = Answer {
            turn: QueueId(1),
            conversation: Conversation::new("test", "1"),
            decision: Decision {
                route: Route::Deep,
                reasons: vec!["a proof".into(), "it is long".into()],
                model: "big".into(),
                answered_by: Some("small".into()),
                memories: Vec::new(),
            },
            calls: vec![call("connection"), call("stopped"), call("ok")],
            took_ms: 3_290,
            at: Timestamp(0),
        };
        assert_eq!(
            explain(&answer),
            "Route: deep. small answered, because big could not.\n\
             Why: a proof; it is long.\n\
             Memories: none.\n\
             Tokens: 2850 in (2400 read from the cache, 150 written to it), 30 out, in 3 calls.\n\
             One of them did not come to its end: small (connection).\n\
             You stopped one of them: small.\n\
             Cost: $0.0150. From your message to the answer: 3.2 seconds."
        );
    }
}
