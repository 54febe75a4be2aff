// SPDX-License-Identifier: MIT OR Apache-2.0
use blufio_core::content::{Message, Role};
use blufio_core::route::{Decision, Route};
use blufio_core::time::Timestamp;

/// So many messages say what a conversation is about.
const MOST: usize = 6;

/// An earlier message: who spoke, the words, and of an answer the route that it took.
pub(crate) type Said = (Role, String, Option<Route>);

/// The last messages with words, oldest first. `answered`: what was decided for the last answers, oldest first.
pub(crate) fn earlier(history: &[Message], answered: &[(Decision, Timestamp)]) -> Vec<Said> {
    let mut routes = answered.iter().rev().map(|(decision, _)| decision.route);
    let mut said = Vec::new();
    let mut follows_person = true;
    for message in history.iter().rev() {
        let words = message.plain_text();
        // Of a turn with tools, the last words are the answer; what was said between the tools is none.
        let is_answer = message.role == Role::Assistant && follows_person;
        if message.role == Role::User {
            follows_person = !words.is_empty();
        }
        if words.is_empty() || (message.role == Role::Assistant && !is_answer) {
            continue;
        }
        follows_person &= message.role == Role::User;
        let route = if is_answer { routes.next() } else { None };
        said.push((message.role, words, route));
        if said.len() == MOST {
            break;
        }
    }
    said.reverse();
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::content::Block;
    use serde_json::json;

    fn decided(route: Route) -> (Decision, Timestamp) {
        (Decision { route, ..Decision::default() }, Timestamp(0))
    }

    #[test]
    fn answers_carry_the_routes_that_they_took() {
        let history = [
            Message::user(vec![Block::text("one")]),
            Message::assistant(vec![Block::text("first")]),
            Message::user(vec![Block::text("two")]),
            Message::assistant(vec![
                Block::text("let me look"),
                Block::ToolUse { id: "a".into(), name: "look".into(), input: json!({}) },
            ]),
            Message::user(vec![Block::ToolResult {
                tool_use_id: "a".into(),
                content: "seen".into(),
                is_error: false,
            }]),
            Message::assistant(vec![Block::text("second")]),
        ];
        let said = earlier(&history, &[decided(Route::Fast), decided(Route::Deep)]);
        let expected = [
            (Role::User, "one".to_owned(), None),
            (Role::Assistant, "first".to_owned(), Some(Route::Fast)),
            (Role::User, "two".to_owned(), None),
            (Role::Assistant, "second".to_owned(), Some(Route::Deep)),
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn a_handful_is_enough() {
        let history: Vec<Message> = (0..20)
            .flat_map(|_| [Message::user(vec![Block::text("q")]), Message::assistant(vec![Block::text("a")])])
            .collect();
        let said = earlier(&history, &[]);
        assert_eq!(said.len(), MOST);
        assert_eq!(said.last().map(|(role, _, _)| *role), Some(Role::Assistant));
    }
}
