// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where a transcript may be cut: only where a turn begins, so that no tool call loses its result.

use super::repair::results;
use blufio_core::content::{Message, Role};
use blufio_core::model::ModelSpec;

/// Part of a window that is left free, because tokens are estimated.
const MARGIN: u64 = 8;
/// Where the history does not fit, its beginning moves by this part of the room, so that the prompts of successive
/// turns begin alike and the provider's cache serves them.
const STEP: u64 = 4;

/// Whether a turn begins with this message: the person speaks, and does not answer a tool call.
#[must_use]
pub fn begins_turn(message: &Message) -> bool {
    message.role == Role::User && results(message).is_empty()
}

/// The positions at which turns begin.
pub fn turns(messages: &[Message]) -> impl DoubleEndedIterator<Item = usize> {
    messages.iter().enumerate().filter(|(_, message)| begins_turn(message)).map(|(at, _)| at)
}

/// Tokens of a window that the transcript may fill, beside an answer and what stands before every transcript.
#[must_use]
pub(super) fn room(model: &ModelSpec, answer: u64, fixed: u64) -> u64 {
    let window = model.context_window;
    window.saturating_sub(window / MARGIN).saturating_sub(answer).saturating_sub(fixed)
}

/// The position from which messages of these sizes are shown, where `room` tokens are there for them and for a turn of
/// `turn` tokens.
pub(super) fn begin(messages: &[Message], sizes: &[u64], room: u64, turn: u64) -> usize {
    let total = sizes.iter().fold(0, |sum: u64, size| sum.saturating_add(*size));
    let surplus = total.saturating_add(turn).saturating_sub(room);
    if surplus == 0 {
        return 0;
    }
    let step = (room / STEP).max(1);
    behind(messages, sizes, surplus.div_ceil(step).saturating_mul(step))
}

/// The position of the first turn before which there are at least `left_out` tokens.
pub(super) fn behind(messages: &[Message], sizes: &[u64], left_out: u64) -> usize {
    let mut before = 0_u64;
    let starts = sizes.iter().map(|size| {
        let start = before;
        before = before.saturating_add(*size);
        start
    });
    let positions = starts.zip(messages).enumerate();
    let mut found = positions.filter(|(_, (start, message))| *start >= left_out && begins_turn(message));
    found.next().map_or(messages.len(), |(at, _)| at)
}

/// How many of the `total` messages of a transcript are looked at: at most `most`. The first of them moves only every
/// half of `most`.
pub(super) fn window(total: usize, most: usize) -> usize {
    let step = (most / 2).max(1);
    let surplus = total.saturating_sub(most);
    total.saturating_sub(surplus.div_ceil(step).saturating_mul(step))
}
