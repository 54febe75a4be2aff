// SPDX-License-Identifier: MIT OR Apache-2.0
//! The persona as the model is told it: the text of the configuration, then the files.

use crate::model::AgentConfig;
use std::io::Read;
use std::path::PathBuf;

/// Largest persona file, in bytes. Every turn pays for it.
const LARGEST: u64 = 256 * 1024;

/// A persona file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PersonaError {
    /// It cannot be read, or is not UTF-8.
    #[error("the persona file {path}, which `agent.persona_files` names, cannot be read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is too large to be sent with every turn. Trying again does not help.
    #[error("the persona file {path} is larger than {limit} KiB, and would be sent with every turn")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit, KiB.
        limit: u64,
    },
}

impl AgentConfig {
    /// Puts the persona together: `agent.persona` with `{name}` replaced, then each file after an empty line. Reads the
    /// files anew on every call.
    ///
    /// # Errors
    /// When a file cannot be read or is too large.
    pub fn persona_text(&self) -> Result<String, PersonaError> {
        let mut parts = vec![self.persona.replace("{name}", &self.name).trim().to_owned()];
        for path in &self.persona_files {
            let mut text = String::new();
            std::fs::File::open(path)
                .and_then(|file| file.take(LARGEST.saturating_add(1)).read_to_string(&mut text))
                .map_err(|source| PersonaError::Unreadable { path: path.clone(), source })?;
            if u64::try_from(text.len()).unwrap_or(u64::MAX) > LARGEST {
                return Err(PersonaError::TooLarge { path: path.clone(), limit: LARGEST / 1024 });
            }
            parts.push(text.trim().to_owned());
        }
        parts.retain(|part| !part.is_empty());
        Ok(parts.join("\n\n"))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Layers, load};

    #[test]
    fn the_files_follow_the_persona_and_the_name_is_put_in() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("more.md");
        std::fs::write(&file, "Likes tea.\n").unwrap();
        let mut agent = load(&Layers::default()).unwrap().config.agent;
        agent.name = "Ada".into();
        agent.persona_files = vec![file];
        let text = agent.persona_text().unwrap();
        assert!(text.starts_with("You are Ada,"), "{text}");
        assert!(text.ends_with("\n\nLikes tea."), "{text}");
    }

    #[test]
    fn a_missing_or_a_huge_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut agent = load(&Layers::default()).unwrap().config.agent;
        agent.persona_files = vec![folder.path().join("none.md")];
        assert!(agent.persona_text().unwrap_err().to_string().contains("none.md"));
        let file = folder.path().join("huge.md");
        std::fs::write(&file, vec![b'a'; 300 * 1024]).unwrap();
        agent.persona_files = vec![file];
        assert!(agent.persona_text().unwrap_err().to_string().contains("larger than 256 KiB"));
    }
}
