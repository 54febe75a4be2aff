// SPDX-License-Identifier: MIT OR Apache-2.0
//! The stand-in's Claude. It answers from the prompt that it was sent and from nothing else: it can name the dog only if
//! the dog's name stands there.
//!
//! | room | holds |
//! |---|---|
//! | [`directives`] | what a test orders inside a message: `[sim:words 2000]` |
//! | [`words`] | sentences, words, and patterns over them |
//! | [`errands`] | summaries, and reminders through a tool |
//! | [`facts`] | what people tell and ask, in English, German and French |
//! | [`memory`] | notes of what was remembered, what is noted down, what is kept and forgotten through tools |
//! | [`instance`] | the smallest JSON value that fits a schema |
//! | [`markdown`] | Markdown as language models write it, by seed |

pub mod directives;
pub mod errands;
pub mod facts;
pub mod instance;
pub mod markdown;
pub mod memory;
pub mod words;

use std::time::Duration;

use serde_json::{Map, Value};

use self::{directives::Directive, words::Language};
use super::request::{Block, Kind, Message, Request, Role, ToolChoice};

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Words for the person.
    Text(String),
    /// A call of a tool.
    Tool {
        /// Its name.
        name: String,
        /// Its arguments.
        input: Value,
    },
}

/// Why an answer ends, when a directive wants it to end otherwise than by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// `refusal`.
    Refusal,
    /// `max_tokens`.
    MaxTokens,
    /// `pause_turn`.
    Pause,
}

/// What Claude wants to say, before limits and stop sequences cut it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    /// What it thinks first, if it thinks at all.
    pub thought: String,
    /// What it says and calls.
    pub parts: Vec<Part>,
    /// A forced end.
    pub ending: Option<Ending>,
    /// How long the answer takes, spread over the stream.
    pub pace: Duration,
}

impl Reply {
    fn say(text: impl Into<String>) -> Reply {
        Reply { parts: vec![Part::Text(text.into())], ..Reply::default() }
    }

    fn call(name: &str, input: Value) -> Reply {
        Reply { parts: vec![Part::Tool { name: name.to_owned(), input }], ..Reply::default() }
    }
}

/// Reads the prompt and answers.
pub fn answer(request: &Request) -> Reply {
    let Some(last) = request.messages.iter().rev().find(|message| message.role == Role::User) else {
        return Reply::say("There is nothing to answer.");
    };
    let said = own_words(last).join("\n");
    let directives = directives::find(&said);
    let said = directives::strip(&said);
    let mut reply = obey(request, last, &directives).unwrap_or_else(|| converse(request, last, &said));
    for directive in &directives {
        match directive {
            Directive::Sleep(pace) => reply.pace = *pace,
            Directive::MaxTokens => reply.ending = Some(Ending::MaxTokens),
            Directive::Pause => reply.ending = Some(Ending::Pause),
            _ => {}
        }
    }
    if reply.thought.is_empty() {
        reply.thought = "I answer from what stands in this prompt, and from nothing else.".to_owned();
    }
    reply
}

/// What a message says besides asides: blocks wholly in brackets behind others, such as the time of day.
fn own_words(message: &Message) -> Vec<&str> {
    let texts: Vec<&str> = Request::texts(message).collect();
    let aside = |text: &str| text.trim().starts_with('[') && text.trim().ends_with(']');
    let own = texts.iter().rposition(|text| !aside(text)).map_or(texts.len(), |last| last + 1);
    texts.into_iter().take(own).collect()
}

/// Does what directives order; `None` if there is nothing to say or call among them.
fn obey(request: &Request, last: &Message, directives: &[Directive]) -> Option<Reply> {
    let mut reply = Reply::default();
    for directive in directives {
        match directive {
            Directive::Say(text) => reply.parts.push(Part::Text(text.clone())),
            Directive::Words(count) => reply.parts.push(Part::Text(markdown::plain_words(*count))),
            Directive::Markdown(seed) => reply.parts.push(Part::Text(markdown::generate(*seed))),
            Directive::Tool { name, input, .. } => {
                reply.parts.push(Part::Tool { name: name.clone(), input: input.clone() });
            }
            Directive::Refuse => return Some(Reply { ending: Some(Ending::Refusal), ..Reply::default() }),
            Directive::Sleep(_) | Directive::MaxTokens | Directive::Pause => {}
        }
    }
    if !reply.parts.is_empty() {
        return Some(reply);
    }
    again(request, last)
}

/// `[sim:tool 3 NAME …]` orders a tool several times, one call after another: the orders are counted from the prompt.
fn again(request: &Request, last: &Message) -> Option<Reply> {
    if !last.content.iter().any(|block| matches!(block.kind, Kind::ToolResult { .. })) {
        return None;
    }
    let (at, order) = request.messages.iter().enumerate().rev().find_map(|(at, message)| {
        let text: String = (message.role == Role::User).then(|| Request::texts(message).collect())?;
        (!text.is_empty()).then_some((at, text))
    })?;
    let calls = |wanted: &str| {
        request
            .messages
            .iter()
            .skip(at)
            .flat_map(|message| &message.content)
            .filter(|block| matches!(&block.kind, Kind::ToolUse { name, .. } if name == wanted))
            .count()
    };
    directives::find(&order).into_iter().find_map(|directive| match directive {
        Directive::Tool { name, input, times } if calls(&name) < times => Some(Reply::call(&name, input)),
        _ => None,
    })
}

