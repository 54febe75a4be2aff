// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table of words: for each token a row of whole numbers and its scale, and for each place in the sentence what is added.

use crate::part::Part;
use crate::shape;
use std::io;

/// Bytes of a row: a number for each column, and the scale.
const ROW: usize = shape::WIDTH + 4;

/// The table, read row by row: 12 MB of which a sentence needs a few kilobytes.
#[derive(Debug)]
pub(crate) struct Words {
    part: Part,
}

impl Words {
    /// Wraps the file.
    ///
    /// # Errors
    /// When the file has another size.
    pub(crate) fn new(part: Part) -> io::Result<Self> {
        let expected = shape::WORDS * ROW + shape::LONGEST * shape::WIDTH * 4;
        if part.length() == u64::try_from(expected).unwrap_or(u64::MAX) {
            Ok(Self { part })
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidData, "the table of words has another size"))
        }
    }

    /// What goes into the encoder: a row for each token.
    ///
    /// # Errors
    /// When the disk fails, or a token has no row.
    pub(crate) fn rows(&self, ids: &[u32]) -> io::Result<Vec<f32>> {
        let mut places = vec![0; ids.len() * shape::WIDTH * 4];
        self.part.read_at(place(shape::WORDS, ROW), &mut places)?;
        let mut input: Vec<f32> = places.chunks_exact(4).map(float).collect();
        let mut row = [0; ROW];
        for (id, input) in ids.iter().zip(input.chunks_exact_mut(shape::WIDTH)) {
            let id = usize::try_from(*id).unwrap_or(usize::MAX);
            if id >= shape::WORDS {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.part.read_at(place(id, ROW), &mut row)?;
            let (numbers, scale) = row.split_at(shape::WIDTH);
            let scale = float(scale);
            for (input, number) in input.iter_mut().zip(numbers) {
                *input += f32::from(number.cast_signed()) * scale;
            }
        }
        Ok(input)
    }
}

fn place(row: usize, size: usize) -> u64 {
    u64::try_from(row.saturating_mul(size)).unwrap_or(u64::MAX)
}

fn float(bytes: &[u8]) -> f32 {
    f32::from_le_bytes(bytes.try_into().unwrap_or_default())
}
