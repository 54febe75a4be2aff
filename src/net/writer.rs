// SPDX-License-Identifier: MIT OR Apache-2.0
//! Keeps secrets out of what is written line by line.

use crate::redactor::Redactor;
use std::io::{self, Write};
use std::sync::Arc;

/// Longest line that is kept in memory as a whole.
const MAX_LINE: usize = 64 * 1024;
/// How much of a longer line stays behind when its beginning is written, so that a secret is not cut in two. Secrets
/// whose written form is longer than this can slip through in such a line.
const KEEP: usize = MAX_LINE / 2;

/// Writes lines to `inner` with every secret replaced. A line may come in pieces: it is written when it ends, or when
/// the writer is dropped, so a secret may lie across the pieces.
///
/// `flush` hands on what is complete, and keeps an unfinished line.
#[derive(Debug)]
pub struct RedactingWriter<W: Write> {
    redactor: Arc<Redactor>,
    inner: W,
    pending: Vec<u8>,
}

impl<W: Write> RedactingWriter<W> {
    /// Writes to `inner` what `redactor` leaves.
    pub fn new(redactor: Arc<Redactor>, inner: W) -> Self {
        Self { redactor, inner, pending: Vec::new() }
    }

    /// Writes the first `length` pending bytes. They are gone afterwards also when that fails: a log that cannot be
    /// written must not grow in memory instead.
    fn emit(&mut self, length: usize) -> io::Result<()> {
        let rest = self.pending.split_off(length.min(self.pending.len()));
        let lines = std::mem::replace(&mut self.pending, rest);
        self.inner.write_all(&self.redactor.redact_bytes(&lines))
    }

    /// Where a line that is too long can be cut: as late as allowed, and not within a secret.
    fn cut(&self) -> usize {
        let cut = self.pending.len().saturating_sub(KEEP);
        let across =
            self.redactor.spans(&self.pending).into_iter().find(|span| span.start < cut && cut < span.end);
        match across {
            Some(span) if span.start == 0 => span.end,
            Some(span) => span.start,
            None => cut,
        }
    }
}

impl<W: Write> Write for RedactingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // In pieces, so that one huge write is not held twice.
        for piece in bytes.chunks(KEEP) {
            self.pending.extend_from_slice(piece);
            if let Some(end) = self.pending.iter().rposition(|byte| *byte == b'\n') {
                self.emit(end.saturating_add(1))?;
            }
            if self.pending.len() > MAX_LINE {
                self.emit(self.cut())?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W: Write> Drop for RedactingWriter<W> {
    fn drop(&mut self) {
        // There is nobody left to tell when this fails: it is the log itself that cannot be written.
        let _ = self.emit(self.pending.len());
    }
}

#[cfg(test)]
mod tests;