fn converse(request: &Request, last: &Message, said: &str) -> Reply {
    let language = Language::of(said);
    if let Some(reply) = memory::follow(request, last) {
        return reply;
    }
    let results: Vec<String> = last.content.iter().filter_map(|block| result(request, block)).collect();
    if !results.is_empty() {
        return Reply::say(results.join("\n"));
    }
    match &request.tool_choice {
        ToolChoice::Tool(name) => {
            if let Some(tool) = request.tools.iter().find(|tool| tool.name == *name) {
                return Reply::call(name, instance::of(&tool.schema));
            }
        }
        ToolChoice::Any => {
            if let Some(tool) = request.tools.first() {
                return Reply::call(&tool.name, instance::of(&tool.schema));
            }
        }
        ToolChoice::Auto | ToolChoice::None => {}
    }
    if let Some(schema) = &request.format {
        return Reply::say(instance::of(schema).to_string());
    }
    if request.tools.is_empty() && memory::wants_extraction(&system_text(request)) {
        return Reply::say(memory::extraction(said));
    }
    if request.tools.is_empty() && errands::wants_summary(&system_text(request)) {
        return Reply::say(errands::summary(said));
    }
    let remind =
        request.tools.iter().find(|tool| tool.name.starts_with("remind") && !tool.name.ends_with('s'));
    if let Some(tool) = remind
        && let Some(input) = errands::reminder(said, &Request::texts(last).collect::<Vec<_>>().join("\n"))
    {
        return Reply::call(&tool.name, input);
    }
    if request.tool_choice == ToolChoice::Auto
        && let Some(order) = memory::order(request, said)
    {
        return order;
    }
    if facts::asks_the_time(said) {
        let clock = request
            .tools
            .iter()
            .filter(|_| request.tool_choice == ToolChoice::Auto)
            .find(|tool| tool.name.contains("time"));
        return match clock {
            Some(tool) => Reply::call(&tool.name, instance::of(&tool.schema)),
            None => Reply::say(language.choose(
                "I have no clock here, so I cannot tell.",
                "Ich habe hier keine Uhr und kann es nicht sagen.",
                "Je n'ai pas d'horloge ici, je ne peux pas le dire.",
            )),
        };
    }
    let seen: Vec<String> = last.content.iter().filter_map(describe).collect();
    let told = facts::answer(&prompt_texts(request), said);
    match (seen.is_empty(), told) {
        (false, Some(answer)) => Reply::say(format!("{}\n{answer}", seen.join("\n"))),
        (false, None) => Reply::say(seen.join("\n")),
        (true, Some(answer)) => Reply::say(answer),
        (true, None) => Reply::say(echo(said, language)),
    }
}

/// Everything that may hold facts: the system prompt, what was remembered, and what the person's side said, in order, without
/// directives.
fn prompt_texts(request: &Request) -> Vec<String> {
    let system = request.system.iter().filter_map(|block| match &block.kind {
        Kind::Text(text) => Some(text.clone()),
        _ => None,
    });
    let said = request.messages.iter().filter(|message| message.role == Role::User).flat_map(Request::texts);
    let (notes, said): (Vec<&str>, Vec<&str>) = said.partition(|text| memory::is_note(text));
    // What is remembered is older than what is said here.
    let remembered = notes.into_iter().flat_map(memory::told_by);
    system.chain(remembered).chain(said.into_iter().map(directives::strip)).collect()
}

fn system_text(request: &Request) -> String {
    let texts = request.system.iter().filter_map(|block| match &block.kind {
        Kind::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// What is in an image or document.
fn describe(block: &Block) -> Option<String> {
    match &block.kind {
        Kind::Image(image) => {
            Some(format!("I see an image of {}×{} pixels ({}).", image.width, image.height, image.media_type))
        }
        Kind::Document(document) => {
            let name = match (&document.title, document.pages) {
                (Some(title), _) => format!("The document {title}"),
                (None, Some(_)) => "The PDF document".to_owned(),
                (None, None) => "The document".to_owned(),
            };
            let pages = document.pages.map(|pages| format!(" has {pages} page(s) and")).unwrap_or_default();
            let words: Vec<&str> = document.text.split_whitespace().take(12).collect();
            Some(if words.is_empty() {
                format!("{name}{pages} shows no text that I can read.")
            } else {
                format!("{name}{pages} begins: “{}”", words.join(" "))
            })
        }
        _ => None,
    }
}

/// A tool's answer in words.
fn result(request: &Request, block: &Block) -> Option<String> {
    let Kind::ToolResult { id, content, is_error } = &block.kind else { return None };
    let tool =
        request.messages.iter().flat_map(|message| &message.content).find_map(|block| match &block.kind {
            Kind::ToolUse { id: own, name, .. } if own == id => Some(name.as_str()),
            _ => None,
        });
    let tool = tool.unwrap_or("tool");
    let mut said: Vec<String> = content.iter().filter_map(describe).collect();
    let texts: Vec<&str> = content
        .iter()
        .filter_map(|block| match &block.kind {
            Kind::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let text: String = texts.join("\n").chars().take(600).collect();
    if *is_error {
        return Some(format!("The tool {tool} failed: {text}"));
    }
    if tool.contains("time") {
        return Some(format!("It is {text}."));
    }
    if !text.is_empty() || said.is_empty() {
        said.insert(0, format!("The tool {tool} answered: {text}"));
    }
    Some(said.join("\n"))
}

/// When there is nothing better to say: the last words of the person.
fn echo(said: &str, language: Language) -> String {
    let words: Vec<&str> = said.split_whitespace().collect();
    let from = words.len().saturating_sub(12);
    let last = words.get(from..).unwrap_or_default().join(" ");
    if last.is_empty() {
        return language.choose("I am here.", "Ich bin da.", "Je suis là.").to_owned();
    }
    let lead = language.choose("You said", "Du sagtest", "Tu as dit");
    format!("{lead}: “{last}”")
}

/// An object without fields.
pub fn nothing() -> Value {
    Value::Object(Map::new())
}

#[cfg(test)]
#[path = "brain/brain_tests.rs"]
mod tests;
