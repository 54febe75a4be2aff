// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::context::Shared;
use crate::frame::begins_turn;
use crate::tokens;
use blufio_core::content::{Message, Role};
use blufio_core::route::Route;
use blufio_core::storage::StoredMessage;

/// Of a window, the history may fill this part before it is summarised, hundredths.
const OF_THE_WINDOW: u64 = 60;
/// So many messages are summarised even when they are short, down to the newest half of so many: a transcript is read
/// back only so far.
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

/// The position in `tail`, the newest messages, of the first that stays as it was said; what is older is summarised.
/// About the newest `keep` tokens stay, in whole turns. The last turn stays, unless it alone is longer than the soft
/// limit. `0`: everything that is in `tail` stays.
///
/// `whole`: `tail` begins where the summary ends, so that whatever stands first begins a turn.
pub(super) fn stays(tail: &[StoredMessage], whole: bool, limits: Limits) -> usize {
    let sizes: Vec<u64> = tail.iter().map(|stored| tokens::of_message(&stored.message).expected).collect();
    let behind = |at: usize| sum(sizes.get(at..));
    let begins: Vec<usize> = begins(tail, whole).collect();
    let few = |at: usize| tail.len() <= MANY || tail.len().saturating_sub(at) <= MANY / 2;
    match (begins.iter().copied().find(|at| behind(*at) <= limits.keep && few(*at)), begins.last()) {
        (Some(at), _) => at,
        (None, Some(last)) if behind(*last) <= limits.soft => *last,
        (None, _) => tail.len(),
    }
}

/// How many of the messages, from the oldest, are summarised at once: no more than `most` tokens as they are written
/// down, `sizes`. Only whole turns, so that no tool call is parted from its result; a first turn that is longer is taken
/// all the same, as far as it was read. `ends`: a turn ends behind the last of the messages.
pub(super) fn piece(old: &[StoredMessage], ends: bool, sizes: &[u64], most: u64) -> usize {
    let mut ends_at: Vec<usize> = begins(old, true).skip(1).collect();
    ends_at.extend(ends.then_some(old.len()));
    let fits = ends_at.iter().copied().rfind(|at| sum(sizes.get(..*at)) <= most);
    let parted = |at: &usize| old.get(*at).is_none_or(|next| answers_a_call(&next.message));
    let within_a_turn = || (1..old.len()).rev().find(|at| !parted(at)).unwrap_or(old.len());
    fits.or(ends_at.first().copied()).unwrap_or_else(within_a_turn)
}

fn begins(messages: &[StoredMessage], whole: bool) -> impl Iterator<Item = usize> {
    let positions = messages.iter().enumerate();
    positions
        .filter(move |(at, stored)| (whole && *at == 0) || begins_turn(&stored.message))
        .map(|(at, _)| at)
}

fn answers_a_call(message: &Message) -> bool {
    message.role == Role::User && !begins_turn(message)
}

fn sum(sizes: Option<&[u64]>) -> u64 {
    sizes.unwrap_or_default().iter().fold(0, |sum: u64, size| sum.saturating_add(*size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::content::Block;
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
            let sizes: Vec<u64> =
                messages.iter().map(|stored| tokens::of_message(&stored.message).expected).collect();
            let stays = stays(&messages, true, limits);
            let count = match stays {
                0 => 0,
                _ => piece(&messages[..stays], true, &sizes, most),
            };
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
        assert_eq!(stays(&messages, true, limits), messages.len());
        assert_eq!(stays(&messages, true, Limits { soft: 50_000, keep: 100 }), 2);
    }

    #[test]
    fn nothing_is_summarised_where_everything_is_kept() {
        assert_eq!(stays(&[], true, Limits { soft: 500, keep: 100 }), 0);
        let messages = stored(turn(100, 0));
        assert_eq!(stays(&messages, true, Limits { soft: 500, keep: 250 }), 0);
    }

    #[test]
    fn of_very_many_short_messages_the_newest_stay_whatever_may_be_kept() {
        let messages = stored((0..MANY).flat_map(|_| turn(1, 0)).collect());
        let limits = Limits { soft: 1_000_000, keep: 500_000 };
        assert!(limits.are_passed_by(1, messages.len()));
        assert_eq!(messages.len() - stays(&messages, true, limits), MANY / 2);
        assert_eq!(stays(&messages[..MANY], true, limits), 0, "few are left as they are");
    }

    #[test]
    fn where_not_everything_was_read_a_piece_ends_with_a_turn_or_at_least_parts_no_call_from_its_result() {
        let messages = stored([turn(10, 1), turn(10, 2)].concat());
        let sizes = vec![10; messages.len()];
        // Cut off behind the call of the second turn.
        assert_eq!(piece(&messages[..6], false, &sizes, 1_000), 4);
        assert_eq!(piece(&messages[..6], false, &sizes, 1), 4);
        assert_eq!(piece(&messages, true, &sizes, 1_000), messages.len());
        let second = &messages[4..];
        assert_eq!(piece(&second[..4], false, &sizes, 1_000), 3);
        assert_eq!(piece(&second[..1], false, &sizes, 1_000), 1);
    }
}
