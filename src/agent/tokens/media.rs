// SPDX-License-Identifier: MIT OR Apache-2.0
//! Pictures by their pixels, PDF files by their pages.

use super::Tokens;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Pixels of one token.
const PIXELS: u64 = 750;
/// The side of the squares into which newer models cut a picture; each is a token.
const SQUARE: u64 = 28;
/// Largest picture for most models, which make it smaller themselves.
const LARGE: u64 = 1_600;
/// Largest picture for the newest.
const LARGEST: u64 = 4_800;
/// So much of a picture is searched for its size, bytes of base64. Cameras write other things first.
const HEAD: usize = 256 << 10;

/// Tokens of a page: its words and its picture.
const PAGE: Tokens = Tokens::fixed(1_500, 4_600);
/// A page takes about so many bytes of a file whose pages cannot be counted; expected, at least. Packed pages that hold
/// nothing but words are small.
const PAGE_BYTES: (usize, usize) = (50 << 10, 8 << 10);
/// A file whose pages cannot be counted is expected to have no more of them: large ones are full of pictures.
const MOST_EXPECTED: usize = 100;
/// Providers refuse files with more pages, whatever the model, and bill nothing for them.
const MOST_PAGES: usize = 600;
/// So much of a file is decoded at a time, bytes of base64: whole groups of four.
const PIECE: usize = 64 << 10;
/// The longest thing that is searched for, and the spaces in it.
const OVERLAP: usize = 64;

/// Tokens of a picture in base64.
pub(super) fn picture(data: &str) -> Tokens {
    let head = data.as_bytes().chunks(HEAD).next().unwrap_or_default();
    // Whole groups only: what is cut off cannot be decoded.
    let whole = head.chunks_exact(4).flat_map(<[u8]>::iter).copied().collect::<Vec<u8>>();
    let bytes = STANDARD.decode(whole).unwrap_or_default();
    match pixels(&bytes) {
        Some((width, height)) => {
            let area = width.saturating_mul(height).div_ceil(PIXELS).max(1);
            let squares = width.div_ceil(SQUARE).saturating_mul(height.div_ceil(SQUARE));
            Tokens { expected: area.min(LARGE), most: area.max(squares).min(LARGEST).saturating_add(8) }
        }
        None => Tokens { expected: LARGE, most: LARGEST },
    }
}

/// Width and height of a PNG, JPEG, GIF or WebP file, from its beginning.
fn pixels(bytes: &[u8]) -> Option<(u64, u64)> {
    let found =
        |width: u32, height: u32| (width > 0 && height > 0).then_some((u64::from(width), u64::from(height)));
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => found(big(bytes, 16, 4)?, big(bytes, 20, 4)?),
        [b'G', b'I', b'F', ..] => found(little(bytes, 6, 2)?, little(bytes, 8, 2)?),
        [b'R', b'I', b'F', b'F', ..] => match bytes.get(12..16)? {
            b"VP8X" => found(little(bytes, 24, 3)?.checked_add(1)?, little(bytes, 27, 3)?.checked_add(1)?),
            b"VP8L" => {
                let bits = little(bytes, 21, 4)?;
                found((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1)
            }
            b"VP8 " => found(little(bytes, 26, 2)? & 0x3fff, little(bytes, 28, 2)? & 0x3fff),
            _ => None,
        },
        [0xff, 0xd8, rest @ ..] => jpeg(rest),
        _ => None,
    }
}

/// Walks from segment to segment to the one that begins a frame.
fn jpeg(mut bytes: &[u8]) -> Option<(u64, u64)> {
    loop {
        match bytes {
            [0xff, 0xff, ..] => bytes = bytes.get(1..)?,
            [0xff, 0x01 | 0xd0..=0xd7, ..] => bytes = bytes.get(2..)?,
            [0xff, 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf, ..] => {
                let (height, width) = (big(bytes, 5, 2)?, big(bytes, 7, 2)?);
                return (width > 0 && height > 0).then_some((width.into(), height.into()));
            }
            [0xff, _, ..] => {
                let length = usize::try_from(big(bytes, 2, 2)?).ok()?;
                bytes = bytes.get(length.max(2).checked_add(2)?..)?;
            }
            _ => return None,
        }
    }
}

