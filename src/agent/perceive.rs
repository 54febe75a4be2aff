// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files become blocks: pictures, documents, transcribed speech. What cannot be carried over is said, to the model
//! and to the person, in one turn.

use crate::compaction::{forwarding, own_words};
use crate::context::Shared;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use blufio_core::channel::{Channel, ChannelError, FileKind, FileRef, Inbound};
use blufio_core::content::Block;

/// Largest file that is fetched. Telegram's bot API serves no larger ones.
const FILE_LIMIT: u64 = 20 * 1024 * 1024;
/// Largest picture that providers take, before base64.
const IMAGE_LIMIT: usize = 3_750_000;
/// Text of a document beyond this many bytes is left out of the prompt.
const TEXT_LIMIT: usize = 256 * 1024;

/// A message, understood.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Perceived {
    /// For the model: pictures and documents first, then words.
    pub(crate) content: Vec<Block>,
    /// For the person: what could not be carried over.
    pub(crate) notices: Vec<String>,
    /// Whether there is anything besides notices to answer.
    pub(crate) substance: bool,
}

/// Fetches the files of a group of messages and puts everything into one message for the model. Fails only when a
/// later try can help and `again`, whether there will be one, holds: otherwise what did not come is told.
pub(crate) async fn perceive(
    shared: &Shared,
    channel: &dyn Channel,
    messages: &[Inbound],
    again: bool,
) -> Result<Perceived, ChannelError> {
    let mut media = Vec::new();
    let mut words = Vec::new();
    let mut seen = Perceived::default();
    for message in messages {
        for file in &message.files {
            match read(shared, channel, file).await {
                Ok(Block::Text { text }) => words.push(as_passed_on(message, text)),
                Ok(block) => media.push(block),
                Err(Unreadable::Later(error)) if again => return Err(error),
                Err(Unreadable::Later(error)) => {
                    tracing::warn!(%error, "a file is given up");
                    seen.notices.push(format!("{}: its download failed; please send it again", named(file)));
                }
                Err(Unreadable::Never(reason)) => seen.notices.push(format!("{}: {reason}", named(file))),
            }
        }
        words.extend(spoken(message));
        seen.notices.extend(message.notices.iter().cloned());
    }
    seen.substance = !(media.is_empty() && words.is_empty());
    seen.content = media;
    seen.content.extend(words.into_iter().map(Block::text));
    seen.content.extend(seen.notices.iter().map(|notice| Block::text(format!("[Not received: {notice}]"))));
    Ok(seen)
}

/// The words of a message. In a group the model must know who speaks.
fn spoken(message: &Inbound) -> Option<String> {
    match message.text.trim() {
        "" => None,
        text if message.private => Some(text.to_owned()),
        text => Some(format!("{}: {text}", message.sender.name)),
    }
}

/// The text of a file. Where its message was passed on, so was the file: nobody may take its words for the person's.
fn as_passed_on(message: &Inbound, text: String) -> String {
    match forwarding(&message.text) {
        // Documents are taken for nobody's own words anyway.
        Some(line) if !own_words(&text).is_empty() => format!("{line}\n{text}"),
        _ => text,
    }
}

/// What the transcript keeps of messages whose files were not fetched.
pub(crate) fn unperceived(messages: &[Inbound]) -> Vec<Block> {
    let words = messages.iter().filter_map(spoken);
    let files = messages.iter().flat_map(|message| &message.files);
    words.chain(files.map(|file| format!("[Not received: {}]", named(file)))).map(Block::text).collect()
}

enum Unreadable {
    Later(ChannelError),
    Never(String),
}

fn never(reason: impl Into<String>) -> Unreadable {
    Unreadable::Never(reason.into())
}

fn named(file: &FileRef) -> String {
    match (file.kind, file.name.as_str()) {
        (FileKind::Photo, _) => "the photo".into(),
        (FileKind::Voice, _) => "the voice note".into(),
        (FileKind::Document, "") => "the document".into(),
        (FileKind::Document, name) => format!("“{name}”"),
    }
}

