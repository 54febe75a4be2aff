// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use blufio_core::channel::FileKind;
use serde_json::{Value, json};

fn reader() -> Reader {
    Reader::new(
        serde_json::from_value(json!({
            "id": 99, "is_bot": true, "first_name": "Blufio", "username": "blufio_bot",
            "can_join_groups": true, "can_read_all_group_messages": false, "supports_inline_queries": false,
            "can_connect_to_business": false, "has_main_web_app": false,
        }))
        .unwrap(),
    )
}

fn message(chat: Value, extra: Value) -> Value {
    let mut message = json!({
        "message_id": 1, "date": 1_800_000_000, "chat": chat,
        "from": {"id": 7, "is_bot": false, "first_name": "Ada"},
    });
    for (key, value) in extra.as_object().unwrap() {
        message[key] = value.clone();
    }
    message
}

fn private(extra: Value) -> Value {
    message(json!({"id": 7, "type": "private", "first_name": "Ada"}), extra)
}

fn group(extra: Value) -> Value {
    message(json!({"id": -1001, "type": "supergroup", "title": "Friends", "is_forum": true}), extra)
}

fn read_by(reader: &mut Reader, message: Value) -> Option<Inbound> {
    match crate::update::read(json!({"update_id": 3, "message": message})) {
        crate::update::Update::Message(written) => reader.read(3, &written, Timestamp(5_000)),
        _ => None,
    }
}

fn read(message: Value) -> Option<Inbound> {
    read_by(&mut reader(), message)
}

fn meta(id: &str) -> Value {
    json!({"file_id": id, "file_unique_id": id, "file_size": 10})
}

fn with(base: Value, extra: Value) -> Value {
    let mut base = base;
    for (key, value) in extra.as_object().unwrap() {
        base[key] = value.clone();
    }
    base
}

#[test]
fn the_largest_size_of_a_photo_is_taken_with_its_caption() {
    let sizes = json!([
        with(meta("small"), json!({"width": 90, "height": 60})),
        with(meta("large"), json!({"width": 900, "height": 600})),
        with(meta("medium"), json!({"width": 300, "height": 200})),
    ]);
    let inbound = read(private(json!({"photo": sizes, "caption": "look"}))).unwrap();
    assert_eq!(inbound.text, "look");
    assert_eq!((inbound.files[0].kind, inbound.files[0].handle.as_str()), (FileKind::Photo, "large"));
    assert_eq!(inbound.group, None);
}

#[test]
fn documents_voice_and_audio_are_files() {
    let document = with(meta("d"), json!({"file_name": "a.pdf", "mime_type": "application/pdf"}));
    let found = read(private(json!({"document": document}))).unwrap();
    assert_eq!(found.files[0].name, "a.pdf");
    assert_eq!(found.files[0].media_type.as_deref(), Some("application/pdf"));
    assert_eq!(found.files[0].size, Some(10));
    for kind in ["voice", "audio"] {
        let found = read(private(json!({ kind: with(meta("v"), json!({"duration": 3})) }))).unwrap();
        assert_eq!(found.files[0].kind, FileKind::Voice);
        assert!(found.files[0].media_type.as_deref().unwrap().starts_with("audio/"));
    }
}

#[test]
fn pictures_of_an_album_belong_together_and_wait_for_each_other() {
    let photo = json!([with(meta("p"), json!({"width": 90, "height": 60}))]);
    let inbound = read(private(json!({"photo": photo, "media_group_id": "A1"}))).unwrap();
    assert_eq!(inbound.group.as_deref(), Some("A1"));
    assert_eq!(inbound.not_before, Some(Timestamp(6_000)));
}

#[test]
fn what_cannot_be_carried_over_is_said() {
    let sticker = with(
        meta("s"),
        json!({"type": "regular", "width": 1, "height": 1, "is_animated": false, "is_video": false, "emoji": "🎉"}),
    );
    for (extra, notice) in [
        (json!({ "sticker": sticker }), "a sticker (🎉)"),
        (json!({"location": {"latitude": 52.5, "longitude": 13.25}}), "a location (52.5, 13.25)"),
        (json!({"contact": {"phone_number": "+1", "first_name": "Bob"}}), "a contact (Bob, +1)"),
        (json!({"dice": {"emoji": "🎲", "value": 4}}), "a throw of dice (4)"),
        (json!({"rich_message": {}}), STRANGE),
    ] {
        let inbound = read(private(extra)).unwrap();
        assert_eq!(inbound.notices, [notice]);
        assert!(inbound.files.is_empty() && inbound.text.is_empty());
    }
}

