// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where secrets come from: the vault, systemd credentials, two environment variables. In this order.

use anyhow::Context as _;
use blufio_core::secret::SecretString;
use blufio_vault::{Vault, VaultError};
use std::io::Read as _;
use std::path::PathBuf;
use zeroize::Zeroize as _;

/// Name of the key for the Anthropic API.
pub(crate) const ANTHROPIC: &str = "anthropic-api-key";
/// Name of the token of the Telegram bot.
pub(crate) const TELEGRAM: &str = "telegram-bot-token";

/// Longest secret that is read, bytes: what the vault takes.
pub(crate) const LONGEST: usize = blufio_vault::MAX_VALUE_BYTES;

/// The environment variable that may hold a secret.
fn variable(name: &str) -> Option<&'static str> {
    match name {
        ANTHROPIC => Some("ANTHROPIC_API_KEY"),
        TELEGRAM => Some("TELEGRAM_BOT_TOKEN"),
        _ => None,
    }
}

/// Finds a secret. `None`: it is nowhere.
///
/// # Errors
/// When the vault holds it and cannot give it, or a credential cannot be read.
pub(crate) async fn find(vault: &Vault, name: &str) -> anyhow::Result<Option<SecretString>> {
    match vault.get(name).await {
        Ok(Some(value)) => return Ok(Some(value)),
        Ok(None) | Err(VaultError::Sealed | VaultError::Uninitialised) => {}
        Err(error) => return Err(error.into()),
    }
    if let Some(value) = credential(name)? {
        return Ok(Some(value));
    }
    let from_environment = variable(name).and_then(|variable| std::env::var(variable).ok());
    Ok(from_environment
        .map(|value| SecretString::new(value.trim().to_owned()))
        .filter(|value| !value.expose().is_empty()))
}

/// How to provide a secret, for an error.
pub(crate) fn remedy(name: &str) -> String {
    let variable = variable(name).map(|variable| format!(", or set {variable}")).unwrap_or_default();
    format!(
        "there is no {name}: run `blufio vault set {name}`, hand it over as the systemd credential {name}{variable}"
    )
}

/// A file in systemd's credentials directory: NAME, which a drop-in may have put there, otherwise blufio.NAME, which the
/// unit imports from the machine's.
pub(crate) fn credential(name: &str) -> anyhow::Result<Option<SecretString>> {
    let Some(folder) = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from) else {
        return Ok(None);
    };
    match credential_at(&folder.join(name))? {
        Some(value) => Ok(Some(value)),
        None => credential_at(&folder.join(format!("blufio.{name}"))),
    }
}

fn credential_at(path: &std::path::Path) -> anyhow::Result<Option<SecretString>> {
    match std::fs::File::open(path) {
        Ok(file) => read_one(file, LONGEST)
            .with_context(|| format!("credential {}", path.display()))
            .map(|value| Some(value).filter(|value| !value.expose().is_empty())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("credential {}", path.display())),
    }
}

/// Reads one secret of at most `limit` bytes: up to the end, without the line break that editors add.
pub(crate) fn read_one(source: impl std::io::Read, limit: usize) -> anyhow::Result<SecretString> {
    // Large enough from the start: a buffer that grows leaves copies behind.
    let mut text = String::with_capacity(limit.saturating_add(2));
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    if let Err(error) = source.take(most).read_to_string(&mut text) {
        text.zeroize();
        return Err(error).context("not readable as UTF-8 text");
    }
    if text.len() > limit {
        text.zeroize();
        anyhow::bail!("longer than {limit} bytes");
    }
    let kept = text.trim_end_matches(['\n', '\r']).len();
    text.truncate(kept);
    Ok(SecretString::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_break_at_the_end_is_not_part_of_the_secret() {
        assert_eq!(read_one("pass phrase \r\n".as_bytes(), 99).unwrap().expose(), "pass phrase ");
        assert!(read_one([b'x'; 100].as_slice(), 99).is_err());
        assert!(read_one([0xFF].as_slice(), 99).is_err());
    }
}
