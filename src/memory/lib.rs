// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sentences become vectors: a local model on a thread of its own, without any other machine. And what is remembered is found again.
//!
//! | room | holds |
//! |---|---|
//! | `embedder` | [`Embedder`]: the thread, its queue, loading at first use, giving back after idling |
//! | `queue` | what waits for the model, those in a hurry first |
//! | `form` | [`Form`]: the arithmetic that the processor is good at |
//! | `model` | [`Source`]: a model, found, known by its identity, loaded, run |
//! | `shipped`, `shape` | the model that comes with the program; `model/README.md` says where it is from |
//! | `foreign` | other sentence models, as they are published |
//! | `part`, `words`, `layout`, `scratch` | the files: read piece by piece, and laid out while the model loads |
//! | `session` | the graph, run by ONNX Runtime's interface on a backend in pure Rust |
//! | `tokenizer` | WordPiece, as BERT has it |
//! | `recaller` | [`Recaller`]: what fits a message, out of all that is remembered |
//! | `evaluation` | [`evaluation::run`]: how well that goes, measured |
//! | `error` | [`ModelError`]: why a model cannot be used |
//!
//! ```
//! use blufio_core::embedding::{Embedding, Patience};
//! use blufio_memory::{Embedder, Options, Source};
//!
//! # #[cfg(feature = "model")]
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let embedder = Embedder::open(Options::new(Source::Inside, std::env::temp_dir()))?;
//! let texts = ["My dog's name is Max.", "What is my dog called?", "The train leaves at seven."];
//! let vectors = embedder.embed(&texts, Patience::Unhurried).await?;
//! let alike = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
//! assert!(alike(&vectors[0], &vectors[1]) > alike(&vectors[2], &vectors[1]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod embedder;
mod error;
pub mod evaluation;
mod foreign;
mod form;
mod layout;
mod model;
mod part;
mod queue;
mod recaller;
mod scratch;
mod session;
mod shape;
mod shipped;
mod tokenizer;
mod words;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub use embedder::{Embedder, Options};
pub use error::ModelError;
pub use form::Form;
pub use model::Source;
pub use recaller::Recaller;
