// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files in both directions.

use super::Bot;
use crate::telegram::{Attachment, FileKind};
use serde_json::{Value, json};

async fn download(bot: &Bot, path: &str) -> (u16, Vec<u8>) {
    let url = format!("{}/file/bot{}/{path}", bot.simulator.telegram_url(), bot.telegram().token());
    let response = bot.http.get(url).send().await.unwrap();
    (response.status().as_u16(), response.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn what_people_send_can_be_fetched() {
    let bot = Bot::start().await;
    bot.telegram().send_photo(7, 7, *b"picture", "look");
    bot.telegram().send_document(7, 7, "notes.txt", "text/plain", *b"words", "");
    bot.telegram().send_voice(7, 7, *b"speech");
    let updates = bot.ok("getUpdates", json!({})).await;
    let message = |n: usize| &updates[n]["message"];
    assert_eq!(message(0)["caption"], "look");
    let sizes = message(0)["photo"].as_array().unwrap();
    let largest = sizes.iter().max_by_key(|size| size["width"].as_i64()).unwrap();
    assert_eq!(message(1)["document"]["file_name"], "notes.txt");
    assert_eq!(message(2)["voice"]["mime_type"], "audio/ogg");
    for (file, bytes) in
        [(largest, "picture"), (&message(1)["document"], "words"), (&message(2)["voice"], "speech")]
    {
        let found = bot.ok("getFile", json!({ "file_id": file["file_id"] })).await;
        assert_eq!(found["file_size"], bytes.len());
        let fetched = download(&bot, found["file_path"].as_str().unwrap()).await;
        assert_eq!(fetched, (200, bytes.as_bytes().to_vec()));
    }
}

#[tokio::test]
async fn files_that_are_too_large_or_unknown_are_refused() {
    let bot = Bot::start().await;
    let large = Attachment::document("film.mkv", "video/x-matroska", *b"x", "").with_size((20 << 20) + 1);
    bot.telegram().send_attachment(7, 7, &large);
    let updates = bot.ok("getUpdates", json!({})).await;
    let file_id = &updates[0]["message"]["document"]["file_id"];
    assert_eq!(bot.refused("getFile", json!({ "file_id": file_id })).await, "Bad Request: file is too big");
    assert_eq!(bot.refused("getFile", json!({ "file_id": "none" })).await, "Bad Request: invalid file_id");
    assert_eq!(bot.refused("getFile", json!({})).await, "Bad Request: file_id not specified");
    assert_eq!(download(&bot, "documents/file_1.mkv").await.0, 404);
}

#[tokio::test]
async fn an_album_is_several_messages_with_one_group() {
    let bot = Bot::start().await;
    let photos = [Attachment::photo(*b"1", "first"), Attachment::photo(*b"2", "")];
    assert_eq!(bot.telegram().send_album(7, 7, &photos).len(), 2);
    let updates = bot.ok("getUpdates", json!({})).await;
    let groups: Vec<&Value> = (0..2).map(|n| &updates[n]["message"]["media_group_id"]).collect();
    assert!(groups[0].is_string() && groups[0] == groups[1]);
}

#[tokio::test]
async fn a_bot_uploads_files() {
    let bot = Bot::start().await;
    bot.telegram().user(7, "Ada");
    let part = reqwest::multipart::Part::bytes(b"a,b\r\n1,2\r\n".to_vec()).file_name("table.csv");
    let form = reqwest::multipart::Form::new()
        .text("chat_id", "7")
        .text("caption", "the table")
        .part("document", part);
    let response = bot.http.post(bot.url("sendDocument")).multipart(form).send().await.unwrap();
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["result"]["document"]["file_name"], "table.csv", "{answer}");
    let message = &bot.telegram().messages(7)[0];
    let file = message.file.clone().unwrap();
    assert_eq!((message.text.as_str(), file.kind, file.size), ("the table", FileKind::Document, 10));
    assert_eq!(
        bot.refused("sendPhoto", json!({ "chat_id": 7 })).await,
        "Bad Request: there is no photo in the request"
    );
}
