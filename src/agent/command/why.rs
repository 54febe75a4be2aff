// SPDX-License-Identifier: MIT OR Apache-2.0
use super::{Asked, brief};
use crate::budget::dollars;
use blufio_core::money::{NanoUsd, Usage};
use blufio_core::storage::{Answer, StorageError};
use std::fmt::Write as _;

/// So much of each memory is shown, characters.
const BRIEF: usize = 80;

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
    let memories: Vec<String> = decision.memories.iter().map(|memory| remembered(memory)).collect();
    match memories.as_slice() {
        [] => text.push_str("Memories: none.\n"),
        memories => {
            let _ = writeln!(text, "Memories:\n- {}", memories.join("\n- "));
        }
    }
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

/// A memory that was shown, with what spoke for it; `noted` is its text with that in brackets behind it.
fn remembered(noted: &str) -> String {
    match noted.rsplit_once(" (") {
        Some((words, reasons)) => format!("{} ({}", brief(words, BRIEF), brief(reasons, BRIEF)),
        None => brief(noted, BRIEF),
    }
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
                memories: vec![
                    "The person's dog is called Max. (meaning 0.61; words: dog)".into(),
                    "What was said at length, what was said at length, what was said at length, what was said (words: said)".into(),
                ],
            },
            calls: vec![call("connection"), call("stopped"), call("ok")],
            took_ms: 3_290,
            at: Timestamp(0),
        };
        assert_eq!(
            explain(&answer),
            "Route: deep. small answered, because big could not.\n\
             Why: a proof; it is long.\n\
             Memories:\n\
             - The person's dog is called Max. (meaning 0.61; words: dog)\n\
             - What was said at length, what was said at length, what was said at length, what… (words: said)\n\
             Tokens: 2850 in (2400 read from the cache, 150 written to it), 30 out, in 3 calls.\n\
             One of them did not come to its end: small (connection).\n\
             You stopped one of them: small.\n\
             Cost: $0.0150. From your message to the answer: 3.2 seconds."
        );
    }
}