fn big(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let part = bytes.get(at..at.checked_add(length)?)?;
    Some(part.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

fn little(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let part = bytes.get(at..at.checked_add(length)?)?;
    Some(part.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

/// Tokens of a PDF file in base64.
pub(super) fn document(data: &str) -> Tokens {
    let seen = Pages::of(data);
    let size = data.len() / 4 * 3;
    let guess = |bytes: usize, most: usize| {
        if seen.packed || seen.pages == 0 { (size / bytes).clamp(1, most) } else { 0 }
    };
    let pages = |guess: usize| u64::try_from(seen.pages.max(guess).min(MOST_PAGES)).unwrap_or(u64::MAX);
    let expected = pages(guess(PAGE_BYTES.0, MOST_EXPECTED));
    let most = pages(guess(PAGE_BYTES.1, MOST_PAGES));
    Tokens { expected: PAGE.expected.saturating_mul(expected), most: PAGE.most.saturating_mul(most) }
}

/// What can be seen of a file's pages without unpacking it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Pages {
    /// Pages that lie open.
    pages: usize,
    /// Whether there may be others, in packed parts.
    packed: bool,
}

impl Pages {
    fn of(data: &str) -> Self {
        let mut seen = Self::default();
        let mut window: Vec<u8> = Vec::with_capacity(PIECE + OVERLAP);
        for piece in data.as_bytes().chunks(PIECE) {
            let Ok(bytes) = STANDARD.decode(piece) else { break };
            window.extend(bytes);
            // What begins in the last bytes may go on in the next piece.
            let settled = window.len().saturating_sub(OVERLAP);
            seen.look(&window, settled);
            window.drain(..settled);
        }
        seen.look(&window, window.len());
        seen
    }

    /// Counts what begins in the first `until` bytes.
    fn look(&mut self, bytes: &[u8], until: usize) {
        let mut at = 0;
        while let Some(next) =
            bytes.get(at..until).and_then(|rest| rest.iter().position(|byte| *byte == b'/'))
        {
            at += next;
            if let Some([b'/', b'T', b'y', b'p', b'e', rest @ ..]) = bytes.get(at..) {
                let name = rest.trim_ascii_start();
                self.pages += usize::from(name.starts_with(b"/Page") && !name.starts_with(b"/Pages"));
                self.packed |= name.starts_with(b"/ObjStm");
            }
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn png(width: u32, height: u32) -> String {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        STANDARD.encode(bytes)
    }

    #[test]
    fn a_picture_counts_by_its_pixels_up_to_a_bound() {
        assert_eq!(picture(&png(750, 100)), Tokens { expected: 100, most: 27 * 4 + 8 });
        assert_eq!(picture(&png(8_000, 8_000)), Tokens { expected: LARGE, most: LARGEST + 8 });
        assert_eq!(picture("AAAA"), Tokens { expected: LARGE, most: LARGEST });
    }

    #[test]
    fn the_size_of_each_kind_of_picture_is_found() {
        let of = |bytes: &[u8]| pixels(bytes);
        assert_eq!(of(b"GIF89a\x20\x00\x10\x00\x00"), Some((32, 16)));
        assert_eq!(
            of(b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x01\x00\x02\x00\x03"),
            Some((512, 256))
        );
        assert_eq!(
            of(b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x1f\x03\x00\x57\x02\x00"),
            Some((800, 600))
        );
        assert_eq!(of(b"\xff\xd8\xff"), None);
    }

    #[test]
    fn open_pages_are_counted_also_where_pieces_meet() {
        let mut file = b"%PDF-1.4\n1 0 obj<</Type /Pages>>\n".to_vec();
        for _ in 0..10_000 {
            file.extend(b"2 0 obj<</Type  /Page /X 1>>\n");
        }
        assert_eq!(Pages::of(&STANDARD.encode(&file)), Pages { pages: 10_000, packed: false });
    }

    fn packed(size: usize) -> String {
        let mut file = b"%PDF-1.7\n1 0 obj<</Type /ObjStm>>stream\n".to_vec();
        file.resize(size, b'x');
        STANDARD.encode(file)
    }

    #[test]
    fn a_packed_book_of_four_hundred_pages_is_not_taken_for_a_leaflet() {
        // Four kilobytes a page, about 2,000 tokens each.
        let tokens = document(&packed(400 * 4_000));
        assert!(tokens.most >= 800_000, "{tokens:?}");
    }

    #[test]
    fn no_file_has_more_pages_than_are_taken() {
        let tokens = document(&packed(20 << 20));
        assert_eq!(tokens, Tokens { expected: 100 * 1_500, most: 600 * 4_600 });
        let open = b"2 0 obj<</Type /Page>>\n".repeat(1_000);
        assert_eq!(document(&STANDARD.encode(open)), Tokens { expected: 600 * 1_500, most: 600 * 4_600 });
        let open = b"2 0 obj<</Type /Page>>\n".repeat(3);
        assert_eq!(document(&STANDARD.encode(open)), Tokens { expected: 3 * 1_500, most: 3 * 4_600 });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn no_bytes_make_it_fail(bytes in prop::collection::vec(any::<u8>(), 0..200), head in 0_usize..6, text in ".{0,40}") {
            let heads: [&[u8]; 6] = [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFFxxxxWEBPVP8L", b"\xff\xd8\xff", b"%PDF-1"];
            let mut input = heads[head].to_vec();
            input.extend(bytes);
            for data in [STANDARD.encode(&input), text] {
                for tokens in [picture(&data), document(&data)] {
                    prop_assert!(0 < tokens.expected && tokens.expected <= tokens.most);
                }
            }
        }
    }
}
