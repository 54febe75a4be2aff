// SPDX-License-Identifier: MIT OR Apache-2.0
//! Conversations and questions, as the files have them. What is odd in a question is counted and not refused.

use super::{EvaluationError, date};
use blufio_core::memory::MemoryKind;
use blufio_core::time::Timestamp;
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::time::Duration;

/// The category of questions that nothing answers.
const UNANSWERABLE: u64 = 5;
const DAY: Duration = Duration::from_secs(86_400);

/// A turn: its session and its place there, from one.
pub(super) type TurnId = (u32, u32);

/// A conversation and the questions about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its name.
    pub id: String,
    pub(super) sessions: Vec<Session>,
    pub(super) questions: Vec<Asking>,
    pub(super) facts: Vec<Fact>,
    /// Evidence that names no turn of the conversation.
    pub(super) lost: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Session {
    pub(super) at: Timestamp,
    pub(super) turns: Vec<Turn>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Turn {
    pub(super) id: TurnId,
    pub(super) speaker: String,
    pub(super) text: String,
}

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asking {
    pub(super) question: String,
    pub(super) category: u64,
    pub(super) kind: String,
    /// The turns that answer it; empty where none does, or where the file names none.
    pub(super) evidence: Vec<TurnId>,
    pub(super) answerable: bool,
}

/// What a good listener would remember.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fact {
    pub(super) text: String,
    pub(super) kind: MemoryKind,
    pub(super) evidence: Vec<TurnId>,
    /// Position of what it replaces.
    pub(super) replaces: Option<usize>,
}

/// Reads a file.
///
/// # Errors
/// [`EvaluationError::Json`] and [`EvaluationError::Format`], which says where.
pub fn read(text: &str) -> Result<Vec<Sample>, EvaluationError> {
    let value: Value = serde_json::from_str(text)?;
    let samples = match value {
        Value::Array(samples) => samples,
        other => vec![other],
    };
    samples.iter().enumerate().map(|(at, sample)| one(at, sample)).collect()
}

fn wrong(place: &str, trouble: &str) -> EvaluationError {
    EvaluationError::Format { place: place.to_owned(), trouble: trouble.to_owned() }
}

fn one(at: usize, sample: &Value) -> Result<Sample, EvaluationError> {
    let id = word(sample, "sample_id").unwrap_or_else(|| format!("sample {}", at + 1));
    let conversation = sample.get("conversation").and_then(Value::as_object);
    let conversation = conversation.ok_or_else(|| wrong(&id, "there is no conversation"))?;
    let sessions = sessions(&id, conversation)?;
    let turns: HashSet<TurnId> =
        sessions.iter().flat_map(|session| session.turns.iter().map(|turn| turn.id)).collect();
    let mut lost = 0;
    let mut known = |evidence: Option<&Value>| {
        let (known, others): (Vec<_>, Vec<_>) = ids(evidence).into_iter().partition(|id| turns.contains(id));
        lost += u64::try_from(others.len()).unwrap_or(0);
        known
    };
    let list = |name: &str| sample.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut questions = Vec::new();
    for question in list("qa") {
        let Some(words) = word(&question, "question") else {
            return Err(wrong(&id, "an entry of qa has no question"));
        };
        let category = question.get("category").and_then(Value::as_u64).unwrap_or(0);
        let answerable = category != UNANSWERABLE;
        let evidence = if answerable { known(question.get("evidence")) } else { Vec::new() };
        let kind = word(&question, "kind").unwrap_or_default();
        questions.push(Asking { question: words, category, kind, evidence, answerable });
    }
    let facts = list("facts").into_iter().filter_map(|fact| {
        Some(Fact {
            text: word(&fact, "text")?,
            kind: word(&fact, "kind").and_then(|kind| MemoryKind::named(&kind)).unwrap_or(MemoryKind::Fact),
            evidence: known(fact.get("evidence")),
            replaces: fact.get("replaces").and_then(Value::as_u64).and_then(|at| usize::try_from(at).ok()),
        })
    });
    let facts = facts.collect();
    Ok(Sample { id, sessions, questions, facts, lost })
}

