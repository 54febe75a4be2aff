// SPDX-License-Identifier: MIT OR Apache-2.0
//! Server-sent events: the frames of an answer, how they go over the wire, and how they break.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Content},
    faults::Fault,
    prices::Usage,
};
use crate::server::Broken;

/// Bytes of text in one delta, about.
const DELTA: usize = 18;
/// Longest silence of a slow stream; then comes a ping.
const PING: Duration = Duration::from_secs(5);
/// Silence of a stalled stream.
const STALL: Duration = Duration::from_secs(3_600);
/// Lets the last bytes leave before the connection is reset.
const LINGER: Duration = Duration::from_millis(30);

/// How events go over the wire. The default is what the API does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wire {
    /// Lines end with CR LF.
    pub crlf: bool,
    /// Sizes of the chunks in bytes, in turn; they fall inside characters, lines and the empty line between events.
    pub chunks: Vec<usize>,
    /// Harmless events that no documentation has yet, an early `message_delta`, comments and more pings.
    pub unknown_events: bool,
}

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    event: &'static str,
    data: String,
    wait: Duration,
    report: Option<Usage>,
}

/// Bytes that leave together.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// How long to wait before.
    pub wait: Duration,
    /// What leaves; empty for an event that breaks the connection.
    pub bytes: Bytes,
    /// What is billed once these bytes have left.
    pub report: Option<Usage>,
    /// The connection is reset instead.
    pub broken: bool,
}

fn frame(event: &'static str, data: &Value) -> Frame {
    Frame { event, data: data.to_string(), wait: Duration::ZERO, report: None }
}

/// The events of an answer, in the order of the API.
pub fn frames(answer: &Answer, wire: &Wire) -> Vec<Frame> {
    let first = answer.usage.output.min(1);
    let mut start = frame("message_start", &json!({"type": "message_start", "message": answer.head()}));
    start.report = Some(Usage { output: first, ..answer.usage });
    let mut frames = vec![start];
    if wire.unknown_events {
        frames.push(frame("weather_report", &json!({"type": "weather_report", "outlook": ["sun", "日"]})));
    }
    for (index, content) in answer.content.iter().enumerate() {
        block(&mut frames, index, content);
        if wire.unknown_events {
            frames.push(ping());
        }
    }
    if wire.unknown_events {
        let early = json!({"type": "message_delta", "delta": {"stop_reason": null, "stop_sequence": null},
            "usage": {"output_tokens": answer.usage.output.max(1).saturating_sub(1).max(first)}});
        frames.push(frame("message_delta", &early));
    }
    let mut usage = answer.usage_json(answer.usage.output, Some(answer.thinking_tokens));
    if let Some(object) = usage.as_object_mut() {
        for key in ["cache_creation", "service_tier", "inference_geo"] {
            object.remove(key);
        }
    }
    let delta = json!({"stop_reason": answer.stop_reason, "stop_sequence": answer.stop_sequence,
        "stop_details": answer.stop_details()});
    let mut end = frame("message_delta", &json!({"type": "message_delta", "delta": delta, "usage": usage}));
    end.report = Some(Usage { output: answer.usage.output.saturating_sub(first), ..Usage::default() });
    frames.push(end);
    frames.push(frame("message_stop", &json!({"type": "message_stop"})));
    slow_down(frames, answer.pace)
}

fn ping() -> Frame {
    frame("ping", &json!({"type": "ping"}))
}

fn block(frames: &mut Vec<Frame>, index: usize, content: &Content) {
    let (start, deltas) = match content {
        Content::Thinking { text, signature } => {
            let mut deltas: Vec<Value> =
                pieces(text).map(|piece| json!({"type": "thinking_delta", "thinking": piece})).collect();
            deltas.push(json!({"type": "signature_delta", "signature": signature}));
            (json!({"type": "thinking", "thinking": "", "signature": ""}), deltas)
        }
        Content::Text(text) => {
            let deltas = pieces(text).map(|piece| json!({"type": "text_delta", "text": piece})).collect();
            (json!({"type": "text", "text": ""}), deltas)
        }
        Content::Tool { id, name, input } => {
            let mut deltas = vec![json!({"type": "input_json_delta", "partial_json": ""})];
            // No arguments: the empty string stands for the empty object.
            if input.as_object().is_none_or(|input| !input.is_empty()) {
                let json = input.to_string();
                deltas.extend(
                    pieces(&json).map(|piece| json!({"type": "input_json_delta", "partial_json": piece})),
                );
            }
            (json!({"type": "tool_use", "id": id, "name": name, "input": {}}), deltas)
        }
    };
    let start = json!({"type": "content_block_start", "index": index, "content_block": start});
    frames.push(frame("content_block_start", &start));
    if index == 0 {
        frames.push(ping());
    }
    for delta in deltas {
        frames.push(frame(
            "content_block_delta",
            &json!({"type": "content_block_delta", "index": index, "delta": delta}),
        ));
    }
    frames.push(frame("content_block_stop", &json!({"type": "content_block_stop", "index": index})));
}

