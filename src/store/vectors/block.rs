// SPDX-License-Identifier: MIT OR Apache-2.0
//! The layout of a block of vectors, and their comparison with another.
//!
//! A number of a vector is stored as a byte, with one scale for all of its numbers. An entry is the id (8 bytes), the scale
//! (4 bytes) and the numbers; of a passage then scale and numbers of what was said around it, whose scale is 0 where there is
//! nothing. All little-endian.

use crate::error::RowError;

/// Entries of a block at most. Larger ones are read a little faster, and rewritten more for each vector that comes or goes.
pub(crate) const ENTRIES: usize = 64;
const ID: usize = 8;
const SCALE: usize = 4;
/// Largest number of a vector that is looked for. Its products with bytes can be added 4000 times.
const FINE: f32 = 4095.0;

/// How the entries of a block are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    dimension: usize,
    around: bool,
}

impl Layout {
    /// Of vectors with that many numbers; `around`: two for each entry.
    pub(crate) fn new(dimension: usize, around: bool) -> Self {
        Self { dimension, around }
    }

    fn vector(self) -> usize {
        SCALE + self.dimension
    }

    /// Bytes of an entry.
    pub(crate) fn entry(self) -> usize {
        ID + self.vector() * if self.around { 2 } else { 1 }
    }

    /// Appends an entry.
    ///
    /// # Errors
    /// When a vector has another dimension, or something that is no number.
    pub(crate) fn push(
        self,
        block: &mut Vec<u8>,
        id: i64,
        text: &[f32],
        around: Option<&[f32]>,
    ) -> Result<(), RowError> {
        block.extend(id.to_le_bytes());
        self.push_vector(block, text)?;
        match around {
            Some(around) if self.around => self.push_vector(block, around),
            None if self.around => {
                block.resize(block.len() + self.vector(), 0);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn push_vector(self, block: &mut Vec<u8>, vector: &[f32]) -> Result<(), RowError> {
        if vector.len() != self.dimension || vector.iter().any(|number| !number.is_finite()) {
            let refusal = format!("a vector has not {} sound numbers", self.dimension);
            return Err(RowError::Refused(refusal));
        }
        let largest = vector.iter().fold(0.0_f32, |largest, number| largest.max(number.abs()));
        let scale = largest / 127.0;
        block.extend(scale.to_le_bytes());
        #[allow(clippy::cast_possible_truncation)]
        block.extend(vector.iter().map(|number| {
            let byte = if scale > 0.0 { (number / scale).round() as i8 } else { 0 };
            byte.cast_unsigned()
        }));
        Ok(())
    }

    /// The position of an entry in a block.
    fn find(self, block: &[u8], id: i64) -> Option<usize> {
        block.chunks_exact(self.entry()).position(|entry| id_of(entry) == Some(id))
    }

    /// Takes an entry out; says whether it was there.
    pub(crate) fn remove(self, block: &mut Vec<u8>, id: i64) -> bool {
        let Some(position) = self.find(block, id) else { return false };
        let first = position * self.entry();
        block.drain(first..first + self.entry());
        true
    }

    /// Forgets what was said around an entry.
    pub(crate) fn clear_around(self, block: &mut [u8], id: i64) {
        if self.around
            && let Some(position) = self.find(block, id)
            && let Some(entry) = block.chunks_exact_mut(self.entry()).nth(position)
            && let Some(around) = entry.get_mut(ID + self.vector()..)
        {
            around.fill(0);
        }
    }

    /// Compares all entries of a block with a vector: id, cosine of the words, and cosine of what was said around them.
    pub(crate) fn compare(
        self,
        block: &[u8],
        with: &Sought,
    ) -> impl Iterator<Item = (i64, f32, Option<f32>)> {
        block.chunks_exact(self.entry()).filter_map(move |entry| {
            let (id, rest) = entry.split_at_checked(ID)?;
            let (text, around) = rest.split_at_checked(self.vector())?;
            let id = i64::from_le_bytes(id.try_into().ok()?);
            Some((id, with.cosine(text)?, with.cosine(around)))
        })
    }
}

fn id_of(entry: &[u8]) -> Option<i64> {
    Some(i64::from_le_bytes(entry.get(..ID)?.try_into().ok()?))
}

/// A vector that others are compared with.
#[derive(Clone, Debug)]
pub(crate) struct Sought {
    numbers: Vec<i16>,
    scale: f32,
}

impl Sought {
    /// Of a vector of length one.
    pub(crate) fn new(vector: &[f32]) -> Self {
        let largest = vector.iter().fold(f32::MIN_POSITIVE, |largest, number| largest.max(number.abs()));
        let scale = largest / FINE;
        #[allow(clippy::cast_possible_truncation)]
        let numbers = vector.iter().map(|number| (number / scale).round() as i16).collect();
        Self { numbers, scale }
    }

    /// `None` where there is no vector.
    fn cosine(&self, stored: &[u8]) -> Option<f32> {
        let (scale, numbers) = stored.split_at_checked(SCALE)?;
        let scale = f32::from_le_bytes(scale.try_into().ok()?);
        if scale == 0.0 {
            return None;
        }
        let products = self.numbers.iter().zip(numbers);
        let sum: i32 = products.map(|(a, b)| i32::from(*a) * i32::from(b.cast_signed())).sum();
        #[allow(clippy::cast_precision_loss)]
        Some(sum as f32 * scale * self.scale)
    }
}
