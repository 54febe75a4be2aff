// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the person reads when something did not go as planned.

use blufio_core::provider::{ProviderError, ProviderErrorKind, StopReason};
use std::time::Duration;

/// Added below an answer that is not whole, by the reason for which the model stopped.
pub(crate) fn remark(stop: StopReason) -> Option<&'static str> {
    match stop {
        StopReason::MaxTokens => {
            Some("(Cut here: the answer reached its length limit. Say “continue” for more.)")
        }
        StopReason::ContextWindowExceeded => {
            Some("(Cut here: this conversation has become too long. /new starts a fresh one.)")
        }
        StopReason::Refusal => Some("(The model declined to go on.)"),
        StopReason::Unknown => Some("(The model stopped for a reason that I do not know.)"),
        StopReason::EndTurn | StopReason::StopSequence | StopReason::ToolUse | StopReason::PauseTurn => None,
    }
}

pub(crate) const STOPPED: &str = "(Stopped.)";
pub(crate) const OUT_OF_TIME: &str = "(Stopped: this took longer than a turn may take.)";
pub(crate) const STILL_STANDING: &str = "My model answers again, but work in the background still stands still since the \
    provider refused to go on. /heartbeat resume lets it go on, /heartbeat shows why it stopped.";
pub(crate) const NO_WORDS: &str = "(The model gave no answer in words. Ask again, perhaps differently.)";
pub(crate) const TOO_MANY_TOOLS: &str = "(Stopped: I used tools over and over without coming to an end.)";
pub(crate) const MALFORMED_TOOLS: &str =
    "(Stopped: I wanted to use a tool and could not say properly how. Ask again, perhaps differently.)";

/// As what was told unasked stands in the transcript: whoever reads it there later must not take what watched files and
/// pages say for the agent's own words.
pub(crate) fn told_unasked(words: &str) -> String {
    format!("[Told unasked, about what is watched: {words}]")
}

/// Joins an answer and a remark.
pub(crate) fn with_remark(answer: &str, remark: Option<&str>) -> String {
    let parts = [Some(answer.trim()), remark].into_iter().flatten().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("\n\n")
}

/// Told once when a message has to wait.
pub(crate) fn deferred(error: &ProviderError, wait: Duration) -> String {
    format!(
        "I cannot reach my model right now ({}). Your message is kept; I try again in {}.",
        reason(error.kind),
        span(wait)
    )
}

/// Told when a message is given up.
pub(crate) fn failed(error: &ProviderError) -> String {
    let remedy = match error.kind {
        ProviderErrorKind::Authentication => "The API key was refused; its owner must set a valid one.",
        ProviderErrorKind::Permission | ProviderErrorKind::NotFound | ProviderErrorKind::UnknownModel => {
            "The models in the configuration (routing.fast, routing.standard, routing.deep) cannot be used; its owner must \
             choose others."
        }
        ProviderErrorKind::Billing => {
            "The account cannot pay; its owner must look at the billing page. Work in the background has stopped too; \
             when this is put right, /heartbeat resume lets it go on."
        }
        ProviderErrorKind::SpendLimit => {
            "The account's spend limit is reached. It resets on the first of the month, 00:00 UTC. Work in the background \
             has stopped too; from then on, /heartbeat resume lets it go on."
        }
        ProviderErrorKind::WorkspaceSpendLimit => {
            "The spend limit that was set for the workspace is reached; its owner must raise it or wait. Work in the \
             background has stopped too; when this is put right, /heartbeat resume lets it go on."
        }
        ProviderErrorKind::ContextOverflow | ProviderErrorKind::TooLarge => {
            "This conversation, or what you attached, is too large for the model. /new starts a fresh one."
        }
        ProviderErrorKind::InvalidRequest => "The request was refused as invalid. /new may help.",
        _ => "I have tried many times. Please send it again later.",
    };
    format!("I could not answer ({}). {remedy}", reason(error.kind))
}

/// Whether the owner has something to put in order, and the message itself is fine.
pub(crate) fn is_the_owners(kind: ProviderErrorKind) -> bool {
    matches!(
        kind,
        ProviderErrorKind::Authentication
            | ProviderErrorKind::Permission
            | ProviderErrorKind::NotFound
            | ProviderErrorKind::UnknownModel
            | ProviderErrorKind::Billing
            | ProviderErrorKind::SpendLimit
            | ProviderErrorKind::WorkspaceSpendLimit
    )
}

pub(crate) fn reason(kind: ProviderErrorKind) -> &'static str {
    match kind {
        ProviderErrorKind::RateLimited { .. } => "too many requests",
        ProviderErrorKind::Overloaded => "it is overloaded",
        ProviderErrorKind::Server => "it has an internal error",
        ProviderErrorKind::Timeout => "no answer in time",
        ProviderErrorKind::Connection => "no connection",
        ProviderErrorKind::Malformed => "its answer made no sense",
        ProviderErrorKind::InvalidRequest => "invalid request",
        ProviderErrorKind::ContextOverflow | ProviderErrorKind::TooLarge => "too long",
        ProviderErrorKind::Authentication => "not authenticated",
        ProviderErrorKind::Billing => "billing",
        ProviderErrorKind::Permission => "not permitted",
        ProviderErrorKind::NotFound | ProviderErrorKind::UnknownModel => "unknown model",
        ProviderErrorKind::SpendLimit | ProviderErrorKind::WorkspaceSpendLimit => "spend limit",
    }
}

fn span(wait: Duration) -> String {
    let seconds = wait.as_secs().max(1);
    match seconds {
        1 => "a second".into(),
        2..=119 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_says_something() {
        assert_eq!(with_remark("  ", Some(STOPPED)), STOPPED);
        assert_eq!(with_remark("Hi.", None), "Hi.");
        assert_eq!(with_remark("Hi", Some(STOPPED)), "Hi\n\n(Stopped.)");
    }

    #[test]
    fn whoever_hears_of_an_empty_account_hears_how_the_background_goes_on() {
        use ProviderErrorKind::{Billing, SpendLimit, WorkspaceSpendLimit};
        for kind in [Billing, SpendLimit, WorkspaceSpendLimit] {
            assert!(crate::spend::stops_everything(kind));
            let error =
                ProviderError { kind, message: String::new(), usage: Default::default(), request_id: None };
            assert!(failed(&error).contains("/heartbeat resume"), "{kind}");
        }
    }

    #[test]
    fn waiting_times_read_well() {
        assert_eq!(span(Duration::from_millis(10)), "a second");
        assert_eq!(span(Duration::from_secs(15)), "15 seconds");
        assert_eq!(span(Duration::from_secs(121)), "3 minutes");
    }
}
