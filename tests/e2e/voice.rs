// SPDX-License-Identifier: MIT OR Apache-2.0
//! Voice notes are heard through the operator's command or endpoint; without one the person is told.

use crate::house::{ADA, House};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

#[tokio::test]
async fn a_voice_note_is_heard_through_a_command() {
    let house = House::plan()
        .set("transcription.command", r#"["sh", "-c", "printf 'My dog is called '; cat"]"#)
        .build()
        .await;
    house.sim.telegram.send_voice(ADA, ADA, "Rex.");
    house.replies(ADA, 1).await;
    assert!(house.last_prompt().contains("[Voice note] My dog is called Rex."), "{}", house.last_prompt());
    house.assert_clean();
}

#[tokio::test]
async fn the_command_sees_no_secret() {
    let house =
        House::plan().set("transcription.command", r#"["sh", "-c", "cat >/dev/null; env"]"#).build().await;
    house.sim.telegram.send_voice(ADA, ADA, "…");
    house.replies(ADA, 1).await;
    let prompt = house.last_prompt();
    assert!(
        prompt.contains("PATH=") && !prompt.contains("ANTHROPIC") && !prompt.contains("TELEGRAM"),
        "{prompt}"
    );
    house.assert_clean();
}

#[tokio::test]
async fn without_transcription_the_person_is_told() {
    let house = House::start().await;
    house.sim.telegram.send_voice(ADA, ADA, "OggS");
    let answer = house.replies(ADA, 1).await.swap_remove(0);
    assert!(answer.text.contains("the voice note: I cannot hear yet"), "{answer:?}");
    assert_eq!(house.calls(), 0, "there is nothing to answer");
    house.assert_clean();
}

#[tokio::test]
async fn a_command_that_fails_is_told() {
    let house = House::plan()
        .set("transcription.command", r#"["sh", "-c", "cat >/dev/null; echo no model found >&2; exit 3"]"#)
        .build()
        .await;
    house.sim.telegram.send_voice(ADA, ADA, "OggS");
    let answer = house.replies(ADA, 1).await.swap_remove(0);
    assert!(answer.text.contains("the voice note") && answer.text.contains("no model found"), "{answer:?}");
    house.assert_clean();
}

/// One answer after the other to whoever asks, and what was asked.
async fn endpoint(answer: &'static str) -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/audio/transcriptions", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = vec![0; 65_536];
            // The end of the form: its last boundary.
            while !heard.lock().unwrap().ends_with(b"--\r\n") {
                let count = stream.read(&mut bytes).await.unwrap();
                if count == 0 {
                    break;
                }
                heard.lock().unwrap().extend_from_slice(&bytes[..count]);
            }
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
            let response = format!("{head}\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
            stream.write_all(response.as_bytes()).await.unwrap();
        }
    });
    (url, asked)
}

#[tokio::test]
async fn a_voice_note_is_heard_through_an_endpoint() {
    let (url, asked) = endpoint(r#"{"text": "My cat is called Tom."}"#).await;
    let house = House::plan()
        .set("transcription.url", &format!("{url:?}"))
        .set("transcription.model", "\"whisper-1\"")
        .build()
        .await;
    house.sim.telegram.send_voice(ADA, ADA, "OggS-the-sound");
    house.replies(ADA, 1).await;
    assert!(house.last_prompt().contains("[Voice note] My cat is called Tom."), "{}", house.last_prompt());
    let asked = String::from_utf8_lossy(&asked.lock().unwrap()).into_owned();
    assert!(asked.contains("OggS-the-sound") && asked.contains("whisper-1"), "{asked}");
    house.assert_clean();
}
