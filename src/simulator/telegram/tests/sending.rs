// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sending messages, and what is refused.

use super::{Bot, SOON};
use crate::telegram::ChatKind;
use serde_json::{Value, json};

#[tokio::test]
async fn a_message_arrives_and_is_shown_as_the_service_shows_it() {
    let bot = Bot::start().await;
    let ada = bot.telegram().user(7, "Ada");
    let result = bot
        .ok("sendMessage", json!({ "chat_id": 7, "text": " <b>Hi</b> there ", "parse_mode": "HTML" }))
        .await;
    assert_eq!(result["text"], "Hi there");
    assert_eq!(result["entities"], json!([{ "type": "bold", "offset": 0, "length": 2 }]));
    assert_eq!(result["chat"]["id"], 7);
    assert_eq!(result["from"]["is_bot"], true);
    let messages = bot.telegram().wait_for_messages(ada, 1, SOON).await.unwrap();
    assert_eq!(messages[0].text, "Hi there");
    assert_eq!(messages[0].id, result["message_id"].as_i64().unwrap());
    assert!(bot.telegram().rejections().is_empty() && bot.telegram().warnings().is_empty());
}

#[tokio::test]
async fn parameters_may_come_in_every_form_and_methods_in_any_case() {
    let bot = Bot::start().await;
    bot.telegram().user(7, "Ada");
    let get = bot.url("sendmessage?chat_id=7&text=a%2Bb+%C3%A9");
    assert_eq!(bot.http.get(get).send().await.unwrap().status(), 200);
    let form = bot.http.post(bot.url("SendMessage")).form(&[("chat_id", "7"), ("text", "form & all")]);
    assert_eq!(form.send().await.unwrap().status(), 200);
    let parts = reqwest::multipart::Form::new()
        .text("chat_id", "7")
        .text("text", "many\r\nparts")
        .text("entities", r#"[{"type":"italic","offset":0,"length":4}]"#);
    let multipart = bot.http.post(bot.url("sendMessage")).multipart(parts);
    assert_eq!(multipart.send().await.unwrap().status(), 200);
    let texts: Vec<String> = bot.telegram().messages(7).into_iter().map(|message| message.text).collect();
    assert_eq!(texts, ["a+b é", "form & all", "many\nparts"]);
    assert_eq!(bot.telegram().messages(7)[2].entities.len(), 1);
}

#[tokio::test]
async fn texts_must_have_one_to_4096_units() {
    let bot = Bot::start().await;
    bot.telegram().user(7, "Ada");
    let text = |text: String| json!({ "chat_id": 7, "text": text });
    for (given, why) in [
        (String::new(), "Bad Request: message text is empty"),
        (" \n".into(), "Bad Request: text must be non-empty"),
        ("x".repeat(4097), "Bad Request: message is too long"),
        ("😀".repeat(2049), "Bad Request: message is too long"),
        ("x".repeat(40_000), "Bad Request: text is too long"),
    ] {
        assert_eq!(bot.refused("sendMessage", text(given)).await, why);
    }
    assert_eq!(
        bot.refused("sendMessage", json!({ "chat_id": 7 })).await,
        "Bad Request: message text is empty"
    );
    bot.ok("sendMessage", text("😀".repeat(2048))).await;
    // Markup does not count.
    bot.ok(
        "sendMessage",
        json!({ "chat_id": 7, "text": format!("<b>{}</b>", "x".repeat(4096)), "parse_mode": "HTML" }),
    )
    .await;
    assert_eq!(bot.telegram().rejections().len(), 6);
}

#[tokio::test]
async fn markup_errors_are_told_in_the_services_words() {
    let bot = Bot::start().await;
    bot.telegram().user(7, "Ada");
    let sent = |mode: &str, text: &str| json!({ "chat_id": 7, "text": text, "parse_mode": mode });
    for (mode, text, why) in [
        ("HTML", "<a@b.c>", "can't parse entities: Unsupported start tag \"a@b.c\" at byte offset 0"),
        (
            "MarkdownV2",
            "1.",
            "can't parse entities: Character '.' is reserved and must be escaped with the preceding '\\'",
        ),
        ("Markdown", "a_b", "can't parse entities: Can't find end of the entity starting at byte offset 1"),
        ("md", "x", "unsupported parse_mode"),
    ] {
        assert_eq!(bot.refused("sendMessage", sent(mode, text)).await, format!("Bad Request: {why}"));
    }
    let entities =
        json!({ "chat_id": 7, "text": "ab", "entities": [{ "type": "bold", "offset": 1, "length": 5 }] });
    assert_eq!(
        bot.refused("sendMessage", entities).await,
        "Bad Request: entity beginning at UTF-16 offset 1 ends after the end of the text at UTF-16 offset 6"
    );
}

#[tokio::test]
async fn chats_must_be_known_and_open() {
    let bot = Bot::start().await;
    let telegram = bot.telegram();
    let to = |chat: Value| json!({ "chat_id": chat, "text": "x" });
    assert_eq!(bot.refused("sendMessage", json!({ "text": "x" })).await, "Bad Request: chat_id is empty");
    assert_eq!(bot.refused("sendMessage", to(json!(404))).await, "Bad Request: chat not found");
    assert_eq!(bot.refused("sendMessage", to(json!("@nobody"))).await, "Bad Request: chat not found");
    telegram.user(7, "Ada");
    telegram.block(7, true);
    assert_eq!(bot.refused("sendMessage", to(json!(7))).await, "Forbidden: bot was blocked by the user");
    telegram.send_text(7, 7, "back again");
    bot.ok("sendMessage", to(json!("7"))).await;
    telegram.chat(-5, ChatKind::Group, "Friends");
    telegram.migrate(-5, -1_000_000_000_005);
    let (status, answer) = bot.call("sendMessage", to(json!(-5))).await;
    assert_eq!(status, 400);
    assert_eq!(answer["description"], "Bad Request: group chat was upgraded to a supergroup chat");
    assert_eq!(answer["parameters"], json!({ "migrate_to_chat_id": -1_000_000_000_005_i64 }));
    bot.ok("sendMessage", to(json!(-1_000_000_000_005_i64))).await;
}

#[tokio::test]
async fn topics_exist_or_are_refused() {
    let bot = Bot::start().await;
    let telegram = bot.telegram();
    let (forum, group) = (-1_000_000_000_001_i64, -2_i64);
    telegram.chat(forum, ChatKind::Supergroup, "Forum");
    telegram.topic(forum, 5);
    telegram.chat(group, ChatKind::Group, "Group");
    telegram.send_text_in(forum, 5, 7, "in a topic");
    let update = bot.ok("getUpdates", json!({})).await;
    assert_eq!(update[0]["message"]["message_thread_id"], 5);
    assert_eq!(update[0]["message"]["chat"]["is_forum"], true);
    let to = |chat: i64, thread: i64| json!({ "chat_id": chat, "text": "x", "message_thread_id": thread });
    bot.ok("sendMessage", to(forum, 5)).await;
    assert_eq!(telegram.messages(forum)[0].thread, Some(5));
    assert_eq!(bot.refused("sendMessage", to(forum, 6)).await, "Bad Request: message thread not found");
    bot.ok("sendMessage", to(group, 6)).await;
    assert_eq!(telegram.messages(group)[0].thread, None);
}

#[tokio::test]
async fn replies_need_their_message() {
    let bot = Bot::start().await;
    bot.telegram().send_text(7, 7, "question");
    let reply = |id: i64, anyway: bool| {
        json!({ "chat_id": 7, "text": format!("answer {id}"),
            "reply_parameters": { "message_id": id, "allow_sending_without_reply": anyway } })
    };
    let result = bot.ok("sendMessage", reply(1, false)).await;
    assert_eq!(result["reply_to_message"]["text"], "question");
    assert_eq!(
        bot.refused("sendMessage", reply(99, false)).await,
        "Bad Request: message to be replied not found"
    );
    bot.ok("sendMessage", reply(99, true)).await;
    let wrong = json!({ "chat_id": 7, "text": "x", "reply_parameters": [1] });
    assert_eq!(bot.refused("sendMessage", wrong).await, "Bad Request: object expected as reply parameters");
}

#[tokio::test]
async fn wrong_types_are_refused_and_unknown_parameters_written_down() {
    let bot = Bot::start().await;
    bot.telegram().user(7, "Ada");
    assert_eq!(
        bot.refused("sendMessage", json!({ "chat_id": 7, "text": 5 })).await,
        "Bad Request: parameter \"text\" must be a String"
    );
    assert_eq!(
        bot.refused("getUpdates", json!({ "offset": "soon" })).await,
        "Bad Request: parameter \"offset\" must be an Integer"
    );
    assert_eq!(bot.telegram().warnings(), []);
    bot.ok("sendMessage", json!({ "chat_id": 7, "text": "x", "colour": "red" })).await;
    let warnings = bot.telegram().warnings();
    assert_eq!((warnings.len(), warnings[0].text.as_str()), (1, "unknown parameter \"colour\""));
    let broken = bot
        .http
        .post(bot.url("sendMessage"))
        .header("content-type", "application/json")
        .body("{\"chat_id\":");
    assert_eq!(broken.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn tokens_and_methods_must_be_known() {
    let bot = Bot::start().await;
    let base = bot.simulator.telegram_url();
    let get = async |path: &str| {
        let response = bot.http.get(format!("{base}{path}")).send().await.unwrap();
        (
            response.status().as_u16(),
            response.json::<Value>().await.unwrap()["description"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(get("/bot123:other/getMe").await, (401, "Unauthorized".into()));
    assert_eq!(get("/botnonsense/getMe").await, (401, "Unauthorized: invalid token specified".into()));
    assert_eq!(get("/").await, (404, "Not Found".into()));
    assert_eq!(bot.refused("sendNonsense", json!({})).await, "Not Found: method not found");
    let me = bot.ok("getMe", json!({})).await;
    assert_eq!((&me["id"], &me["is_bot"]), (&json!(7_000_000_001_i64), &json!(true)));
    bot.telegram().set_token("42:new");
    assert_eq!(bot.ok("getMe", json!({})).await["id"], 42);
    let calls = serde_json::to_string(&bot.telegram().calls()).unwrap();
    assert!(!calls.contains("42:new") && !calls.contains(crate::telegram::TOKEN));
}

#[tokio::test]
async fn commands_are_checked_and_kept_by_scope_and_language() {
    let bot = Bot::start().await;
    let set = |commands: Value| json!({ "commands": commands });
    let one = |name: &str, text: &str| json!([{ "command": name, "description": text }]);
    bot.ok("setMyCommands", set(one("start", "Begin"))).await;
    assert_eq!(bot.telegram().commands(), [json!({ "command": "start", "description": "Begin" })]);
    assert_eq!(bot.ok("getMyCommands", json!({})).await, one("start", "Begin"));
    assert_eq!(bot.ok("getMyCommands", json!({ "language_code": "de" })).await, json!([]));
    let many: Vec<Value> =
        (0..101).map(|n| json!({ "command": format!("c{n}"), "description": "x" })).collect();
    for (commands, why) in [
        (one("Start", "x"), "BOT_COMMAND_INVALID"),
        (one("", "x"), "BOT_COMMAND_INVALID"),
        (one(&"c".repeat(33), "x"), "BOT_COMMAND_INVALID"),
        (one("start", ""), "BOT_COMMAND_DESCRIPTION_INVALID"),
        (one("start", &"x".repeat(257)), "BOT_COMMAND_DESCRIPTION_INVALID"),
        (many.into(), "BOT_COMMANDS_TOO_MUCH"),
        (json!([{ "command": "start" }]), "can't parse BotCommand: Can't find field \"description\""),
        (json!("x"), "can't parse commands JSON object"),
    ] {
        assert_eq!(bot.refused("setMyCommands", set(commands)).await, format!("Bad Request: {why}"));
    }
    bot.ok("deleteMyCommands", json!({ "scope": { "type": "default" } })).await;
    assert_eq!(bot.telegram().commands(), Vec::<Value>::new());
}

#[tokio::test]
async fn the_same_text_twice_in_a_turn_is_found() {
    let bot = Bot::start().await;
    let say =
        async |chat: i64, text: &str| bot.ok("sendMessage", json!({ "chat_id": chat, "text": text })).await;
    bot.telegram().send_text(7, 7, "hi");
    bot.telegram().send_text(8, 8, "hi");
    say(7, "hello").await;
    say(8, "hello").await;
    say(7, "other").await;
    assert_eq!(bot.telegram().duplicates(), []);
    bot.telegram().send_text(7, 7, "again");
    say(7, "hello").await;
    assert_eq!(bot.telegram().duplicates(), []);
    say(7, "hello").await;
    say(7, "hello").await;
    let found = bot.telegram().duplicates();
    assert_eq!((found.len(), found[0].text.as_str(), found[0].ids.len()), (1, "hello", 3));
}
