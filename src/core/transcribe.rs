// SPDX-License-Identifier: MIT OR Apache-2.0
//! The hook that turns a voice note into text.

use async_trait::async_trait;

/// Why there is no text.
#[derive(Debug, thiserror::Error)]
pub enum TranscribeError {
    /// The hook did not answer in time.
    #[error("transcription took longer than {0:?}")]
    Timeout(std::time::Duration),
    /// The hook failed; the text says how and what to check.
    #[error("transcription failed: {0}")]
    Failed(String),
    /// The hook heard nothing.
    #[error("the recording holds no speech that could be understood")]
    Empty,
}

/// Turns speech into text.
#[async_trait]
pub trait Transcriber: Send + Sync {
    /// The words of a recording. Dropping the future ends the work, child processes included.
    ///
    /// # Errors
    /// See [`TranscribeError`].
    async fn transcribe(&self, audio: &[u8], media_type: &str) -> Result<String, TranscribeError>;
}
