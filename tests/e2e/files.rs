// SPDX-License-Identifier: MIT OR Apache-2.0
//! Photos and documents reach the model; what does not is said to both sides, in one turn.

use crate::house::{ADA, House};
use crate::media::{pdf, png};
use blufio_simulator::telegram::{Attachment, Fault, SentMessage};

/// Both sides know of it, and it took one turn.
fn assert_told(house: &House, answer: &SentMessage, reason: &str) {
    assert!(answer.text.contains("could not take in"), "{answer:?}");
    assert!(answer.text.contains(reason), "{answer:?}");
    let prompt = house.last_prompt();
    assert!(prompt.contains("[Not received: ") && prompt.contains(reason), "{prompt}");
    assert_eq!(house.calls(), 1);
}

#[tokio::test]
async fn a_photo_is_seen_in_its_full_size() {
    let house = House::start().await;
    house.sim.telegram.send_photo(ADA, ADA, png(640, 480), "What is this?");
    let answer = house.replies(ADA, 1).await.swap_remove(0);
    assert!(answer.text.contains("I see an image of 640×480 pixels (image/png)."), "{answer:?}");
    assert!(house.last_prompt().contains("What is this?"));
    house.assert_clean();
}

#[tokio::test]
async fn a_text_document_is_read() {
    let house = House::start().await;
    let bytes = "The meeting is on Tuesday – bring 🍰.".as_bytes();
    house.sim.telegram.send_document(ADA, ADA, "notes.txt", "text/plain", bytes, "Summarise, please");
    house.replies(ADA, 1).await;
    let prompt = house.last_prompt();
    assert!(prompt.contains("The meeting is on Tuesday – bring 🍰."), "{prompt}");
    assert!(prompt.contains("notes.txt") && prompt.contains("Summarise, please"), "{prompt}");
    house.assert_clean();
}

#[tokio::test]
async fn a_pdf_is_read_by_the_model_itself() {
    let house = House::start().await;
    let bytes = pdf("Invoice number 1815");
    house.sim.telegram.send_document(ADA, ADA, "invoice.pdf", "application/pdf", bytes, "");
    let answer = house.replies(ADA, 1).await.swap_remove(0);
    assert!(answer.text.contains("Invoice number 1815"), "{answer:?}");
    house.assert_clean();
}

#[tokio::test]
async fn a_document_that_is_too_large_is_told_in_one_turn() {
    let house = House::start().await;
    let large = Attachment::document("film.txt", "text/plain", "x", "What do you think?").with_size(21 << 20);
    house.sim.telegram.send_attachment(ADA, ADA, &large);
    let answer = house.replies(ADA, 1).await.swap_remove(0);
    assert_told(&house, &answer, "“film.txt”");
    assert_eq!(house.sim.telegram.count_calls("file"), 0, "nothing is fetched in vain");
    house.assert_clean();
}

#[tokio::test]
async fn a_document_that_cannot_be_read_is_told() {
    let house = House::start().await;
    let bytes = b"\x7fELF\x02\x01\x01\0\0\0";
    house.sim.telegram.send_document(ADA, ADA, "prog", "application/x-executable", *bytes, "Read it");
    let answer = house.replies(ADA, 1).await.swap_remove(0);
    assert_told(&house, &answer, "“prog”");
    house.assert_clean();
}

#[tokio::test]
async fn a_refused_download_is_told_in_one_turn() {
    let house = House::start().await;
    let refused = Fault::Refuse { code: 404, description: "Not Found".into() };
    house.sim.telegram.fail("file", refused);
    house.sim.telegram.send_document(ADA, ADA, "a.txt", "text/plain", "words", "And this?");
    let answer = house.replies(ADA, 1).await.swap_remove(0);
    assert_told(&house, &answer, "“a.txt”");
    house.assert_clean();
}

#[tokio::test]
async fn a_download_that_breaks_off_once_is_fetched_again() {
    let house = House::start().await;
    house.sim.telegram.fail("file", Fault::Truncated);
    house.sim.telegram.send_document(ADA, ADA, "a.txt", "text/plain", "the very words", "");
    house.replies(ADA, 1).await;
    assert!(house.last_prompt().contains("the very words"));
    house.assert_clean();
}

#[tokio::test]
async fn a_download_that_always_fails_is_told_before_long() {
    let house = House::start().await;
    house.sim.telegram.fail_times("file", Fault::Html { status: 502 }, 1_000);
    house.sim.telegram.send_document(ADA, ADA, "a.txt", "text/plain", "words", "And this?");
    let answer = house.replies(ADA, 1).await.swap_remove(0);
    assert_told(&house, &answer, "“a.txt”");
    house.assert_clean();
}

#[tokio::test]
async fn a_file_without_a_word_that_does_not_arrive_costs_no_call() {
    let house = House::start().await;
    house
        .sim
        .telegram
        .fail("getFile", Fault::Refuse { code: 400, description: "Bad Request: file is too big".into() });
    house.sim.telegram.send_document(ADA, ADA, "b.txt", "text/plain", "words", "");
    let answer = house.replies(ADA, 1).await.swap_remove(0);
    assert!(answer.text.contains("could not take in “b.txt”"), "{answer:?}");
    assert_eq!(house.calls(), 0);
    house.assert_clean();
}

#[tokio::test]
async fn an_album_is_one_message() {
    let house = House::start().await;
    let files = [
        Attachment::photo(png(10, 11), "Which one is nicer?"),
        Attachment::photo(png(20, 21), ""),
        Attachment::document("three.txt", "text/plain", "third", ""),
    ];
    house.sim.telegram.send_album(ADA, ADA, &files);
    let answer = house.replies(ADA, 1).await.swap_remove(0);
    assert!(answer.text.contains("10×11") && answer.text.contains("20×21"), "{answer:?}");
    assert_eq!(house.calls(), 1);
    assert!(house.last_prompt().contains("Which one is nicer?"));
    house.ask(ADA, "Thanks.").await;
    assert_eq!(house.sim.telegram.messages(ADA).len(), 2);
    house.assert_clean();
}
