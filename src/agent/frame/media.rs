// SPDX-License-Identifier: MIT OR Apache-2.0
use blufio_core::content::{Block, Message};

/// The transcript with words in place of its older pictures and documents: the newest are kept, up to `limit` bytes of
/// base64.
#[must_use]
pub fn lighten(mut history: Vec<Message>, limit: usize) -> Vec<Message> {
    let mut room = Some(limit);
    for block in history.iter_mut().rev().flat_map(|message| message.content.iter_mut().rev()) {
        let (size, instead) = match block {
            Block::Image { data, .. } => (data.len(), "[picture]".to_owned()),
            Block::Document { data, name, .. } if name.trim().is_empty() => {
                (data.len(), "[document]".to_owned())
            }
            Block::Document { data, name, .. } => (data.len(), format!("[document {name}]")),
            _ => continue,
        };
        // Nothing older than the first that has no room: what was left out once stays left out.
        room = room.and_then(|room| room.checked_sub(size));
        if room.is_none() {
            *block = Block::text(instead);
        }
    }
    history
}
