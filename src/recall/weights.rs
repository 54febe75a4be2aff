// SPDX-License-Identifier: MIT OR Apache-2.0
//! How much each clue counts: `weights.txt`, fitted by `examples/fit` to what `blufio memory eval --clues` writes.

use crate::clues::Clues;
use std::sync::LazyLock;

/// How much each clue counts for one purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Weights {
    bias: f64,
    weights: [f64; Clues::NAMES.len()],
}

impl Weights {
    fn sum(&self, clues: &Clues) -> f64 {
        self.weights.iter().zip(&clues.values).map(|(weight, value)| weight * value).sum::<f64>() + self.bias
    }
}

struct All {
    /// The order of what can be compared by its meaning, and how well it fits.
    order: Weights,
    fit: Weights,
    /// The same by words alone.
    order_by_words: Weights,
    fit_by_words: Weights,
}

static ALL: LazyLock<All> = LazyLock::new(|| {
    let of = |purpose| read(include_str!("weights.txt"), purpose);
    All {
        order: of("order"),
        fit: of("fit"),
        order_by_words: of("order-by-words"),
        fit_by_words: of("fit-by-words"),
    }
});

/// The weights for one purpose. Lines that cannot be read count for nothing; a test looks for such.
fn read(text: &str, purpose: &str) -> Weights {
    let mut weights = Weights::default();
    for (name, weight) in text.lines().filter_map(|line| line_of(line, purpose)) {
        if name == "bias" {
            weights.bias = weight;
        } else if let Some(at) = Clues::NAMES.iter().position(|known| *known == name)
            && let Some(place) = weights.weights.get_mut(at)
        {
            *place = weight;
        }
    }
    weights
}

fn line_of<'a>(line: &'a str, purpose: &str) -> Option<(&'a str, f64)> {
    let (name, weight) = line.strip_prefix(purpose)?.strip_prefix(':')?.rsplit_once(' ')?;
    Some((name.trim(), weight.parse().ok()?))
}

/// What decides about the order.
pub(crate) fn order(clues: &Clues) -> f64 {
    if clues.by_meaning { ALL.order.sum(clues) } else { ALL.order_by_words.sum(clues) }
}

/// How well it fits, 0 to 1.
pub(crate) fn fit(clues: &Clues) -> f64 {
    let sum = if clues.telling { ALL.fit.sum(clues) } else { ALL.fit_by_words.sum(clues) };
    1.0 / (1.0 + (-sum).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read() {
        for line in include_str!("weights.txt").lines().filter(|line| !line.starts_with('#')) {
            let purpose = line.split(':').next().unwrap();
            let (name, _) = line_of(line, purpose).unwrap_or_else(|| panic!("{line}"));
            assert!(["order", "fit", "order-by-words", "fit-by-words"].contains(&purpose), "{line}");
            assert!(name == "bias" || Clues::NAMES.contains(&name), "{line}");
        }
    }

    #[test]
    fn meaning_and_words_speak_for_a_candidate() {
        let with = |name: &str, value: f64, by_meaning| {
            let mut clues =
                Clues { by_meaning, telling: by_meaning, keyword: 0.0, values: [0.0; Clues::NAMES.len()] };
            clues.values[Clues::NAMES.iter().position(|known| *known == name).unwrap()] = value;
            clues
        };
        for name in ["meaning", "around", "share"] {
            assert!(order(&with(name, 0.9, true)) > order(&with(name, 0.1, true)), "{name}");
            assert!(fit(&with(name, 0.9, true)) > fit(&with(name, 0.1, true)), "{name}");
        }
        assert!(fit(&with("share", 0.9, false)) > fit(&with("share", 0.1, false)));
    }
}
