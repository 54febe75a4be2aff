// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio vault`: secrets at rest.

use crate::cli::Global;
use crate::exit::Coded;
use crate::operator;
use crate::passphrase::{self, Source};
use crate::paths::{self, Place};
use blufio_config::secrets::{self, PlaintextSecret};
use blufio_core::control::{Told, VaultState, VaultStatus};
use blufio_core::secret::SecretString;
use clap::Subcommand;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make the vault
    Init {
        #[command(flatten)]
        source: Source,
    },
    /// Whether there is a vault, and whether it is open
    Status,
    /// Names of the secrets, never their values
    List,
    /// Store a secret; its value is asked for, or read from standard input
    Set {
        /// Its name: anthropic-api-key, telegram-bot-token, or one that the configuration refers to
        name: String,
        #[command(flatten)]
        source: Source,
    },
    /// Remove a secret
    Remove {
        /// Its name
        name: String,
    },
    /// Change the passphrase; every secret is sealed anew
    Rotate {
        #[command(flatten)]
        source: Source,
        /// Read the new passphrase from this file descriptor
        #[arg(long, value_name = "N")]
        new_passphrase_fd: Option<u32>,
    },
    /// Open the vault of the running daemon
    Unseal {
        #[command(flatten)]
        source: Source,
    },
    /// Close the vault of the running daemon, which then stops answering
    Seal,
    /// Move secrets that stand in a configuration file into the vault
    Import {
        /// The file; all files of the configuration if left out
        file: Option<PathBuf>,
        #[command(flatten)]
        source: Source,
    },
}

pub(crate) fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    if let Action::Import { file, source } = args.action {
        return import(global, file, &source);
    }
    // A secret that stands in a file must not keep anybody from making the vault that it is to be moved into.
    let place = paths::find_despite_secrets(global)?;
    let told = match args.action {
        Action::Init { source } => {
            operator::ask(&place, json!({ "ask": "vault_init", "passphrase": source.get_new()?.expose() }))?
        }
        Action::Status => operator::ask(&place, json!({ "ask": "vault_status" }))?,
        Action::List => operator::ask(&place, json!({ "ask": "vault_list" }))?,
        Action::Set { name, source } => {
            let value = passphrase::secret_value(&name)?;
            store(&place, &name, &value, &source)?
        }
        Action::Remove { name } => operator::ask(&place, json!({ "ask": "vault_remove", "name": name }))?,
        Action::Rotate { source, new_passphrase_fd } => {
            let old = source.get("Passphrase now: ")?;
            let new = match new_passphrase_fd {
                Some(fd) => Source { passphrase_fd: Some(fd) }.get_new()?,
                // The credential holds the old one, so the new one is asked for.
                None => passphrase::ask_new()?,
            };
            operator::ask(
                &place,
                json!({ "ask": "vault_rotate", "passphrase": old.expose(), "new_passphrase": new.expose() }),
            )?
        }
        Action::Unseal { source } => {
            let passphrase = source.get("Passphrase: ")?;
            operator::ask_daemon(&place, json!({ "ask": "vault_unseal", "passphrase": passphrase.expose() }))?
        }
        Action::Seal => operator::ask_daemon(&place, json!({ "ask": "vault_seal" }))?,
        Action::Import { .. } => return Ok(()),
    };
    print(global, &told)
}

/// Stores a secret. Only where the vault is not open already is the passphrase asked for.
pub(crate) fn store(
    place: &Place,
    name: &str,
    value: &SecretString,
    source: &Source,
) -> anyhow::Result<Told> {
    let told = operator::ask(place, json!({ "ask": "vault_status" }))?;
    let Told::Vault(VaultStatus { state, .. }) = told else {
        anyhow::bail!("the daemon answered something else; it may be of another version");
    };
    let passphrase = match state {
        VaultState::Unsealed => Value::Null,
        VaultState::Sealed => json!(source.get("Passphrase: ")?.expose()),
        VaultState::Uninitialised => {
            return Err(Coded::usage("there is no vault yet; make one with `blufio vault init`"));
        }
    };
    operator::ask(
        place,
        json!({ "ask": "vault_set", "name": name, "value": value.expose(), "passphrase": passphrase }),
    )
}

fn print(global: &Global, told: &Told) -> anyhow::Result<()> {
    if global.json {
        println!("{}", serde_json::to_string(told)?);
        return Ok(());
    }
    match told {
        Told::Vault(status) => match status.state {
            VaultState::Uninitialised => println!("There is no vault. Make one with `blufio vault init`."),
            VaultState::Sealed => println!("The vault is sealed; it holds {} secrets.", status.secrets),
            VaultState::Unsealed => println!("The vault is open; it holds {} secrets.", status.secrets),
        },
        Told::Secrets { secrets } if secrets.is_empty() => println!("The vault is empty."),
        Told::Secrets { secrets } => secrets.iter().for_each(|secret| println!("{}", secret.name)),
        _ => println!("Done."),
    }
    Ok(())
}

/// Moves plaintext secrets from configuration files into the vault: first stored, then removed from the file.
fn import(global: &Global, file: Option<PathBuf>, source: &Source) -> anyhow::Result<()> {
    let files = match file {
        Some(file) => vec![file],
        None => {
            let layers = paths::layers(global).files.into_iter();
            layers.map(|layer| layer.path).filter(|path| path.exists()).collect()
        }
    };
    let place = paths::find_despite_secrets(global)?;
    let mut found = Vec::new();
    for file in files {
        found.extend(secrets::find(&file).map_err(|problem| Coded::usage(problem.to_string()))?);
    }
    // Of a secret that stands in several places the last one holds, as it would have held in the configuration.
    for secret in &found {
        store(&place, &secret.name, &secret.value, source)?;
        if !global.json {
            println!(
                "{} has moved from {}:{} into the vault.",
                secret.name,
                secret.file.display(),
                secret.line
            );
        }
    }
    take_out(&found)?;
    if global.json {
        let moved: Vec<_> =
            found.iter().map(|secret| json!({ "name": secret.name, "file": secret.file })).collect();
        println!("{}", json!({ "moved": moved }));
    } else if found.is_empty() {
        println!("No configuration file holds a secret.");
    } else {
        println!(
            "Copies of the files (backups, version control) may still hold them: renew the secrets then."
        );
    }
    Ok(())
}

/// Takes secrets out of their files, once they are in the vault. Returns how many have to be taken out by hand, after
/// naming them.
pub(crate) fn take_out(found: &[PlaintextSecret]) -> anyhow::Result<usize> {
    let mut left = 0;
    let files: std::collections::BTreeSet<_> = found.iter().map(|secret| secret.file.clone()).collect();
    for file in files {
        let here: Vec<_> = found.iter().filter(|secret| secret.file == file).cloned().collect();
        for secret in secrets::remove(&file, &here)? {
            left += 1;
            eprintln!(
                "{}:{}:{}: {} stands within a longer text; take it out by hand.",
                secret.file.display(),
                secret.line,
                secret.column,
                secret.name
            );
        }
    }
    Ok(left)
}
