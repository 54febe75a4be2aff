// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which signals are compared: words alone, meaning alone, both, and then one more at a time.

use blufio_recall::{Fusion, Signals};

/// The one that the program uses.
pub(super) const PRODUCT: &str = "product";

/// Name and signals, from the least to the most.
pub(super) fn all() -> Vec<(&'static str, Signals)> {
    let by_rank = Signals { fusion: Fusion::Ranks, ..Signals::NONE };
    let both = Signals { words: true, meaning: true, ..Signals::NONE };
    let around = Signals { around: true, ..both };
    let length = Signals { length: true, ..around };
    let session = Signals { session: true, ..length };
    let speaker = Signals { speaker: true, ..session };
    vec![
        ("words", Signals { words: true, ..by_rank }),
        ("meaning", Signals { meaning: true, ..by_rank }),
        ("meaning, ranks: + around", Signals { meaning: true, around: true, ..by_rank }),
        ("ranks: words, meaning", Signals { fusion: Fusion::Ranks, ..both }),
        ("ranks: words, meaning, around", Signals { fusion: Fusion::Ranks, ..around }),
        ("weighed: words, meaning", both),
        ("+ around", around),
        ("+ length", length),
        ("+ session", session),
        ("+ speaker", speaker),
        (PRODUCT, Signals::PROVED),
        ("product + recency", Signals { recency: true, ..Signals::PROVED }),
    ]
}
