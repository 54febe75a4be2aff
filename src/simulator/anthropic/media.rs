// SPDX-License-Identifier: MIT OR Apache-2.0
//! Looking into images and PDF files, as far as the API looks: kind, size, pages, plain text.

/// An image whose bytes were recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The media type, as the bytes show it.
    pub media_type: &'static str,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// A PDF file or a plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The title that was sent with it.
    pub title: Option<String>,
    /// The text, as far as it lies open in the file; empty for compressed PDF files.
    pub text: String,
    /// Pages of a PDF file; `None` for plain text.
    pub pages: Option<u64>,
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    let pair: [u8; 2] = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
    Some(u32::from(u16::from_be_bytes(pair)))
}

fn le16(bytes: &[u8], at: usize) -> Option<u32> {
    let pair: [u8; 2] = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
    Some(u32::from(u16::from_le_bytes(pair)))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    let four: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    Some(u32::from_be_bytes(four))
}

fn le24(bytes: &[u8], at: usize) -> Option<u32> {
    let three: [u8; 3] = bytes.get(at..at.checked_add(3)?)?.try_into().ok()?;
    let [a, b, c] = three;
    Some(u32::from_le_bytes([a, b, c, 0]))
}

/// Recognises PNG, JPEG, GIF and WebP, and reads their dimensions. `None`: none of them, or cut short.
pub fn image(bytes: &[u8]) -> Option<Image> {
    let found =
        |media_type, width, height| (width > 0 && height > 0).then_some(Image { media_type, width, height });
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.get(12..16)? == b"IHDR" {
        return found("image/png", be32(bytes, 16)?, be32(bytes, 20)?);
    }
    if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        return found("image/gif", le16(bytes, 6)?, le16(bytes, 8)?);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12)? == b"WEBP" {
        return match bytes.get(12..16)? {
            b"VP8X" => {
                found("image/webp", le24(bytes, 24)?.checked_add(1)?, le24(bytes, 27)?.checked_add(1)?)
            }
            b"VP8L" => {
                let four: [u8; 4] = bytes.get(21..25)?.try_into().ok()?;
                let bits = u32::from_le_bytes(four);
                found("image/webp", (bits & 0x3fff).checked_add(1)?, ((bits >> 14) & 0x3fff).checked_add(1)?)
            }
            b"VP8 " => found("image/webp", le16(bytes, 26)? & 0x3fff, le16(bytes, 28)? & 0x3fff),
            _ => None,
        };
    }
    if bytes.starts_with(b"\xff\xd8") {
        let (width, height) = jpeg_size(bytes)?;
        return found("image/jpeg", width, height);
    }
    None
}

/// Walks the segments of a JPEG file to its frame header.
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2_usize;
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let marker = *bytes.get(at.checked_add(1)?)?;
        match marker {
            0xff => at = at.checked_add(1)?,
            0x01 | 0xd0..=0xd7 => at = at.checked_add(2)?,
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Some((be16(bytes, at.checked_add(7)?)?, be16(bytes, at.checked_add(5)?)?));
            }
            _ => {
                let length = usize::try_from(be16(bytes, at.checked_add(2)?)?).ok()?;
                at = at.checked_add(2)?.checked_add(length.max(2))?;
            }
        }
    }
}

/// Reads a PDF file: its pages, and the text that lies in it uncompressed. `None`: not a PDF file.
pub fn pdf(bytes: &[u8]) -> Option<(u64, String)> {
    if !bytes.starts_with(b"%PDF-") {
        return None;
    }
    let mut pages: u64 = 0;
    let mut rest = bytes;
    while let Some(at) = find(rest, b"/Type") {
        rest = rest.get(at.saturating_add(5)..)?;
        let name = rest.trim_ascii_start();
        if name.starts_with(b"/Page") && !name.starts_with(b"/Pages") {
            pages = pages.saturating_add(1);
        }
    }
    Some((pages.max(1), pdf_text(bytes)))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// The literal strings between `BT` and `ET`, at most 100,000 bytes of them.
fn pdf_text(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    let mut rest = bytes;
    while let Some(start) = find(rest, b"BT") {
        let Some(object) = rest.get(start.saturating_add(2)..) else { break };
        let end = find(object, b"ET").unwrap_or(object.len());
        let (mut depth, mut escaped) = (0_u32, false);
        for &byte in object.get(..end).unwrap_or_default() {
            if text.len() >= 100_000 {
                break;
            }
            match byte {
                _ if escaped => {
                    escaped = false;
                    text.push(byte);
                }
                b'\\' if depth > 0 => escaped = true,
                b'(' => depth = depth.saturating_add(1),
                b')' if depth > 0 => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        text.push(b' ');
                    }
                }
                _ if depth > 0 => text.push(byte),
                _ => {}
            }
        }
        let Some(after) = object.get(end..) else { break };
        rest = after;
    }
    let text = String::from_utf8_lossy(&text).split_whitespace().collect::<Vec<_>>().join(" ");
    // Compressed streams can look like text operators by chance.
    if text.chars().any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
        String::new()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The head of a PNG file of this size; enough to be recognised.
    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes
    }

    #[test]
    fn dimensions_are_read_from_each_kind_of_image() {
        assert_eq!(image(&png(640, 480)), Some(Image { media_type: "image/png", width: 640, height: 480 }));
        let gif = b"GIF89a\x20\x00\x10\x00\x00";
        assert_eq!(image(gif), Some(Image { media_type: "image/gif", width: 32, height: 16 }));
        let jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x01\x00\x02\x00\x03";
        assert_eq!(image(jpeg), Some(Image { media_type: "image/jpeg", width: 512, height: 256 }));
        let mut webp = b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00".to_vec();
        webp.extend([0x1f, 0x03, 0x00, 0x57, 0x02, 0x00]);
        assert_eq!(image(&webp), Some(Image { media_type: "image/webp", width: 800, height: 600 }));
    }

    #[test]
    fn other_bytes_are_no_image() {
        assert_eq!(image(b"hello"), None);
        assert_eq!(image(&png(0, 5)), None);
        assert_eq!(image(b"\xff\xd8\xff"), None);
    }

    #[test]
    fn open_text_and_pages_of_a_pdf_are_found() {
        let file = b"%PDF-1.4\n1 0 obj<</Type /Pages>>\n2 0 obj<</Type/Page>>\n3 0 obj<</Type /Page>>\n\
            stream\nBT /F1 12 Tf (Invoice \\(42\\)) Tj (from Ada) Tj ET\nendstream\n%%EOF";
        assert_eq!(pdf(file), Some((2, "Invoice (42) from Ada".to_owned())));
        assert_eq!(pdf(b"PK\x03\x04"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn no_bytes_make_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..200), head in 0_usize..6) {
            let heads: [&[u8]; 6] = [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFFxxxxWEBPVP8L", b"\xff\xd8\xff", b"%PDF-BT("];
            let mut input = heads[head].to_vec();
            input.extend(bytes);
            let _ = image(&input);
            let _ = pdf(&input);
        }
    }
}
