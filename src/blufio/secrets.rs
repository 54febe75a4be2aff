// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where secrets come from: the vault, systemd credentials, two environment variables. In this order.

use anyhow::Context as _;
use blufio_core::secret::SecretString;
use blufio_vault::{Vault, VaultError};
use std::path::PathBuf;

/// Name of the key for the Anthropic API.
pub(crate) const ANTHROPIC: &str = "anthropic-api-key";
/// Name of the token of the Telegram bot.
pub(crate) const TELEGRAM: &str = "telegram-bot-token";

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

/// A file in systemd's credentials directory.
pub(crate) fn credential(name: &str) -> anyhow::Result<Option<SecretString>> {
    let Some(folder) = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from) else {
        return Ok(None);
    };
    let path = folder.join(name);
    match std::fs::File::open(&path) {
        Ok(file) => crate::passphrase::read_secret(file, crate::passphrase::SECRET_LIMIT)
            .with_context(|| format!("credential {}", path.display()))
            .map(|value| Some(value).filter(|value| !value.expose().is_empty())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("credential {}", path.display())),
    }
}
