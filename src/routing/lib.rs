// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides, without a call, how strong a model a message needs.
//!
//! | room | what for |
//! |---|---|
//! | `decide` | the route and the reasons |
//! | `features` | everything that is found in a message, by name |
//! | `weights` | weighs what was found: `weights.txt`, fitted by `examples/fit` to labelled messages |
//! | `words` | says in plain words what was found |
//! | `ask` | tells the person's question from what was pasted or quoted |
//! | `text` | makes words comparable, bounds what is read |
//! | `ideas`, `lexicon` | what words stand for, in each language (`lexicon/*.txt`) |
//! | `shape` | figures, formulas, code, logs, choices |
//! | `fast` | finds courtesies and small errands |
//! | `judge` | counts ideas, and sums up how hard they look |
//! | `talk` | what the conversation adds |
//!
//! ```
//! use blufio_core::route::Route;
//! use blufio_routing::{Signals, decide};
//!
//! let verdict = decide(&Signals { text: "Prove that e is irrational.", attached: &[], earlier: &[] });
//! assert_eq!(verdict.route, Route::Deep);
//! assert_eq!(verdict.reasons[0], "asks for a proof");
//! ```
//!
//! How well it does is measured in `docs/routing.md`.

mod ask;
mod decide;
mod fast;
mod features;
mod ideas;
mod judge;
mod lexicon;
mod shape;
mod talk;
mod text;
mod weights;
mod words;

pub use decide::decide;

use blufio_core::content::Role;
use blufio_core::route::Route;

/// What a message carries besides its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// A picture.
    Photo,
    /// A document.
    Document,
    /// A voice note; its words are part of the text.
    Voice,
}

/// An earlier message of the conversation.
#[derive(Clone, Copy, Debug)]
pub struct Earlier<'a> {
    /// Who spoke.
    pub role: Role,
    /// The words.
    pub text: &'a str,
    /// Of an answer: the route that it took.
    pub route: Option<Route>,
}

/// What a decision is made from.
#[derive(Clone, Copy, Debug)]
pub struct Signals<'a> {
    /// The words of the message.
    pub text: &'a str,
    /// What it carries.
    pub attached: &'a [Attachment],
    /// The last messages before it, oldest first; a handful is enough.
    pub earlier: &'a [Earlier<'a>],
}

/// The names of what is found in a message, each once, in a fixed order: what the weights in `weights.txt` speak of. For
/// whoever fits them.
#[must_use]
pub fn found(signals: &Signals<'_>) -> Vec<String> {
    features::find(signals).names
}

/// A decision, with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The route.
    pub route: Route,
    /// Why, in words for people, the weightiest first. Never empty.
    pub reasons: Vec<String>,
}
