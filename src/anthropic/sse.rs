// SPDX-License-Identifier: MIT OR Apache-2.0
//! Server-sent events, out of bytes that arrive in pieces of any size.
//!
//! Lines end with CRLF, LF or CR. A piece may end anywhere: inside a character, between CR and LF, between the two
//! line ends that close an event. Text is decoded a whole line at a time, so that no character is ever cut.

use std::collections::VecDeque;

/// Most bytes that one event may take. The largest known ones, whole blocks of search results, are far smaller.
const MAX_EVENT: usize = 8 * 1024 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The `event` field; empty when there was none.
    pub(crate) event: String,
    /// The `data` lines, joined with line feeds.
    pub(crate) data: String,
}

/// An event has more than eight MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is larger than {MAX_EVENT} bytes")]
pub(crate) struct EventTooLarge;

/// Cuts a stream of bytes into events.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// The line that has not ended yet.
    line: Vec<u8>,
    event: String,
    data: String,
    has_data: bool,
    /// The last byte was a CR, so that an LF right after it belongs to the same line end.
    after_cr: bool,
    /// The first line is behind us, and with it the place of a byte order mark.
    past_first_line: bool,
}

impl Decoder {
    /// Takes the next piece and appends the events that it completes. What is left unfinished at the end of the
    /// stream is no event.
    pub(crate) fn push(&mut self, piece: &[u8], frames: &mut VecDeque<Frame>) -> Result<(), EventTooLarge> {
        let mut rest = piece;
        while let Some((&first, tail)) = rest.split_first() {
            if std::mem::take(&mut self.after_cr) && first == b'\n' {
                rest = tail;
                continue;
            }
            let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let (content, after) = rest.split_at(end.unwrap_or(rest.len()));
            if self.line.len() + self.data.len() + content.len() > MAX_EVENT {
                return Err(EventTooLarge);
            }
            self.line.extend_from_slice(content);
            rest = after;
            if let Some((&ending, after)) = rest.split_first() {
                self.after_cr = ending == b'\r';
                rest = after;
                self.end_line(frames);
            }
        }
        Ok(())
    }

    fn end_line(&mut self, frames: &mut VecDeque<Frame>) {
        let line = std::mem::take(&mut self.line);
        let mut line = line.as_slice();
        if !std::mem::replace(&mut self.past_first_line, true) {
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        if line.is_empty() {
            return self.end_event(frames);
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value));
        match name {
            b"event" => self.event = value.into_owned(),
            b"data" => {
                if self.has_data {
                    self.data.push('\n');
                }
                self.has_data = true;
                self.data.push_str(&value);
            }
            // Comments (an empty name), `id`, `retry`, and what the format may gain: nothing for us.
            _ => {}
        }
    }

    fn end_event(&mut self, frames: &mut VecDeque<Frame>) {
        let event = std::mem::take(&mut self.event);
        let data = std::mem::take(&mut self.data);
        if std::mem::take(&mut self.has_data) {
            frames.push_back(Frame { event, data });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Frame> {
        let mut decoder = Decoder::default();
        let mut frames = VecDeque::new();
        for piece in pieces {
            decoder.push(piece, &mut frames).expect("small events");
        }
        frames.into()
    }

    fn frame(event: &str, data: &str) -> Frame {
        Frame { event: event.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn events_are_read_whatever_the_line_ends() {
        for ending in ["\n", "\r\n", "\r"] {
            let text = ["event: a", "data: 1", "", "data:2", ""].join(ending) + ending;
            assert_eq!(decode([text.as_bytes()]), [frame("a", "1"), frame("", "2")], "{ending:?}");
        }
    }

    #[test]
    fn comments_marks_unknown_fields_and_events_without_data_leave_no_trace() {
        let text = b"\xEF\xBB\xBF: hello\nid: 7\nretry: 5\nevent: lost\n\nnonsense\nevent: kept\ndata: x\n\n";
        assert_eq!(decode([text.as_slice()]), [frame("kept", "x")]);
        assert_eq!(decode([b"\xEF\xBB\xBFdata: x\n\n".as_slice()]), [frame("", "x")]);
    }

    #[test]
    fn several_data_lines_are_joined_and_only_one_space_is_taken() {
        assert_eq!(decode([b"data:  a\ndata\ndata: b\n\n".as_slice()]), [frame("", " a\n\nb")]);
    }

    #[test]
    fn an_event_that_is_not_closed_is_none() {
        assert_eq!(decode([b"data: a\n\ndata: b\n".as_slice()]), [frame("", "a")]);
    }

    #[test]
    fn a_byte_that_is_no_text_spoils_only_itself() {
        assert_eq!(decode([b"data: a\xFFb\n\n".as_slice()]), [frame("", "a\u{FFFD}b")]);
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut decoder = Decoder::default();
        let mut frames = VecDeque::new();
        let piece = vec![b'x'; 1024 * 1024];
        let refused = (0..9).find_map(|_| decoder.push(&piece, &mut frames).err());
        assert_eq!(refused, Some(EventTooLarge));

        let mut decoder = Decoder::default();
        let line = [b"data: ".as_slice(), &piece, b"\n"].concat();
        let refused = (0..9).find_map(|_| decoder.push(&line, &mut frames).err());
        assert_eq!(refused, Some(EventTooLarge));
        assert!(frames.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_same_events_come_out_however_the_bytes_are_cut(
            lines in prop::collection::vec(
                prop_oneof![
                    Just(String::new()),
                    "(data|event|id|): ?[ -~äß漢字😀]{0,12}",
                    "[:a-zé ]{0,8}",
                ],
                0..24,
            ),
            endings in prop::collection::vec(prop_oneof![Just("\n"), Just("\r\n"), Just("\r")], 24),
            mark in any::<bool>(),
            cuts in prop::collection::vec(1_usize..9, 1..40),
        ) {
            let mut text = if mark { "\u{FEFF}".to_owned() } else { String::new() };
            for (line, ending) in lines.iter().zip(&endings) {
                text.push_str(line);
                text.push_str(ending);
            }
            let whole = decode([text.as_bytes()]);
            let mut pieces = Vec::new();
            let mut rest = text.as_bytes();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break; }
                let (piece, after) = rest.split_at((*cut).min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            prop_assert_eq!(&decode(pieces), &whole);
            prop_assert_eq!(decode(text.as_bytes().chunks(1)), whole);
        }

        #[test]
        fn arbitrary_bytes_never_break_the_decoder(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let one_by_one = decode(bytes.chunks(1));
            prop_assert_eq!(one_by_one, decode([bytes.as_slice()]));
        }
    }
}
