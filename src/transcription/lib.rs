// SPDX-License-Identifier: MIT OR Apache-2.0
//! Turns voice into text through a command or an HTTP endpoint of the operator's choice.
//!
//! | room | holds |
//! |---|---|
//! | `command` | [`CommandTranscriber`]: a program that reads the recording and prints its words |
//! | `group` | a child process and its children, ended together |
//! | `endpoint` | [`EndpointTranscriber`]: a server that speaks as OpenAI's `/v1/audio/transcriptions` does |
//! | `file_name` | the file name by which such servers tell formats apart |
//! | `words` | what counts as an answer |
//!
//! ```
//! use blufio_core::transcribe::Transcriber;
//! use blufio_transcription::CommandTranscriber;
//! use std::time::Duration;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! // A program for people who send their voice notes already written down.
//! let transcriber = CommandTranscriber::new(vec!["cat".into()], Duration::from_secs(10))?;
//! assert_eq!(transcriber.transcribe(b"good morning\n", "audio/ogg").await?, "good morning");
//! # Ok::<(), blufio_core::transcribe::TranscribeError>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod command;
mod endpoint;
mod file_name;
mod group;
mod words;

pub use command::CommandTranscriber;
pub use endpoint::{EndpointOptions, EndpointTranscriber};
