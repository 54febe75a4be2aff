// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether words in a group are meant for the bot, and what they are without its name.

use teloxide::types::{Me, MessageEntity, MessageEntityKind};

/// The words of a message, as they are for the agent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Addressed {
    /// Without mentions of the bot, and with bare commands.
    pub(crate) text: String,
    /// Whether the bot is named, or given a command.
    pub(crate) named: bool,
    /// Whether it is a command for another bot.
    pub(crate) for_another: bool,
}

/// Reads the words of a message. `entities` are those of the service; their offsets are not trusted.
pub(crate) fn address(text: &str, entities: &[MessageEntity], me: &Me) -> Addressed {
    let mut named = false;
    let mut left = String::with_capacity(text.len());
    let mut at = 0;
    for entity in entities {
        let Some((start, end)) = byte_range(text, entity) else { continue };
        let Some(words) = text.get(start..end).filter(|_| start >= at) else { continue };
        let is_me = match &entity.kind {
            MessageEntityKind::Mention => is_name(words.trim_start_matches('@'), me),
            MessageEntityKind::TextMention { user } => user.id == me.user.id,
            _ => false,
        };
        if is_me {
            named = true;
            left.push_str(text.get(at..start).unwrap_or_default().trim_end_matches(' '));
            if !left.is_empty() && !left.ends_with('\n') {
                left.push(' ');
            }
            at = end;
            at += text.get(at..).map_or(0, |rest| rest.len() - rest.trim_start_matches(' ').len());
        }
    }
    left.push_str(text.get(at..).unwrap_or_default());
    let text = left.trim();
    match command(text, me) {
        Command::Ours(bare) => Addressed { text: bare, named: true, for_another: false },
        Command::Theirs => Addressed { text: text.to_owned(), named: false, for_another: true },
        Command::None => Addressed { text: text.to_owned(), named, for_another: false },
    }
}

enum Command {
    /// For us; without our name.
    Ours(String),
    /// For another bot.
    Theirs,
    None,
}

/// `/name` or `/name@bot` at the beginning.
fn command(text: &str, me: &Me) -> Command {
    let Some(rest) = text.strip_prefix('/') else { return Command::None };
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (first, arguments) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let (name, bot) = first.split_once('@').map_or((first, None), |(name, bot)| (name, Some(bot)));
    let is_command =
        (1..=32).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match bot {
        _ if !is_command => Command::None,
        None => Command::Ours(text.to_owned()),
        Some(bot) if is_name(bot, me) => Command::Ours(format!("/{name}{arguments}")),
        Some(_) => Command::Theirs,
    }
}

fn is_name(name: &str, me: &Me) -> bool {
    me.user.username.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name))
}

fn byte_range(text: &str, entity: &MessageEntity) -> Option<(usize, usize)> {
    let end = entity.offset.checked_add(entity.length)?;
    Some((byte_at(text, entity.offset)?, byte_at(text, end)?))
}

/// The byte at which a UTF-16 offset lies; `None` inside a character and behind the end.
fn byte_at(text: &str, offset: usize) -> Option<usize> {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        if units >= offset {
            return (units == offset).then_some(at);
        }
        units += c.len_utf16();
    }
    (units == offset).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn me() -> Me {
        serde_json::from_value(json!({
            "id": 99, "is_bot": true, "first_name": "Blufio", "username": "blufio_bot",
            "can_join_groups": true, "can_read_all_group_messages": false, "supports_inline_queries": false,
            "can_connect_to_business": false, "has_main_web_app": false,
        }))
        .unwrap()
    }

    fn mention(text: &str, name: &str) -> MessageEntity {
        let at = text.find(name).unwrap();
        let offset = text.get(..at).unwrap().encode_utf16().count();
        MessageEntity::new(MessageEntityKind::Mention, offset, name.len())
    }

    fn read(text: &str, entities: &[MessageEntity]) -> (String, bool) {
        let Addressed { text, named, .. } = address(text, entities, &me());
        (text, named)
    }

    #[test]
    fn a_mention_names_the_bot_and_is_taken_out() {
        for (text, left) in [
            ("@blufio_bot what is up?", "what is up?"),
            ("🎉 hey @Blufio_Bot do it", "🎉 hey do it"),
            ("look at this @blufio_bot", "look at this"),
        ] {
            let name = if text.contains("@blufio_bot") { "@blufio_bot" } else { "@Blufio_Bot" };
            assert_eq!(read(text, &[mention(text, name)]), (left.to_owned(), true));
        }
    }

    #[test]
    fn others_are_not_us() {
        let text = "@somebody_else hello";
        assert_eq!(read(text, &[mention(text, "@somebody_else")]), (text.to_owned(), false));
        assert_eq!(read("plain words", &[]), ("plain words".to_owned(), false));
        assert_eq!(read("/new@other_bot", &[]), ("/new@other_bot".to_owned(), false));
    }

    #[test]
    fn commands_lose_the_name_of_the_bot() {
        assert_eq!(read("/new@blufio_bot", &[]), ("/new".to_owned(), true));
        assert_eq!(read("/new@BLUFIO_bot please", &[]), ("/new please".to_owned(), true));
        assert_eq!(read("/status", &[]), ("/status".to_owned(), true));
        assert_eq!(read("/usr/bin is a folder", &[]), ("/usr/bin is a folder".to_owned(), false));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn wrong_offsets_do_no_harm(text in ".{0,40}", offset in 0..60_usize, length in any::<usize>()) {
            let entity = MessageEntity::new(MessageEntityKind::Mention, offset, length);
            let found = address(&text, &[entity], &me());
            if !found.named {
                prop_assert_eq!(found.text, text.trim());
            }
        }
    }
}
