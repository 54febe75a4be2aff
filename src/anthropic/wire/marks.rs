// SPDX-License-Identifier: MIT OR Apache-2.0
//! Up to where the provider may keep the prompt in its cache.
//!
//! A mark says: keep the prompt up to here. It pays when a later request repeats every byte before it, and only then.
//! What is never repeated are the notes of a turn, so no mark stands on one, and a turn of the person is marked before
//! its first note. The provider takes four marks, reads back from each about twenty blocks, and these get one:
//!
//! - the end of the static part: the same bytes in every request, whatever is asked of whichever model;
//! - the current question: the next turn repeats it, without its notes, and everything before it;
//! - the last turn of the person, which after a tool call is its results: the next call of this turn repeats it, and
//!   the notes of the question with it;
//! - where the request before has put its last mark, so that it is found however many blocks have come since: the
//!   question before this one, or, after a second round of tools, the results before these.
//!
//! # Five minutes and not an hour
//!
//! Writing to the cache costs 1.25 times the input price when it lasts five minutes, twice when it lasts an hour; a
//! read costs a tenth of it or less, and renews the time. Let a prompt have P tokens of which n are new, and let a
//! share q of all messages come after a pause between five minutes and an hour, a share s after a longer one. An hour
//! then costs, a message, 0.75 (n + s P) more and saves 1.15 q P: it pays when q > 0.65 (s + n/P). People write to
//! their agent in bursts. Of ten messages perhaps seven follow within minutes, one within the hour, two later; with
//! n/P = 0.05 that is 0.1 against 0.16. Five minutes are cheaper, and for the static part alone (n = 0) 0.1 against
//! 0.13 says the same.

use super::{Body, EPHEMERAL, Kind, Turn};
use blufio_core::content::Role;

/// Places the marks. `minimum` is the shortest prefix that the model caches, in tokens.
pub(super) fn place(body: &mut Body<'_>, minimum: u64) {
    // Whether or not it reaches the minimum: a mark that comes too early is ignored, and one that came and went with
    // the model would change the bytes that are to stay the same.
    match (&mut body.system, body.tools.last_mut()) {
        (Some([system]), _) => system.cache_control = EPHEMERAL,
        (None, Some(tool)) => tool.cache_control = EPHEMERAL,
        (None, None) => {}
    }
    // Writing costs a quarter more than not writing: a single question without tools, which no second call follows,
    // is not worth it.
    if (body.tools.is_empty() && body.messages.len() < 2) || !reaches(size(body), minimum) {
        return;
    }
    for at in turns_to_mark(&body.messages).into_iter().flatten() {
        // A turn of the person holds no thinking, the one kind that may not carry a mark.
        let turn = body.messages.get_mut(at);
        let lasting = turn.into_iter().flat_map(|turn| &mut turn.content).take_while(|block| !block.note);
        if let Some(block) = lasting.last() {
            block.cache_control = EPHEMERAL;
        }
    }
}

/// Positions of the turns that get a mark. The same may be named twice.
fn turns_to_mark(turns: &[Turn<'_>]) -> [Option<usize>; 3] {
    let persons = |asks: fn(&Turn<'_>) -> bool| {
        let turns = turns.iter().enumerate().rev();
        turns.filter(move |(_, turn)| turn.role == Role::User && asks(turn)).map(|(at, _)| at)
    };
    let mut all = persons(|_| true);
    let mut questions = persons(is_question);
    let (last, question) = (all.next(), questions.next());
    let results_before = all.next().filter(|at| Some(*at) > question);
    [last, question, results_before.or(questions.next())]
}

/// Whether the person says something in this turn, and does not only hand over results.
fn is_question(turn: &Turn<'_>) -> bool {
    turn.content.iter().any(|block| !block.note && !matches!(block.kind, Kind::ToolResult { .. }))
}

/// Whether so many bytes can be `minimum` tokens. Two bytes a token is less than any ordinary text has, so this errs
/// towards asking.
fn reaches(bytes: usize, minimum: u64) -> bool {
    u64::try_from(bytes / 2).is_ok_and(|tokens| tokens >= minimum)
}

/// Bytes of everything that the model reads.
fn size(body: &Body<'_>) -> usize {
    let system = body.system.iter().flatten().map(|block| block.text.len());
    let tools = body
        .tools
        .iter()
        .map(|tool| tool.name.len() + tool.description.len() + tool.input_schema.to_string().len());
    let blocks = body.messages.iter().flat_map(|turn| &turn.content).map(|block| match &block.kind {
        Kind::Text { text } => text.len(),
        Kind::Image { source } | Kind::Document { source, .. } => source.data.len(),
        Kind::ToolUse { input, .. } => input.to_string().len(),
        Kind::ToolResult { content, .. } => content.len(),
        Kind::Thinking { thinking, .. } => thinking.len(),
        Kind::RedactedThinking { data } => data.len(),
    });
    system.chain(tools).chain(blocks).sum()
}

#[cfg(test)]
mod tests;
