// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files: what people send, and the links under which a bot can fetch it.

use super::{World, error::ApiError};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// A bot can fetch files up to this size, in bytes.
const DOWNLOAD_LIMIT: u64 = 20 << 20;
/// A link is good for so long.
const LINK_LIFE: Duration = Duration::from_secs(3600);
/// Bytes of all files that are kept; the oldest go.
const KEPT: usize = 256 << 20;
/// Links that are kept; the oldest go.
const LINKS: usize = 10_000;

/// What a file is sent as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A picture.
    Photo,
    /// Any file.
    Document,
    /// A voice note.
    Voice,
}

impl FileKind {
    /// The field of a message.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Document => "document",
            Self::Voice => "voice",
        }
    }
}

/// A file that a person sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// What it is sent as.
    pub kind: FileKind,
    /// Its name; photos and voice notes have none.
    pub name: String,
    /// Its media type, if the person's client names one.
    pub media_type: Option<String>,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The size that the service tells; the real one if `None`. For files that are too large to be made.
    pub size: Option<u64>,
    /// Words below it.
    pub caption: String,
}

impl Attachment {
    /// A picture.
    pub fn photo(bytes: impl Into<Vec<u8>>, caption: &str) -> Attachment {
        Attachment {
            kind: FileKind::Photo,
            name: String::new(),
            media_type: None,
            bytes: bytes.into(),
            size: None,
            caption: caption.into(),
        }
    }

    /// A file.
    pub fn document(name: &str, media_type: &str, bytes: impl Into<Vec<u8>>, caption: &str) -> Attachment {
        Attachment {
            kind: FileKind::Document,
            name: name.into(),
            media_type: Some(media_type.into()).filter(|media_type: &String| !media_type.is_empty()),
            ..Attachment::photo(bytes, caption)
        }
    }

    /// A voice note.
    pub fn voice(bytes: impl Into<Vec<u8>>) -> Attachment {
        Attachment {
            kind: FileKind::Voice,
            media_type: Some("audio/ogg".into()),
            ..Attachment::photo(bytes, "")
        }
    }

    /// The service tells this size, whatever the bytes are.
    #[must_use]
    pub fn with_size(self, size: u64) -> Attachment {
        Attachment { size: Some(size), ..self }
    }
}

#[derive(Debug)]
struct File {
    bytes: Bytes,
    size: u64,
    folder: &'static str,
    extension: String,
}

#[derive(Debug)]
struct Link {
    file: u64,
    until: Duration,
}

/// All files and links.
#[derive(Debug, Default)]
pub(super) struct Files {
    count: u64,
    files: BTreeMap<u64, File>,
    links: BTreeMap<String, Link>,
}

impl Files {
    /// Keeps a file; its number.
    fn add(&mut self, file: File) -> u64 {
        self.count += 1;
        self.files.insert(self.count, file);
        while self.files.len() > 1 && self.files.values().map(|file| file.bytes.len()).sum::<usize>() > KEPT {
            self.files.pop_first();
        }
        self.count
    }

    /// Keeps what a person or the bot sent; the fields of a message that describe it, and its handle.
    pub(super) fn describe(&mut self, attachment: &Attachment) -> (Value, String) {
        let size = attachment.size.unwrap_or(attachment.bytes.len() as u64);
        let (folder, extension) = match attachment.kind {
            FileKind::Photo => ("photos", "jpg".to_owned()),
            FileKind::Voice => ("voice", "oga".to_owned()),
            FileKind::Document => {
                let extension = attachment.name.rsplit_once('.').map_or("", |(_, extension)| extension);
                let plain =
                    extension.len() <= 8 && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
                ("documents", if plain { extension.to_owned() } else { String::new() })
            }
        };
        let number = self.add(File { bytes: attachment.bytes.clone().into(), size, folder, extension });
        let id = handle(number);
        let base = |id: &str| json!({ "file_id": id, "file_unique_id": format!("u{id}") });
        let with = |mut base: Value, more: Value| {
            if let (Value::Object(base), Value::Object(more)) = (&mut base, more) {
                base.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
            }
            base
        };
        let described = match attachment.kind {
            // The small size is another file: whoever fetches it does not get the picture.
            FileKind::Photo => {
                let small = self.add(File {
                    bytes: Bytes::from_static(b"a thumbnail, not the picture"),
                    size: 28,
                    folder,
                    extension: "jpg".into(),
                });
                json!([
                    with(base(&handle(small)), json!({ "width": 90, "height": 60, "file_size": 28 })),
                    with(base(&id), json!({ "width": 1280, "height": 853, "file_size": size })),
                ])
            }
            FileKind::Voice => with(
                base(&id),
                json!({ "duration": 3, "mime_type": attachment.media_type, "file_size": size }),
            ),
            FileKind::Document => with(
                base(&id),
                json!({ "file_name": attachment.name, "mime_type": attachment.media_type, "file_size": size }),
            ),
        };
        (described, id)
    }
}

fn handle(number: u64) -> String {
    format!("AgACsimulated{number:08}")
}

impl World {
    /// `getFile`: a link to a file.
    pub(super) fn link_file(&mut self, file_id: &str) -> Result<Value, ApiError> {
        if file_id.is_empty() {
            return Err(ApiError::bad("file_id not specified"));
        }
        let number = file_id.strip_prefix("AgACsimulated").and_then(|number| number.parse().ok());
        let (number, file) = number
            .and_then(|number| Some((number, self.files.files.get(&number)?)))
            .ok_or_else(|| ApiError::bad("invalid file_id"))?;
        if file.size > DOWNLOAD_LIMIT {
            return Err(ApiError::bad("file is too big"));
        }
        let dot = if file.extension.is_empty() { "" } else { "." };
        let path = format!("{}/file_{number}{dot}{}", file.folder, file.extension);
        let answer = json!({ "file_id": file_id, "file_unique_id": format!("u{file_id}"), "file_size": file.size,
            "file_path": path });
        let until = self.now() + LINK_LIFE;
        self.files.links.insert(path, Link { file: number, until });
        if self.files.links.len() > LINKS {
            self.files.links.pop_first();
        }
        Ok(answer)
    }

    /// The bytes behind a link; nothing when it was never given or has expired.
    pub(super) fn download(&self, path: &str) -> Option<Bytes> {
        let link = self.files.links.get(path).filter(|link| self.now() < link.until)?;
        self.files.files.get(&link.file).map(|file| file.bytes.clone())
    }
}
