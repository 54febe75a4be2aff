// SPDX-License-Identifier: MIT OR Apache-2.0
//! The files that lie beside the graph while it is loaded, in the form that it wants.
//!
//! The weights are shipped once, as whole numbers of eight bits with a scale for each output. Each number is sixteen times a
//! number of four bits plus another one, and the scales are of half precision, so that the other forms follow from
//! these bytes without any rounding: their vectors differ only in how the sentence itself is rounded on its way.

use crate::form::Form;
use crate::part::Part;
use crate::shape;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// The name of the shipped file; the graph of every form takes its small tensors from there.
const WEIGHTS: &str = "weights.bin";

/// Writes what the form needs into the folder.
///
/// # Errors
/// When the disk fails.
pub(crate) fn write(form: Form, weights: &Part, folder: &Path) -> io::Result<()> {
    let mut copy = File::create(folder.join(WEIGHTS))?;
    weights.each_piece(|piece| copy.write_all(piece))?;
    match form {
        Form::Int8 => Ok(()),
        Form::Nibbles => {
            each_matrix(weights, BufWriter::new(File::create(folder.join("nibbles.bin"))?), nibbles)
        }
        Form::Float => each_matrix(weights, BufWriter::new(File::create(folder.join("floats.bin"))?), floats),
    }
}

/// A matrix as it is shipped: row after row, and the scales of the columns.
struct Matrix {
    inputs: usize,
    outputs: usize,
    weights: Vec<u8>,
    scales: Vec<f32>,
}

fn each_matrix(
    part: &Part,
    mut into: BufWriter<File>,
    write: impl Fn(&Matrix, &mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let mut place = 0;
    let mut read = |length: usize| {
        let mut bytes = vec![0; length];
        part.read_at(place, &mut bytes)?;
        place += u64::try_from(length).unwrap_or(u64::MAX);
        io::Result::Ok(bytes)
    };
    for (inputs, outputs) in shape::matrices() {
        let weights = read(inputs * outputs)?;
        let scales = read(outputs * 4)?;
        let scales =
            scales.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap_or_default()));
        write(&Matrix { inputs, outputs, weights, scales: scales.collect() }, &mut into)?;
    }
    into.flush()
}

/// The sixteens and the ones of a number from -127 to 119, each from -8 to 7.
fn halves(number: i8) -> (i8, i8) {
    let number = i16::from(number);
    let low = (number + 8).rem_euclid(16) - 8;
    let narrow = |half: i16| i8::try_from(half).unwrap_or_default();
    (narrow((number - low) / 16), narrow(low))
}

/// Column after column, two weights in a byte, eight added to each so that none is negative; first all sixteens, then all
/// ones; then the scale of each block, which is the same for all blocks of a column.
fn nibbles(matrix: &Matrix, into: &mut BufWriter<File>) -> io::Result<()> {
    let half = matrix.inputs / 2;
    let mut high = vec![0_u8; half * matrix.outputs];
    let mut low = high.clone();
    for (input, row) in matrix.weights.chunks_exact(matrix.outputs).enumerate() {
        let shift = if input % 2 == 0 { 0 } else { 4 };
        let columns = high.chunks_exact_mut(half).zip(low.chunks_exact_mut(half));
        for (weight, (high, low)) in row.iter().zip(columns) {
            let (sixteens, ones) = halves(weight.cast_signed());
            for (half, into) in [(sixteens, high.get_mut(input / 2)), (ones, low.get_mut(input / 2))] {
                if let Some(into) = into {
                    *into |= (half + 8).cast_unsigned() << shift;
                }
            }
        }
    }
    into.write_all(&high)?;
    into.write_all(&low)?;
    for unit in [16.0, 1.0] {
        for scale in &matrix.scales {
            for _ in 0..matrix.inputs / shape::BLOCK {
                into.write_all(&(scale * unit).to_le_bytes())?;
            }
        }
    }
    Ok(())
}

/// Row after row, as numbers with a point.
fn floats(matrix: &Matrix, into: &mut BufWriter<File>) -> io::Result<()> {
    for row in matrix.weights.chunks_exact(matrix.outputs) {
        for (weight, scale) in row.iter().zip(&matrix.scales) {
            into.write_all(&(f32::from(weight.cast_signed()) * scale).to_le_bytes())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_weight_is_the_sum_of_its_halves() {
        for number in -127..=119 {
            let (high, low) = halves(number);
            assert_eq!(i16::from(high) * 16 + i16::from(low), i16::from(number));
            assert!((-8..8).contains(&high) && (-8..8).contains(&low), "{number}: {high} {low}");
        }
    }
}
