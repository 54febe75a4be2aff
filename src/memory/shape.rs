// SPDX-License-Identifier: MIT OR Apache-2.0
//! The measures of the shipped model.

/// Numbers for each token, and in each vector.
pub(crate) const WIDTH: usize = 384;
/// Numbers in the middle of a layer.
pub(crate) const INNER: usize = 1536;
/// Layers.
pub(crate) const LAYERS: usize = 6;
/// Words in the vocabulary.
pub(crate) const WORDS: usize = 30_522;
/// Tokens of the longest text.
pub(crate) const LONGEST: usize = 256;
/// Weights that share a scale in the form of four bits.
pub(crate) const BLOCK: usize = 32;

/// The matrices in the order in which the file of the weights has them: inputs and outputs of each.
pub(crate) fn matrices() -> impl Iterator<Item = (usize, usize)> {
    let layer = [(WIDTH, 3 * WIDTH), (WIDTH, WIDTH), (WIDTH, INNER), (INNER, WIDTH)];
    (0..LAYERS).flat_map(move |_| layer)
}