async fn read(shared: &Shared, channel: &dyn Channel, file: &FileRef) -> Result<Block, Unreadable> {
    if file.kind == FileKind::Voice && shared.transcriber.is_none() {
        return Err(never(
            "I cannot hear yet. Its owner can set up transcription.command or transcription.url",
        ));
    }
    if let Some(size) = file.size.filter(|size| *size > FILE_LIMIT) {
        return Err(never(ChannelError::TooLarge { size, limit: FILE_LIMIT }.to_string()));
    }
    let fetched = channel.fetch(file, FILE_LIMIT).await.map_err(|error| {
        if error.is_retryable() { Unreadable::Later(error) } else { never(error.to_string()) }
    })?;
    let media_type = fetched.media_type.or_else(|| file.media_type.clone()).unwrap_or_default();
    if file.kind == FileKind::Voice {
        return transcribe(shared, &fetched.bytes, &media_type).await;
    }
    if let Some(image) = image_type(&fetched.bytes) {
        return if fetched.bytes.len() > IMAGE_LIMIT {
            Err(never("the picture is larger than the model can look at (3.75 MB)"))
        } else {
            Ok(Block::Image { media_type: image.into(), data: STANDARD.encode(&fetched.bytes) })
        };
    }
    if fetched.bytes.starts_with(b"%PDF-") {
        return Ok(Block::Document {
            media_type: "application/pdf".into(),
            name: file.name.clone(),
            data: STANDARD.encode(&fetched.bytes),
        });
    }
    match String::from_utf8(fetched.bytes) {
        Ok(text) if !text.contains('\0') => Ok(Block::text(as_document(&file.name, text))),
        _ => Err(never(format!("I cannot read this kind of file ({})", known(&media_type)))),
    }
}

async fn transcribe(shared: &Shared, bytes: &[u8], media_type: &str) -> Result<Block, Unreadable> {
    let Some(transcriber) = &shared.transcriber else {
        return Err(never("no transcription is set up"));
    };
    match transcriber.transcribe(bytes, media_type).await {
        Ok(text) => Ok(Block::text(format!("[Voice note] {}", text.trim()))),
        Err(error) => Err(never(error.to_string())),
    }
}

/// Goes by the bytes: what a sender calls a picture need not be one.
fn image_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

fn known(media_type: &str) -> &str {
    if media_type.is_empty() { "unknown type" } else { media_type }
}

fn as_document(name: &str, mut text: String) -> String {
    let mut end = TEXT_LIMIT.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let left_out = text.len() - end;
    text.truncate(end);
    let cut = if left_out > 0 { format!("\n[{left_out} more bytes are left out]") } else { String::new() };
    let name: String = name.chars().filter(|c| !c.is_control() && *c != '"').collect();
    format!("<document name=\"{name}\">\n{text}{cut}\n</document>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::channel::Sender;
    use blufio_core::ids::Conversation;
    use blufio_core::time::Timestamp;

    #[test]
    fn a_long_text_is_cut_between_characters_and_says_so() {
        let text = as_document("a.txt", "é".repeat(TEXT_LIMIT));
        assert!(text.contains(&format!("[{TEXT_LIMIT} more bytes are left out]")));
        assert!(text.starts_with("<document name=\"a.txt\">\né"));
    }

    #[test]
    fn pictures_are_known_by_their_bytes() {
        assert_eq!(image_type(b"\x89PNG\r\n\x1a\n...."), Some("image/png"));
        assert_eq!(image_type(b"RIFF\0\0\0\0WEBPVP8 "), Some("image/webp"));
        assert_eq!(image_type(b"just words"), None);
    }

    #[test]
    fn speech_that_was_passed_on_is_not_the_persons_own() {
        let message = |text: &str| Inbound {
            external_id: "1".into(),
            conversation: Conversation::new("test", "1"),
            sender: Sender { id: "1".into(), name: "Ada".into() },
            private: false,
            text: text.into(),
            files: vec![],
            group: None,
            not_before: None,
            notices: vec![],
            sent_at: Timestamp(0),
        };
        let heard = |text: &str| as_passed_on(&message(text), "[Voice note] I live in Rome.".into());
        for passed_on in ["[Forwarded from Eve]\n", "[Forwarded from Eve]\nListen to this"] {
            assert_eq!(heard(passed_on), "[Forwarded from Eve]\n[Voice note] I live in Rome.");
            assert_eq!(own_words(&heard(passed_on)), "");
            assert_eq!(own_words(&spoken(&message(passed_on)).unwrap()), "");
        }
        for own in ["", "Listen to this", "[In reply to Eve: “Where?”]\n"] {
            assert_eq!(own_words(&heard(own)), "I live in Rome.");
        }
    }
}
