// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is worth remembering, and what fits a message. Words and numbers only: no storage, no model, no clock.
//!
//! | room | holds |
//! |---|---|
//! | `words` | [`words`]: what a text is about, in single words |
//! | `stop` | words that say nothing, in many languages (`stop.txt`) |
//! | `script` | which letters join to words, and which scripts write without spaces |
//! | `chunks` | [`chunks`], [`around`]: messages as they are found again |
//! | `support` | [`supports`]: whether a person has said what a statement says |
//! | `asked`, `cues` | [`Asked`]: what somebody wants to know, as it is looked for |
//! | `clues` | [`Clues`]: what speaks for each candidate, in numbers |
//! | `weights` | how much each counts (`weights.txt`, fitted by `examples/fit`) |
//! | `fusion` | one list of what words and meaning have found, by reciprocal rank |
//! | `rank` | [`rank`]: candidates in their order, and the [`THRESHOLD`] below which nothing is shown |
//! | `secrets` | [`holds_secret`]: what is never remembered |
//!
//! ```
//! assert!(blufio_recall::supports("my dog max hates thunder", "The person's dog is called Max."));
//! assert!(blufio_recall::holds_secret("the alarm code is 4711"));
//! ```

mod asked;
mod chunks;
mod clues;
mod cues;
mod fusion;
mod rank;
mod script;
mod secrets;
mod stop;
mod support;
mod weights;
mod words;

pub use asked::Asked;
pub use chunks::{around, chunks};
pub use clues::Clues;
pub use rank::{Ranked, Signals, THRESHOLD, rank};
pub use secrets::holds_secret;
pub use support::supports;
pub use words::words;