/// Cuts a text into small pieces between characters.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut end = DELTA.min(rest.len());
        while !rest.is_char_boundary(end) {
            end = end.saturating_add(1);
        }
        let (piece, after) = rest.split_at_checked(end)?;
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Spreads `pace` over the events behind `message_start`, with pings in long silences.
fn slow_down(frames: Vec<Frame>, pace: Duration) -> Vec<Frame> {
    let events = u32::try_from(frames.len().saturating_sub(1)).unwrap_or(u32::MAX).max(1);
    let gap = pace.checked_div(events).unwrap_or_default();
    if gap.is_zero() {
        return frames;
    }
    let mut slow = Vec::with_capacity(frames.len());
    for (at, mut frame) in frames.into_iter().enumerate() {
        let mut wait = if at == 0 { Duration::ZERO } else { gap };
        while wait > PING {
            slow.push(Frame { wait: PING, ..ping() });
            wait = wait.saturating_sub(PING);
        }
        frame.wait = wait;
        slow.push(frame);
    }
    slow
}

/// Breaks a stream at the level of its events.
pub fn break_frames(mut frames: Vec<Frame>, fault: Option<&Fault>) -> Vec<Frame> {
    match fault {
        Some(Fault::OverloadedMidStream { after_events }) => {
            frames.truncate(*after_events);
            let error =
                json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
            frames.push(frame("error", &error));
        }
        Some(Fault::Truncated { after_events }) => frames.truncate(*after_events),
        Some(Fault::Malformed { after_events }) => {
            let broken = Frame { data: "{\"type\":\"content_block_delta\",".to_owned(), ..ping() };
            let broken = Frame { event: "content_block_delta", ..broken };
            frames.insert((*after_events).min(frames.len()), broken);
        }
        Some(Fault::Garbage) => frames = frames.into_iter().flat_map(with_garbage).collect(),
        _ => {}
    }
    frames
}

/// An event, and behind it what a client has to ignore.
fn with_garbage(original: Frame) -> Vec<Frame> {
    let unknown =
        frame("x_future", &json!({"type": "x_future", "data": {"deep": [[[null]]], "text": "\n\n\u{2028}"}}));
    let mut list = match original.event {
        "content_block_delta" => {
            let data = serde_json::from_str::<Value>(&original.data).unwrap_or_default();
            let index = data.get("index").cloned().unwrap_or_default();
            let delta = json!({"type": "x_future_delta", "x": "ignore me"});
            vec![frame(
                "content_block_delta",
                &json!({"type": "content_block_delta", "index": index, "delta": delta}),
            )]
        }
        "message_stop" => Vec::new(),
        _ => vec![unknown],
    };
    list.insert(0, original);
    list
}

/// Turns events into bytes.
pub fn encode(frames: Vec<Frame>, wire: &Wire, comments: bool) -> VecDeque<Piece> {
    let line = if wire.crlf { "\r\n" } else { "\n" };
    let mut whole = VecDeque::new();
    for frame in frames {
        let mut text = String::new();
        if comments || wire.unknown_events {
            text.push_str(&format!(": a comment{line}"));
        }
        if comments {
            text.push_str(&format!("retry: 3000{line}id: 7{line}"));
        }
        text.push_str(&format!("event: {}{line}data: {}{line}{line}", frame.event, frame.data));
        whole.push_back(Piece { wait: frame.wait, bytes: text.into(), report: frame.report, broken: false });
    }
    whole
}

