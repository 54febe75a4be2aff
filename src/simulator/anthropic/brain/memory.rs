// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was remembered: read out of the notes of a prompt, noted down from a conversation, kept and forgotten through tools.

use serde_json::{Map, Value, json};

use super::super::request::{Block, Kind, Message, Request, Role};
use super::Reply;
use super::facts::{self, About};
use super::words::{self, Caught, Sentence};

const NOTE: &str = "[Remembered from earlier";
const AS_SAID: &str = ", as it was said: ";
/// Who speaks, in past words. What the assistant has said there tells no facts: it says "your".
const VOICES: [&str; 2] = ["person: ", "you: "];
/// Words that are in any statement.
const EMPTY: &[&str] = &[
    "what",
    "told",
    "tell",
    "about",
    "that",
    "this",
    "the",
    "and",
    "you",
    "have",
    "has",
    "had",
    "was",
    "were",
    "are",
    "called",
    "named",
    "name",
    "with",
    "from",
    "for",
    "everything",
    "all",
    "said",
    "say",
    "person",
    "user",
];
const FORGET: &[&str] = &[
    "forget what i told you about ",
    "forget what i said about ",
    "forget everything about ",
    "forget everything i told you about ",
    "forget all about ",
    "forget about ",
    "forget that ",
];

/// Whether a text of the prompt is a note of what was remembered.
pub fn is_note(text: &str) -> bool {
    text.trim_start().starts_with(NOTE)
}

/// What a note says, one statement after the other, the oldest first; what holds no more is left out.
pub fn told_by(note: &str) -> Vec<String> {
    let note = note.trim().trim_end_matches(']');
    let mut dated: Vec<(&str, String)> = note
        .lines()
        .filter_map(|line| {
            let line = line.strip_prefix("- ")?;
            if let Some((day, said)) = line.split_once(AS_SAID) {
                return Some((
                    day,
                    VOICES.iter().fold(said.to_owned(), |said, voice| said.replace(voice, "\n")),
                ));
            }
            let (day, said) = line.split_once(": ")?;
            let holds = said.split(" (until ").next().unwrap_or(said);
            Some((day, holds.to_owned()))
        })
        .collect();
    dated.sort_by(|a, b| a.0.cmp(b.0));
    dated.into_iter().map(|(_, said)| said).collect()
}

/// Whether the system prompt asks what of a conversation is to be remembered.
pub fn wants_extraction(system: &str) -> bool {
    system.contains("what is worth remembering")
}

/// Something that can be noted down.
struct Told {
    about: About,
    caught: Caught,
    text: String,
}

/// What of a conversation is to be remembered, as JSON. `text` holds numbered lines (`3 person: …`), and what is known
/// already (`7 (2026-03-08): …`) before them.
pub fn extraction(text: &str) -> String {
    let mut known: Vec<(i64, Vec<Told>)> = Vec::new();
    let mut found: Vec<(u64, Told)> = Vec::new();
    for line in text.lines() {
        let Some((number, rest)) = line.split_once(' ') else { continue };
        if let Some(said) = rest.strip_prefix("person: ") {
            let Ok(number) = number.parse() else { continue };
            for told in statements(said) {
                found.retain(|(_, other)| !(changes(&told, other) || says_the_same(&told, other)));
                found.push((number, told));
            }
        } else if let (Ok(id), Some((_, said))) = (number.parse(), rest.split_once("): ")) {
            known.push((id, statements(said)));
        }
    }
    let memories: Vec<Value> = found
        .iter()
        .map(|(number, told)| {
            let ids = |holds: fn(&Told, &Told) -> bool| -> Vec<i64> {
                let known = known.iter().filter(|(_, others)| others.iter().any(|other| holds(told, other)));
                known.map(|(id, _)| *id).collect()
            };
            json!({
                "text": told.text,
                "kind": kind(told.about),
                "from": [number],
                "confidence": 90,
                "replaces": ids(changes),
                "same": ids(says_the_same).first(),
            })
        })
        .collect();
    json!({ "memories": memories }).to_string()
}

fn kind(about: About) -> &'static str {
    match about {
        About::Name => "person",
        About::Taste => "preference",
        _ => "fact",
    }
}

/// Everything in a text that can be noted down, in the third person.
fn statements(text: &str) -> Vec<Told> {
    let sentences = words::sentences(&facts::first_person(text));
    let telling = sentences.iter().filter(|sentence| !sentence.question);
    telling
        .flat_map(|sentence| {
            facts::clauses(sentence).into_iter().filter_map(|found| statement(sentence, found))
        })
        .collect()
}

fn statement(sentence: &Sentence, (about, caught): (About, Caught)) -> Option<Told> {
    let (x, y) = (caught.x.join(" "), caught.y.join(" "));
    let text = match about {
        About::NameOf => format!("The person's {x} is called {y}."),
        About::Thing if facts::own(sentence) => format!("The person's {x} is {y}."),
        About::Thing => return None,
        About::Name => format!("The person is called {y}."),
        About::Home => format!("The person lives in {y}."),
        About::Allergy => format!("The person is allergic to {y}."),
        About::Taste => format!("The person likes {y}."),
        About::Work => {
            let first = caught.y.first()?;
            let at = sentence.words.iter().position(|word| word.text == *first)?;
            let how = sentence.words.get(at.checked_sub(1)?)?;
            format!("The person works {} {y}.", how.lower)
        }
    };
    Some(Told { about, caught, text })
}

