// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sentences of many languages, and the vectors that the original model has for them in full precision.

/// The sentences.
pub(crate) fn sentences() -> Vec<String> {
    serde_json::from_str(include_str!("model/fixture/sentences.json")).unwrap()
}

/// Their vectors, in the same order.
pub(crate) fn vectors() -> Vec<Vec<f32>> {
    let bytes = include_bytes!("model/fixture/vectors.f16");
    let numbers: Vec<f32> =
        bytes.chunks_exact(2).map(|bytes| half(u16::from_le_bytes([bytes[0], bytes[1]]))).collect();
    numbers.chunks_exact(384).map(<[f32]>::to_vec).collect()
}

/// A number of half precision.
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f32::from(bits & 0x3ff) / 1024.0;
    sign * if exponent == 0 {
        fraction * 2_f32.powi(-14)
    } else {
        (1.0 + fraction) * 2_f32.powi(exponent - 15)
    }
}

/// The cosine of two vectors of length one.
pub(crate) fn alike(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
