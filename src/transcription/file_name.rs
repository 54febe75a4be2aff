// SPDX-License-Identifier: MIT OR Apache-2.0
//! The file name by which servers tell audio formats apart.

/// Media types, without parameters and in lower case, and the extension that goes with each.
const EXTENSIONS: &[(&str, &str)] = &[
    ("application/ogg", "ogg"),
    ("audio/aac", "aac"),
    ("audio/amr", "amr"),
    ("audio/flac", "flac"),
    ("audio/m4a", "m4a"),
    ("audio/mp3", "mp3"),
    ("audio/mp4", "m4a"),
    ("audio/mpeg", "mp3"),
    ("audio/mpga", "mp3"),
    ("audio/ogg", "ogg"),
    ("audio/opus", "opus"),
    ("audio/vnd.wave", "wav"),
    ("audio/wav", "wav"),
    ("audio/wave", "wav"),
    ("audio/webm", "webm"),
    ("audio/x-flac", "flac"),
    ("audio/x-m4a", "m4a"),
    ("audio/x-wav", "wav"),
    ("video/mp4", "mp4"),
    ("video/quicktime", "mov"),
    ("video/webm", "webm"),
];

/// A name for a recording of that type. What nobody knows is called Ogg: that is what voice notes are.
pub(crate) fn file_name(media_type: &str) -> String {
    let bare = bare(media_type);
    let extension =
        EXTENSIONS.iter().find(|(known, _)| *known == bare).map_or("ogg", |(_, extension)| *extension);
    format!("voice.{extension}")
}

/// The media type alone, without parameters.
fn bare(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn the_extension_follows_the_media_type() {
        for (media_type, name) in [
            ("audio/ogg", "voice.ogg"),
            ("Audio/OGG; codecs=opus", "voice.ogg"),
            ("audio/mpeg", "voice.mp3"),
            ("audio/x-m4a", "voice.m4a"),
            ("video/mp4", "voice.mp4"),
            ("audio/somethingnew", "voice.ogg"),
            ("", "voice.ogg"),
            ("../../etc", "voice.ogg"),
        ] {
            assert_eq!(file_name(media_type), name, "{media_type}");
        }
    }
}
