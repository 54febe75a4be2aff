// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a message carries besides words: files to fetch, and notices of what cannot be carried over.

use blufio_core::channel::{FileKind, FileRef};
use teloxide::types::{FileMeta, MediaKind, Message, MessageKind};

/// teloxide's word for a size that was not said.
const UNKNOWN_SIZE: u32 = u32::MAX;

/// Files and notices of one message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) files: Vec<FileRef>,
    pub(crate) notices: Vec<String>,
    /// Albums share this.
    pub(crate) group: Option<String>,
}

/// What the message carries; `None` when nobody said anything by it: members coming and going, titles, pins.
pub(crate) fn content(message: &Message) -> Option<Content> {
    let mut content =
        Content { group: message.media_group_id().map(|id| id.0.clone()), ..Content::default() };
    let notice = match &message.kind {
        MessageKind::Common(common) => match &common.media_kind {
            MediaKind::Text(_) => return Some(content),
            MediaKind::Migration(_) => return None,
            MediaKind::Photo(photo) => {
                let largest =
                    photo.photo.iter().max_by_key(|size| u64::from(size.width) * u64::from(size.height));
                let file =
                    largest.map(|size| file(FileKind::Photo, &size.file, None, Some("image/jpeg".into())));
                content.files.extend(file);
                return Some(content);
            }
            MediaKind::Document(media) => {
                let document = &media.document;
                let media_type = document.mime_type.as_ref().map(ToString::to_string);
                let name = document.file_name.clone();
                content.files.push(file(FileKind::Document, &document.file, name, media_type));
                return Some(content);
            }
            MediaKind::Voice(media) => {
                let media_type =
                    media.voice.mime_type.as_ref().map_or("audio/ogg".into(), ToString::to_string);
                content.files.push(file(FileKind::Voice, &media.voice.file, None, Some(media_type)));
                return Some(content);
            }
            MediaKind::Audio(media) => {
                let audio = &media.audio;
                let media_type = audio.mime_type.as_ref().map(ToString::to_string);
                content.files.push(file(FileKind::Voice, &audio.file, audio.file_name.clone(), media_type));
                return Some(content);
            }
            MediaKind::Animation(_) => "an animation".to_owned(),
            MediaKind::Video(_) => "a video".to_owned(),
            MediaKind::VideoNote(_) => "a video message".to_owned(),
            MediaKind::Sticker(media) => match &media.sticker.emoji {
                Some(emoji) => format!("a sticker ({emoji})"),
                None => "a sticker".to_owned(),
            },
            MediaKind::Location(media) => {
                format!("a location ({}, {})", media.location.latitude, media.location.longitude)
            }
            MediaKind::Venue(media) => {
                format!("a place ({}, {})", short(&media.venue.title), short(&media.venue.address))
            }
            MediaKind::Contact(media) => {
                let contact = &media.contact;
                let last = contact.last_name.as_deref().unwrap_or_default();
                let name = format!("{} {last}", contact.first_name);
                format!("a contact ({}, {})", short(name.trim()), short(&contact.phone_number))
            }
            MediaKind::Poll(media) => format!("a poll ({})", short(&media.poll.question)),
            MediaKind::Checklist(_) => "a checklist".to_owned(),
            MediaKind::Story(_) => "a story".to_owned(),
            MediaKind::Game(media) => format!("a game ({})", short(&media.game.title)),
            MediaKind::PaidMedia(_) => "paid media".to_owned(),
        },
        MessageKind::Dice(dice) => format!("a throw of dice ({})", dice.dice.value),
        MessageKind::Invoice(_) => "an invoice".to_owned(),
        MessageKind::Giveaway(_) => "a giveaway".to_owned(),
        _ => return None,
    };
    content.notices.push(notice);
    Some(content)
}

fn file(kind: FileKind, meta: &FileMeta, name: Option<String>, media_type: Option<String>) -> FileRef {
    FileRef {
        kind,
        handle: meta.id.0.clone(),
        name: name.unwrap_or_default(),
        media_type,
        size: (meta.size != UNKNOWN_SIZE).then_some(u64::from(meta.size)),
    }
}

/// At most two hundred characters: others wrote it.
fn short(text: &str) -> String {
    crate::inbound::clipped(text, 200)
}
