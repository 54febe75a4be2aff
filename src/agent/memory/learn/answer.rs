// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the model proposes to remember, out of its answer. Nothing of it is believed yet.

use blufio_core::content::Message;
use blufio_core::ids::MemoryId;
use blufio_core::memory::MemoryKind;
use blufio_core::provider::{Completion, StopReason};
use serde::Deserialize;
use serde_json::Value;

/// Proposals of one answer that are looked at.
const MOST: usize = 20;
/// Known memories that one statement may replace.
const REPLACED: usize = 5;

/// Something that the model proposes to remember.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Proposal {
    pub(super) text: String,
    pub(super) kind: MemoryKind,
    /// Numbers of lines, from one.
    pub(super) from: Vec<usize>,
    pub(super) confidence: u8,
    pub(super) replaces: Vec<MemoryId>,
    pub(super) same: Option<MemoryId>,
}

/// Why an answer is of no use.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    /// It is not whole, or the model declined.
    #[error("the model did not come to its end")]
    Unfinished,
    /// It has another form than was asked for.
    #[error("the answer is not the JSON that was asked for: {0}")]
    Form(#[from] serde_json::Error),
}

#[derive(Deserialize)]
struct Answer {
    memories: Vec<Value>,
}

#[derive(Deserialize)]
struct Entry {
    text: String,
    kind: String,
    from: Vec<usize>,
    confidence: f64,
    #[serde(default)]
    replaces: Option<Vec<MemoryId>>,
    #[serde(default)]
    same: Option<MemoryId>,
}

/// Reads an answer. Of its entries, those that are none are passed over.
pub(super) fn read(completion: &Completion) -> Result<Vec<Proposal>, Unreadable> {
    if completion.stop != StopReason::EndTurn {
        return Err(Unreadable::Unfinished);
    }
    let text = Message::assistant(completion.content.clone()).plain_text();
    let answer: Answer = serde_json::from_str(unfenced(&text))?;
    let proposals = answer.memories.into_iter().take(MOST).filter_map(|entry| {
        let proposal = serde_json::from_value(entry).ok().and_then(proposal);
        if proposal.is_none() {
            tracing::debug!("an entry is not of the form that was asked for and is passed over");
        }
        proposal
    });
    Ok(proposals.collect())
}

fn proposal(entry: Entry) -> Option<Proposal> {
    let confidence = entry.confidence.clamp(0.0, 100.0).round();
    let mut replaces = entry.replaces.unwrap_or_default();
    replaces.truncate(REPLACED);
    Some(Proposal {
        text: entry.text.split_whitespace().collect::<Vec<_>>().join(" "),
        kind: MemoryKind::named(&entry.kind)?,
        from: entry.from,
        // Between 0 and 100, or nothing that is a number.
        confidence: (0..=100_u8).find(|whole| f64::from(*whole) >= confidence)?,
        replaces,
        same: entry.same,
    })
}

/// The document without the fence that models like to put around one.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let inner = text.strip_prefix("```json").or_else(|| text.strip_prefix("```"));
    inner.and_then(|inner| inner.strip_suffix("```")).unwrap_or(text).trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::content::Block;
    use blufio_core::money::Usage;
    use proptest::prelude::*;
    use serde_json::json;

    fn completion(text: &str, stop: StopReason) -> Completion {
        let content = vec![Block::text(text)];
        Completion { model: "m".into(), request_id: None, content, stop, usage: Usage::default() }
    }

    fn texts(text: &str) -> Result<Vec<String>, Unreadable> {
        let proposals = read(&completion(text, StopReason::EndTurn))?;
        Ok(proposals.into_iter().map(|proposal| proposal.text).collect())
    }

    #[test]
    fn an_answer_is_read_with_a_fence_or_without() {
        let answer = json!({ "memories": [{
            "text": " The person's dog\nis called Max. ", "kind": "fact", "from": [1, 3], "confidence": 94.6, "replaces": [7],
            "same": null,
        }] });
        let expected = Proposal {
            text: "The person's dog is called Max.".into(),
            kind: MemoryKind::Fact,
            from: vec![1, 3],
            confidence: 95,
            replaces: vec![MemoryId(7)],
            same: None,
        };
        for text in [answer.to_string(), format!("```json\n{answer}\n```"), format!("```\n{answer}\n```\n")] {
            let read = read(&completion(&text, StopReason::EndTurn)).unwrap();
            assert_eq!(read.as_slice(), std::slice::from_ref(&expected));
        }
        assert_eq!(texts(r#"{"memories":[]}"#).unwrap(), [""; 0]);
    }

    #[test]
    fn what_is_not_the_form_is_no_answer_and_one_bad_entry_spoils_no_other() {
        for bad in ["", "Nothing to remember.", "[]", "{}", r#"{"memories":{}}"#, r#"{"memories":["#] {
            assert!(texts(bad).is_err(), "{bad}");
        }
        let good = json!({ "text": "Max barks.", "kind": "fact", "from": [1], "confidence": 5 });
        let bad = json!({ "text": "Max bites.", "kind": "rumour", "from": [1], "confidence": 5 });
        let answer = json!({ "memories": [1, bad, { "text": "Max" }, good] });
        assert_eq!(texts(&answer.to_string()).unwrap(), ["Max barks."]);
    }

    #[test]
    fn an_answer_that_broke_off_is_none_and_no_more_than_twenty_count() {
        for stop in [StopReason::MaxTokens, StopReason::Refusal] {
            assert!(read(&completion(r#"{"memories":[]}"#, stop)).is_err());
        }
        let entry = json!({ "text": "Max barks.", "kind": "fact", "from": [1], "confidence": 900 });
        let many = json!({ "memories": vec![entry; 25] });
        let proposals = read(&completion(&many.to_string(), StopReason::EndTurn)).unwrap();
        assert_eq!((proposals.len(), proposals[0].confidence), (20, 100));
    }

    proptest! {
        #[test]
        fn whatever_is_answered_is_read_or_refused(text in "\\PC{0,80}", inner in "[\\[\\]{}\",:a-z0-9 ]{0,60}") {
            let _either = texts(&text).is_ok();
            let _or = texts(&format!("{{\"memories\":[{inner}]}}")).is_ok();
        }
    }
}
