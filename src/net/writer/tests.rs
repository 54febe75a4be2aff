// SPDX-License-Identifier: MIT OR Apache-2.0
use super::{MAX_LINE, RedactingWriter};
use crate::redactor::Redactor;
use blufio_core::secret::SecretString;
use proptest::prelude::*;
use std::io::{self, Write};
use std::sync::Arc;

const SECRET: &str = "hunter2-hunter2";

fn knowing() -> Arc<Redactor> {
    let redactor = Arc::new(Redactor::new());
    redactor.add(&SecretString::new(SECRET.into()));
    redactor
}

fn written(pieces: &[&[u8]]) -> String {
    let mut out = Vec::new();
    let mut writer = RedactingWriter::new(knowing(), &mut out);
    for piece in pieces {
        writer.write_all(piece).unwrap();
    }
    drop(writer);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_secret_across_two_writes_of_a_line_is_found() {
    assert_eq!(written(&[b"key hunter2-", b"hunter2 wrong\nnext"]), "key [redacted] wrong\nnext");
}

#[test]
fn a_line_is_written_when_it_ends_and_not_before() {
    let mut out = Vec::new();
    let mut writer = RedactingWriter::new(knowing(), &mut out);
    writer.write_all(b"one\ntw").unwrap();
    writer.flush().unwrap();
    assert_eq!(writer.inner.as_slice(), b"one\n");
    writer.write_all(b"o\n").unwrap();
    assert_eq!(writer.inner.as_slice(), b"one\ntwo\n");
}

#[test]
fn an_endless_line_does_not_grow_in_memory() {
    let mut writer = RedactingWriter::new(knowing(), io::sink());
    for _ in 0..64 {
        writer.write_all(&[b'x'; 10_000]).unwrap();
        assert!(writer.pending.len() <= MAX_LINE);
    }
}

#[test]
fn a_secret_across_the_cut_of_a_long_line_is_found() {
    for before in [MAX_LINE / 2 - 7, MAX_LINE / 2, MAX_LINE - 7, MAX_LINE - 1, MAX_LINE] {
        let line = [vec![b'x'; before].as_slice(), SECRET.as_bytes(), &[b'y'; 40_000]].concat();
        let pieces: Vec<&[u8]> = line.chunks(1000).collect();
        let clean = written(&pieces);
        assert!(clean.contains("x[redacted]y"), "lost at {before}");
        assert_eq!(clean.len(), line.len() - SECRET.len() + "[redacted]".len());
    }
}

#[test]
fn an_error_of_the_log_is_told_and_nothing_piles_up() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut writer = RedactingWriter::new(knowing(), Full);
    assert_eq!(writer.write_all(b"line\n").unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert!(writer.pending.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn lines_come_out_the_same_however_they_are_cut(
        lines in prop::collection::vec("[a-z %\\\\]{0,30}(hunter2-hunter2)?[a-z]{0,10}", 1..6), size in 1_usize..40,
    ) {
        let text = lines.join("\n");
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
        let expected = lines.iter().map(|line| knowing().redact(line).into_owned()).collect::<Vec<_>>().join("\n");
        prop_assert_eq!(written(&pieces), expected);
    }
}