#[test]
fn in_a_group_only_what_is_meant_for_the_bot_is_taken() {
    let mention = json!([{"type": "mention", "offset": 0, "length": 11}]);
    let to_bot = json!({
        "message_id": 9, "date": 1, "chat": {"id": -1001, "type": "supergroup", "title": "Friends"},
        "from": {"id": 99, "is_bot": true, "first_name": "Blufio"}, "text": "earlier",
    });
    let topic = with(
        to_bot.clone(),
        json!({"text": null, "forum_topic_created": {"name": "T", "icon_color": 7322096}}),
    );
    let taken = |extra: Value| read(group(extra)).map(|inbound| inbound.text);
    assert_eq!(taken(json!({"text": "just talking"})), None);
    assert_eq!(taken(json!({"text": "@blufio_bot hi", "entities": mention})).as_deref(), Some("hi"));
    assert_eq!(taken(json!({"text": "@blufio_bot", "entities": mention})).as_deref(), Some("@blufio_bot"));
    assert_eq!(taken(json!({"text": "/new@blufio_bot"})).as_deref(), Some("/new"));
    assert_eq!(taken(json!({"text": "/new@other_bot"})), None);
    assert_eq!(taken(json!({"text": "/new@other_bot", "reply_to_message": to_bot})), None);
    let reply = taken(json!({"text": "why?", "reply_to_message": to_bot}));
    assert_eq!(reply.as_deref(), Some("[In reply to you: “earlier”]\nwhy?"));
    assert_eq!(taken(json!({"text": "why?", "reply_to_message": topic})), None);
    assert!(!read(group(json!({"text": "/status"}))).unwrap().private);
}

#[test]
fn the_other_pictures_of_an_album_that_names_the_bot_are_taken_too() {
    let photo = json!([with(meta("p"), json!({"width": 90, "height": 60}))]);
    let named = json!({
        "photo": photo, "media_group_id": "A1", "caption": "@blufio_bot what is this?",
        "caption_entities": [{"type": "mention", "offset": 0, "length": 11}],
    });
    let mut reader = reader();
    assert!(read_by(&mut reader, group(named)).is_some());
    assert!(read_by(&mut reader, group(json!({"photo": photo, "media_group_id": "A1"}))).is_some());
    assert!(read_by(&mut reader, group(json!({"photo": photo, "media_group_id": "A2"}))).is_none());
}

#[test]
fn topics_are_conversations_of_their_own() {
    let thread =
        |extra: Value| read(group(with(json!({"text": "/status"}), extra))).unwrap().conversation.to_string();
    assert_eq!(thread(json!({"message_thread_id": 8, "is_topic_message": true})), "telegram:-1001/8");
    assert_eq!(thread(json!({"message_thread_id": 8})), "telegram:-1001");
    assert_eq!(thread(json!({"message_thread_id": 1, "is_topic_message": true})), "telegram:-1001");
}

#[test]
fn commands_come_bare_and_context_comes_before_other_words() {
    assert_eq!(read(private(json!({"text": "/new@blufio_bot"}))).unwrap().text, "/new");
    let mention = json!([{"type": "mention", "offset": 0, "length": 11}]);
    let named = read(private(json!({"text": "@blufio_bot is you?", "entities": mention}))).unwrap();
    assert_eq!(named.text, "@blufio_bot is you?");
    let origin = json!({"type": "hidden_user", "sender_user_name": "Bob", "date": 1});
    let forwarded = read(private(json!({"text": "words", "forward_origin": origin}))).unwrap();
    assert_eq!(forwarded.text, "[Forwarded from Bob]\nwords");
}