fn word(value: &Value, name: &str) -> Option<String> {
    let text = match value.get(name)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn sessions(id: &str, conversation: &Map<String, Value>) -> Result<Vec<Session>, EvaluationError> {
    let mut numbered: Vec<(u32, &Vec<Value>)> = conversation
        .iter()
        .filter_map(|(name, turns)| Some((name.strip_prefix("session_")?.parse().ok()?, turns.as_array()?)))
        .collect();
    numbered.sort_by_key(|(number, _)| *number);
    if numbered.is_empty() {
        return Err(wrong(id, "the conversation has no session_1 or the like"));
    }
    let mut before = Timestamp(0);
    let mut sessions = Vec::new();
    for (number, turns) in numbered {
        let name = format!("session_{number}_date_time");
        let at = conversation.get(&name).and_then(Value::as_str).and_then(date::parse);
        let at = at.unwrap_or_else(|| before.after(DAY));
        before = at;
        let mut session = Session { at, turns: Vec::new() };
        for (place, turn) in turns.iter().enumerate() {
            let place = u32::try_from(place).unwrap_or(u32::MAX).saturating_add(1);
            let id = word(turn, "dia_id").and_then(|id| find(&id).first().copied());
            // A turn may be a picture; what is on it is said in words.
            let picture = word(turn, "blip_caption").map(|caption| format!("[picture: {caption}]"));
            let text = [word(turn, "text"), picture].into_iter().flatten().collect::<Vec<_>>().join(" ");
            let speaker = word(turn, "speaker").unwrap_or_default();
            session.turns.push(Turn { id: id.unwrap_or((number, place)), speaker, text });
        }
        sessions.push(session);
    }
    Ok(sessions)
}

/// Turns that evidence names, each once.
fn ids(evidence: Option<&Value>) -> Vec<TurnId> {
    let texts: Vec<&str> = match evidence {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let mut found = Vec::new();
    for id in texts.into_iter().flat_map(find) {
        if !found.contains(&id) {
            found.push(id);
        }
    }
    found
}

/// All of the form "D8:6" in a text, however they are separated: "D8:6; D9:17", "D1:3 D2:1", "D:11:26".
fn find(text: &str) -> Vec<TurnId> {
    let mut found = Vec::new();
    for piece in text.split(['D', 'd']).skip(1) {
        let mut numbers =
            piece.split(|c: char| !c.is_ascii_digit() && c != ':').next().unwrap_or("").split(':');
        let mut next =
            || numbers.by_ref().find(|number| !number.is_empty()).and_then(|number| number.parse().ok());
        if let (Some(session), Some(turn)) = (next(), next()) {
            found.push((session, turn));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn evidence_is_read_however_it_is_written() {
        assert_eq!(find("D8:6; D9:17"), [(8, 6), (9, 17)]);
        assert_eq!(find("D1:3 D2:1"), [(1, 3), (2, 1)]);
        assert_eq!(find("D30:05,D:11:26"), [(30, 5), (11, 26)]);
        for text in ["", "D", "D4", "D:", "8:6", "DD", "Dx:3"] {
            assert_eq!(find(text), [], "{text}");
        }
    }

    #[test]
    fn odd_questions_are_taken_as_far_as_they_go() {
        let text = r#"[{"conversation": {"speaker_a": "A", "speaker_b": "B", "session_3_date_time": "soon",
            "session_3": [{"speaker": "A", "dia_id": "D3:1", "text": ""},
                          {"speaker": "B", "dia_id": "D3:2", "text": "Look!", "blip_caption": "a dog", "img_url": ["x"]}]},
            "qa": [{"question": "How many?", "answer": 3, "evidence": ["D3:2", "D9:9"], "category": 1},
                   {"question": "Who?", "adversarial_answer": "x", "evidence": ["D3:2"], "category": 5}]}]"#;
        let samples = read(text).unwrap();
        let sample = &samples[0];
        assert_eq!((sample.id.as_str(), sample.lost), ("sample 1", 1));
        assert_eq!(sample.sessions[0].turns[1].text, "Look! [picture: a dog]");
        assert_eq!(sample.questions[0].evidence, [(3, 2)]);
        assert!(!sample.questions[1].answerable && sample.questions[1].evidence.is_empty());
    }

    #[test]
    fn what_is_no_such_file_is_refused_with_the_place() {
        for (text, place) in [
            ("{", "JSON"),
            ("[{}]", "sample 1: there is no conversation"),
            (r#"[{"sample_id": "x", "conversation": {}}]"#, "x: the conversation has no session_1"),
            (
                r#"[{"conversation": {"session_1": []}, "qa": [{}]}]"#,
                "sample 1: an entry of qa has no question",
            ),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(place), "{error}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_evidence_is_taken(text in "[D0-9:; ,x🙂]{0,40}") {
            prop_assert!(find(&text).len() <= text.matches('D').count());
        }
    }
}
