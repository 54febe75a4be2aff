// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::context::Shared;
use crate::frame::begins_turn;
use crate::tokens;
use blufio_core::route::Route;
use blufio_core::storage::StoredMessage;

/// Of a window, the history may fill this part before it is summarised, hundredths.
const OF_THE_WINDOW: u64 = 60;
/// So many messages are summarised even when they are short: a transcript is read back only so far.
const MANY: usize = 1_000;

/// When a history is summarised, and how much of it stays as it was said. Tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) soft: u64,
    pub(super) keep: u64,
}

impl Limits {
    /// Whether a history of this size and so many messages is too long.
    pub(super) fn are_passed_by(self, size: u64, messages: usize) -> bool {
        size > self.soft || messages > MANY
    }
}

/// What the operator has set, as far as the smallest of the models' windows has room for it.
pub(super) fn limits(shared: &Shared) -> Limits {
    let options = &shared.options.context;
    let windows = Route::ALL.into_iter().filter_map(|route| {
        let model = shared.options.routing.slots.model(route);
        shared.provider.model(model).map(|spec| spec.context_window)
    });
    let most = windows.min().map_or(u64::MAX, |window| window.saturating_mul(OF_THE_WINDOW) / 100);
    let soft = options.soft_limit.min(most);
    Limits { soft, keep: options.keep.min(soft / 2) }
}

/// How many of the messages, from the oldest, are summarised now: what is older than the newest `keep` tokens, and no
/// more than about `most` tokens of it at a time. Only whole turns; none of their tool calls is parted from its result.
/// The last turn stays, unless it alone is longer than the soft limit. `0`: there is nothing to summarise.
pub(super) fn count(messages: &[StoredMessage], limits: Limits, most: u64) -> usize {
    let sizes: Vec<u64> =
        messages.iter().map(|stored| tokens::of_message(&stored.message).expected).collect();
    let sum = |part: Option<&[u64]>| {
        part.unwrap_or_default().iter().fold(0, |sum: u64, size| sum.saturating_add(*size))
    };
    // Whatever stands first begins a turn.
    let begins: Vec<usize> = (0..messages.len())
        .filter(|at| *at == 0 || messages.get(*at).is_some_and(|stored| begins_turn(&stored.message)))
        .collect();
    let behind = |at: usize| sum(sizes.get(at..));
    let last = begins.last().copied().unwrap_or(0);
    let count = match begins.iter().copied().find(|at| behind(*at) <= limits.keep) {
        Some(at) => at,
        None if behind(last) <= limits.soft => last,
        None => messages.len(),
    };
    if sum(sizes.get(..count)) <= most {
        return count;
    }
    let mut pieces = begins.iter().copied().filter(|at| 0 < *at && *at < count);
    let first = pieces.clone().next();
    // A first turn that is longer than that is taken all the same; its texts are shortened in the prompt.
    pieces.rfind(|at| sum(sizes.get(..*at)) <= most).or(first).unwrap_or(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::content::{Block, Message};
    use blufio_core::ids::MessageId;
    use proptest::prelude::*;
    use serde_json::json;

    fn stored(messages: Vec<Message>) -> Vec<StoredMessage> {
        let ids = 1_i64..;
        ids.zip(messages).map(|(id, message)| StoredMessage { id: MessageId(id), message }).collect()
    }

    fn turn(words: usize, tools: usize) -> Vec<Message> {
        let mut turn = vec![Message::user(vec![Block::text("word ".repeat(words))])];
        for id in 0..tools {
            let (id, name) = (id.to_string(), "t".to_owned());
            let result = Block::ToolResult { tool_use_id: id.clone(), content: "ok".into(), is_error: false };
            turn.push(Message::assistant(vec![Block::ToolUse { id, name, input: json!({}) }]));
            turn.push(Message::user(vec![result]));
        }
        turn.push(Message::assistant(vec![Block::text("answer")]));
        turn
    }

    proptest! {
        #[test]
        fn only_whole_turns_are_summarised_and_what_is_to_be_kept_is_kept(
            turns in prop::collection::vec((1_usize..200, 0_usize..3), 0..12),
            soft in 50_u64..1_000,
            keep in 0_u64..500,
            most in 1_u64..2_000,
        ) {
            let messages = stored(turns.iter().flat_map(|(words, tools)| turn(*words, *tools)).collect());
            let limits = Limits { soft, keep: keep.min(soft / 2) };
            let count = count(&messages, limits, most);
            prop_assert!(count <= messages.len());
            prop_assert!(messages.get(count).is_none_or(|next| begins_turn(&next.message)));
            let tokens = |part: &[StoredMessage]| part.iter().map(|stored| tokens::of_message(&stored.message).expected).sum::<u64>();
            let (old, new) = messages.split_at(count);
            // Either so much is kept that one more turn would be too much, or there was too much to summarise at once.
            let first = old.iter().rposition(|stored| begins_turn(&stored.message)).unwrap_or(0);
            let more = tokens(&old[first..]) + tokens(new);
            prop_assert!(more > limits.keep || count == 0);
            let turns_taken = old.iter().filter(|stored| begins_turn(&stored.message)).count();
            prop_assert!(tokens(old) <= most || turns_taken == 1);
        }
    }

    #[test]
    fn a_last_turn_beyond_the_soft_limit_is_summarised_too() {
        let messages = stored([turn(10, 0), turn(2_000, 1)].concat());
        let limits = Limits { soft: 500, keep: 100 };
        assert_eq!(count(&messages, limits, u64::MAX), messages.len());
        assert_eq!(count(&messages, Limits { soft: 50_000, keep: 100 }, u64::MAX), 2);
    }

    #[test]
    fn nothing_is_summarised_where_everything_is_kept() {
        assert_eq!(count(&[], Limits { soft: 500, keep: 100 }, u64::MAX), 0);
        let messages = stored(turn(100, 0));
        assert_eq!(count(&messages, Limits { soft: 500, keep: 250 }, u64::MAX), 0);
    }
}