/// Sends pieces in chunks of these sizes, in turn, which respect neither events nor lines nor characters.
pub fn chop(pieces: VecDeque<Piece>, sizes: &[usize], wait: Duration) -> VecDeque<Piece> {
    if sizes.iter().all(|size| *size == 0) {
        return pieces;
    }
    let mut sizes = sizes.iter().copied().filter(|size| *size > 0).cycle();
    let mut wanted = sizes.next().unwrap_or(usize::MAX);
    let mut chopped = VecDeque::new();
    let mut chunk: Option<Piece> = None;
    for mut piece in pieces {
        if piece.broken || !piece.wait.is_zero() {
            chopped.extend(chunk.take());
        }
        if piece.broken {
            chopped.push_back(piece);
            continue;
        }
        let mut before = std::mem::take(&mut piece.wait);
        while !piece.bytes.is_empty() {
            let mut current = chunk.take().unwrap_or_else(|| Piece {
                wait: std::mem::take(&mut before).saturating_add(wait),
                bytes: Bytes::new(),
                report: None,
                broken: false,
            });
            let free = wanted.saturating_sub(current.bytes.len()).max(1);
            let more = piece.bytes.split_to(free.min(piece.bytes.len()));
            current.bytes =
                if current.bytes.is_empty() { more } else { [current.bytes, more].concat().into() };
            if piece.bytes.is_empty()
                && let Some(report) = piece.report.take()
            {
                current.report.get_or_insert_default().add(&report);
            }
            if current.bytes.len() >= wanted {
                chopped.push_back(current);
                wanted = sizes.next().unwrap_or(usize::MAX);
            } else {
                chunk = Some(current);
            }
        }
    }
    chopped.extend(chunk);
    chopped
}

/// Breaks a body at the level of its bytes.
pub fn break_pieces(mut pieces: VecDeque<Piece>, fault: Option<&Fault>) -> VecDeque<Piece> {
    let end = |wait| Piece { wait, bytes: Bytes::new(), report: None, broken: true };
    match fault {
        Some(Fault::CutAfter { bytes }) => {
            keep(&mut pieces, *bytes);
            pieces.push_back(end(LINGER));
        }
        Some(Fault::CutInCharacter) => {
            let all: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes.iter().copied()).collect();
            let inside = all.iter().position(|byte| byte & 0b1100_0000 == 0b1000_0000);
            keep(&mut pieces, inside.unwrap_or_else(|| all.len().checked_div(2).unwrap_or(0)));
            pieces.push_back(end(LINGER));
        }
        Some(Fault::Stall { bytes }) => {
            keep(&mut pieces, *bytes);
            pieces.push_back(end(STALL));
        }
        Some(Fault::Drip { bytes, millis }) => {
            pieces = chop(pieces, &[(*bytes).max(1)], Duration::from_millis(*millis));
        }
        _ => {}
    }
    pieces
}

/// Keeps the first `bytes` bytes. What is reported by an event that does not arrive whole is not billed.
fn keep(pieces: &mut VecDeque<Piece>, bytes: usize) {
    let mut left = bytes;
    let mut kept = VecDeque::new();
    while let Some(mut piece) = pieces.pop_front() {
        if piece.bytes.len() > left {
            piece.bytes.truncate(left);
            piece.report = None;
            if !piece.bytes.is_empty() {
                kept.push_back(piece);
            }
            break;
        }
        left = left.saturating_sub(piece.bytes.len());
        kept.push_back(piece);
    }
    *pieces = kept;
}

/// The body: waits, sends, bills. Dropping it, as when the client leaves, bills nothing more.
pub fn body(
    pieces: VecDeque<Piece>,
    bill: impl FnMut(Usage) + Send + 'static,
) -> impl Stream<Item = Result<Bytes, Broken>> + Send + 'static {
    stream::unfold((pieces, bill, false), |(mut pieces, mut bill, over)| async move {
        if over {
            return None;
        }
        let piece = pieces.pop_front()?;
        if !piece.wait.is_zero() {
            tokio::time::sleep(piece.wait).await;
        }
        if piece.broken {
            return Some((Err(Broken), (pieces, bill, true)));
        }
        if let Some(usage) = piece.report {
            bill(usage);
        }
        Some((Ok(piece.bytes), (pieces, bill, false)))
    })
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