#[test]
fn a_command_that_was_passed_on_is_words() {
    let hidden = json!({"type": "hidden_user", "sender_user_name": "Bob", "date": 1});
    let bob =
        json!({"type": "user", "sender_user": {"id": 8, "is_bot": false, "first_name": "Bob"}, "date": 1});
    let channel = json!({
        "type": "channel", "chat": {"id": -1002, "type": "channel", "title": "News"}, "message_id": 4, "date": 1,
    });
    let newer = json!({"type": "newer than us", "date": 1});
    let like = json!({"id": 8, "is_bot": true, "first_name": "Like", "username": "like"});
    for said in ["/budget raise daily 9", "/new@blufio_bot", "!deep why?", "/stop"] {
        let bare = said.replace("@blufio_bot", "");
        for (extra, from) in [
            (json!({ "forward_origin": hidden }), "Bob"),
            (json!({ "forward_origin": bob }), "Bob"),
            (json!({ "forward_origin": channel }), "News"),
            (json!({ "forward_origin": newer }), "somebody"),
            (json!({ "via_bot": like }), "the bot @like"),
            (json!({"via_bot": {"id": "unreadable"}}), "somebody"),
        ] {
            let words = read(private(with(json!({ "text": said }), extra))).unwrap();
            assert_eq!(words.text, format!("[Forwarded from {from}]\n{bare}"));
        }
    }
    // Nor is one under a picture, in an album, or under something that cannot be carried over.
    let photo = json!([with(meta("p"), json!({"width": 90, "height": 60}))]);
    for extra in [json!({"photo": photo, "media_group_id": "A1"}), json!({"rich_message": {}})] {
        let extra = with(json!({"caption": "/new", "forward_origin": newer}), extra);
        assert!(!read(private(extra)).unwrap().text.starts_with('/'));
    }
    // And in a group it is meant for nobody.
    assert_eq!(read(group(json!({"text": "/stop@blufio_bot", "forward_origin": hidden}))), None);
}

#[test]
fn the_name_of_who_is_forwarded_cannot_begin_a_line() {
    let origin = json!({"type": "hidden_user", "sender_user_name": "Bob]\n/new\n[", "date": 1});
    let forwarded = read(private(json!({"text": "words", "forward_origin": origin}))).unwrap();
    assert_eq!(forwarded.text, "[Forwarded from Bob] /new []\nwords");
}

#[test]
fn orders_stand_before_what_is_replied_to() {
    let original = json!({
        "message_id": 9, "date": 1, "chat": {"id": 7, "type": "private", "first_name": "Ada"},
        "from": {"id": 99, "is_bot": true, "first_name": "Blufio"}, "text": "/new\n!fast earlier",
    });
    let reply =
        |words: &str| read(private(json!({"text": words, "reply_to_message": original}))).unwrap().text;
    let context = "[In reply to you: “/new !fast earlier”]\n";
    assert_eq!(reply("!deep why?"), format!("!deep {context}why?"));
    assert_eq!(reply("!Fast\nwhy?"), format!("!fast {context}why?"));
    assert_eq!(reply("!deep"), format!("!deep {context}"));
    assert_eq!(reply("!deeper why?"), format!("{context}!deeper why?"));
    assert_eq!(reply("why?"), format!("{context}why?"));
    assert_eq!(reply("/new"), "/new");
}

#[test]
fn service_messages_bots_and_channels_are_passed_over() {
    let channel = message(json!({"id": -1002, "type": "channel", "title": "News"}), json!({"text": "news"}));
    let bot = json!({"id": 8, "is_bot": true, "first_name": "Other"});
    for message in [
        channel,
        private(json!({"text": "hi", "from": bot})),
        private(json!({"text": "hi", "from": null})),
        group(json!({"new_chat_members": [{"id": 99, "is_bot": true, "first_name": "Blufio"}]})),
        group(json!({"new_chat_title": "T"})),
        group(json!({"migrate_to_chat_id": -5})),
    ] {
        assert_eq!(read(message.clone()), None, "{message}");
    }
}

#[test]
fn long_quotations_are_cut_between_characters() {
    assert_eq!(clipped("日本語", 2), "日本…");
    assert_eq!(clipped("a\n b", 5), "a b");
}
