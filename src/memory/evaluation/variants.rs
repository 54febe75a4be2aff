// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which signals are compared: words alone, meaning alone, both, and then one more at a time.

use blufio_recall::Signals;

/// The one that the program uses.
pub(super) const PRODUCT: &str = "product";

/// Name and signals, from the least to the most.
pub(super) fn all() -> Vec<(&'static str, Signals)> {
    let words = Signals { words: true, ..Signals::NONE };
    let meaning = Signals { meaning: true, ..Signals::NONE };
    let both = Signals { words: true, ..meaning };
    let around = Signals { around: true, ..both };
    let length = Signals { weighed: true, length: true, ..around };
    let session = Signals { session: true, ..length };
    let speaker = Signals { speaker: true, ..session };
    vec![
        ("words", words),
        ("meaning", meaning),
        ("meaning, ranks: + around", Signals { around: true, ..meaning }),
        ("ranks: words, meaning", both),
        ("ranks: words, meaning, around", around),
        ("weighed: words, meaning", Signals { weighed: true, ..both }),
        ("+ around", Signals { weighed: true, ..around }),
        ("+ length", length),
        ("+ session", session),
        ("+ speaker", speaker),
        (PRODUCT, Signals::PROVED),
        ("product + recency", Signals { recency: true, ..Signals::PROVED }),
        ("product + importance", Signals { importance: true, ..Signals::PROVED }),
    ]
}