/// Whether two statements are about the same.
fn is_about(one: &Told, other: &Told) -> bool {
    let same = one.about == other.about
        || matches!((one.about, other.about), (About::NameOf, About::Thing) | (About::Thing, About::NameOf));
    same && facts::subject(&one.caught.x) == facts::subject(&other.caught.x)
}

fn says_the_same(one: &Told, other: &Told) -> bool {
    is_about(one, other) && facts::subject(&one.caught.y) == facts::subject(&other.caught.y)
}

/// Whether the second holds no more because of the first. People like many things, and are allergic to several.
fn changes(one: &Told, other: &Told) -> bool {
    let single = !matches!(one.about, About::Taste | About::Allergy);
    single && is_about(one, other) && !says_the_same(one, other)
}

/// The call of the tool that a message asks for: to remember, or to forget.
pub fn order(request: &Request, said: &str) -> Option<Reply> {
    let has = |name: &str| request.tools.iter().any(|tool| tool.name == name);
    if has("forget")
        && let Some(about) = forgets(said)
    {
        return Some(Reply::call("forget", json!({ "about": about })));
    }
    if has("remember")
        && let Some(note) = facts::notes(said).pop()
    {
        return Some(Reply::call("remember", json!({ "text": remembered(&note) })));
    }
    None
}

/// What a message wants forgotten.
fn forgets(said: &str) -> Option<String> {
    let lower = said.to_lowercase();
    let about = FORGET.iter().find_map(|lead| lower.split_once(lead))?.1;
    let about = about.split(['.', '!', '?', '\n']).next()?.trim();
    (!about.is_empty()).then(|| about.to_owned())
}

/// A note as it is kept.
fn remembered(note: &str) -> String {
    match statements(note).pop() {
        Some(told) => told.text,
        None => format!("{note}."),
    }
}

/// What follows on an answer of these tools; `None`: it is an answer of another one.
pub fn follow(request: &Request, last: &Message) -> Option<Reply> {
    let (name, input, answer) = last.content.iter().find_map(|block| answered(request, block))?;
    match name {
        "remember" => {
            let text = input.get("text").and_then(Value::as_str).unwrap_or_default();
            let new = statements(text).pop();
            let changed: Vec<&str> = lines(&answer)
                .filter(|(_, known)| {
                    new.as_ref().is_some_and(|new| statements(known).iter().any(|known| changes(new, known)))
                })
                .map(|(id, _)| id)
                .collect();
            if !changed.is_empty() {
                return Some(Reply::call("remember", json!({ "text": text, "replaces": changed })));
            }
            let order = ordered(request);
            let note = facts::notes(&order).pop().unwrap_or_else(|| text.to_owned());
            Some(Reply::say(format!("Noted: {note}.")))
        }
        "forget" if input.get("about").is_some() => {
            let about = input.get("about").and_then(Value::as_str).unwrap_or_default();
            let wanted = telling(about);
            let meant: Vec<&str> = lines(&answer)
                .filter(|(_, text)| telling(text).iter().any(|word| wanted.contains(word)))
                .map(|(id, _)| id)
                .collect();
            if meant.is_empty() {
                return Some(Reply::say("I remember nothing about that."));
            }
            Some(Reply::call("forget", json!({ "ids": meant })))
        }
        "forget" => Some(Reply::say(format!("It is forgotten. {answer}"))),
        _ => None,
    }
}

/// A call of a tool that went well: its name, its arguments, its answer.
fn answered<'a>(request: &'a Request, block: &Block) -> Option<(&'a str, &'a Map<String, Value>, String)> {
    let Kind::ToolResult { id, content, is_error: false } = &block.kind else { return None };
    let calls = request.messages.iter().flat_map(|message| &message.content);
    let (name, input) = calls.into_iter().find_map(|block| match &block.kind {
        Kind::ToolUse { id: own, name, input, .. } if own == id => Some((name.as_str(), input)),
        _ => None,
    })?;
    let texts: Vec<&str> = content
        .iter()
        .filter_map(|block| match &block.kind {
            Kind::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    Some((name, input, texts.join("\n")))
}

/// The message that ordered what the tools do now.
fn ordered(request: &Request) -> String {
    let said = request.messages.iter().rev().filter(|message| message.role == Role::User);
    said.map(|message| super::own_words(message).join("\n")).find(|text| !text.is_empty()).unwrap_or_default()
}

/// The lines of a list of what is remembered: `m12 (2026-03-08): …`, as id and text.
fn lines(answer: &str) -> impl Iterator<Item = (&str, &str)> {
    answer.lines().filter_map(|line| {
        let (id, rest) = line.split_once(" (")?;
        let (_, text) = rest.split_once("): ")?;
        let plain = id.len() > 1
            && id.starts_with(['m', 'p'])
            && id.bytes().skip(1).all(|byte| byte.is_ascii_digit());
        plain.then_some((id, text))
    })
}

/// The words that tell something.
fn telling(text: &str) -> Vec<String> {
    let words = words::sentences(text).into_iter().flat_map(|sentence| sentence.words);
    let words = words
        .map(|word| word.lower)
        .filter(|word| word.chars().count() > 2 && !EMPTY.contains(&word.as_str()));
    words.collect()
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
