// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio vault`: secrets at rest.

use crate::exit::Coded;
use crate::global::Global;
use crate::operator;
use crate::passphrase::{self, Source};
use crate::paths::{self, Place};
use crate::terminal::confirm;
use blufio_config::secrets::{self, PlaintextSecret};
use blufio_core::control::{Refusal, RefusalKind, Told, VaultState, VaultStatus};
use blufio_core::secret::SecretString;
use clap::Subcommand;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
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
    /// Throw the vault away, with every secret in it: for a passphrase that is lost
    Discard {
        /// Do not ask
        #[arg(long)]
        yes: bool,
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
            store(&place, &[(&name, &value)], &source)?;
            Told::Done
        }
        Action::Remove { name } => operator::ask(&place, json!({ "ask": "vault_remove", "name": name }))?,
        Action::Discard { yes } => discard(&place, yes)?,
        Action::Rotate { source, new_passphrase_fd } => {
            let old = source.get("Passphrase now: ")?;
            let new = match new_passphrase_fd {
                Some(fd) => Source { passphrase_fd: Some(fd) }.get_new()?,
                // The credential holds the old one, so the new one is asked for.
                None => passphrase::ask_new()?,
            };
            let told = operator::ask(
                &place,
                json!({ "ask": "vault_rotate", "passphrase": old.expose(), "new_passphrase": new.expose() }),
            )?;
            if !global.json {
                println!("The passphrase is another one now.");
                println!(
                    "Where the machine keeps it (blufio-keep-passphrase, or a credential), have it keep this one."
                );
            }
            told
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

/// Throws the vault away, after saying what is lost.
fn discard(place: &Place, yes: bool) -> anyhow::Result<Told> {
    if let Told::Vault(status) = operator::ask(place, json!({ "ask": "vault_status" }))?
        && !yes
    {
        eprintln!(
            "The vault and the {} secrets in it will be gone; nothing brings them back. The rest of the state stays.",
            status.secrets
        );
    }
    confirm("Throw the vault away?", yes)?;
    operator::ask(place, json!({ "ask": "vault_discard" }))
}

/// The passphrase, where the vault is not open already.
fn passphrase(place: &Place, source: &Source) -> anyhow::Result<Option<SecretString>> {
    let told = operator::ask(place, json!({ "ask": "vault_status" }))?;
    let Told::Vault(VaultStatus { state, .. }) = told else {
        anyhow::bail!("the daemon answered something else; it may be of another version");
    };
    match state {
        VaultState::Unsealed => Ok(None),
        VaultState::Uninitialised => {
            Err(Coded::usage("there is no vault yet; make one with `blufio vault init`"))
        }
        VaultState::Sealed => {
            if let Told::Status(status) = operator::ask(place, json!({ "ask": "status" }))?
                && status.pid != 0
            {
                let message = "the running daemon is sealed; open it with `blufio vault unseal` first".into();
                return Err(Refusal { kind: RefusalKind::Sealed, message }.into());
            }
            source.get("Passphrase: ").map(Some)
        }
    }
}

/// Stores secrets. The passphrase is asked for once, and only where the vault is not open already.
pub(crate) fn store(place: &Place, secrets: &[(&str, &SecretString)], source: &Source) -> anyhow::Result<()> {
    let passphrase = passphrase(place, source)?;
    for (name, value) in secrets {
        let passphrase = passphrase.as_ref().map(SecretString::expose);
        operator::ask(
            place,
            json!({ "ask": "vault_set", "name": name, "value": value.expose(), "passphrase": passphrase }),
        )?;
    }
    Ok(())
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
        Some(file) if !file.exists() => {
            return Err(Coded::usage(format!("{}: there is no such file", file.display())));
        }
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
    let chosen = choose(&found)?;
    if !chosen.is_empty() {
        let values: Vec<_> = chosen.iter().map(|secret| (secret.name.as_str(), &secret.value)).collect();
        store(&place, &values, source)?;
    }
    let left = take_out(&found)?;
    if global.json {
        let named = |secrets: &[&PlaintextSecret]| -> Vec<_> {
            secrets
                .iter()
                .map(|secret| json!({ "name": secret.name, "file": secret.file, "line": secret.line }))
                .collect()
        };
        println!("{}", json!({ "stored": named(&chosen), "left": named(&left.iter().collect::<Vec<_>>()) }));
    } else if found.is_empty() {
        println!("No configuration file holds a secret.");
    } else {
        for secret in &chosen {
            println!("{} from {}:{} is in the vault.", secret.name, secret.file.display(), secret.line);
        }
        println!(
            "Copies of the files (backups, version control) may still hold them: renew the secrets then."
        );
    }
    if left.is_empty() { Ok(()) } else { Err(Coded::silent(2)) }
}

/// One value for each name: that of a key before that of a comment. Different values for one name are for the operator
/// to decide; nothing is stored then.
pub(crate) fn choose(found: &[PlaintextSecret]) -> anyhow::Result<Vec<&PlaintextSecret>> {
    let mut chosen: BTreeMap<&str, &PlaintextSecret> = BTreeMap::new();
    let keys_first = found.iter().filter(|secret| secret.key.is_some());
    for secret in keys_first.chain(found.iter().filter(|secret| secret.key.is_none())) {
        match chosen.get(secret.name.as_str()) {
            Some(one) if one.value != secret.value && secret.key.is_some() => {
                return Err(Coded::usage(format!(
                    "two different values for {} stand at {}:{} and {}:{}; take one of them out first. Nothing was changed",
                    secret.name,
                    one.file.display(),
                    one.line,
                    secret.file.display(),
                    secret.line
                )));
            }
            Some(_) => {}
            None => {
                chosen.insert(&secret.name, secret);
            }
        }
    }
    Ok(chosen.into_values().collect())
}

/// Takes secrets out of their files, once they are in the vault. Returns those that have to be taken out by hand, after
/// naming them.
pub(crate) fn take_out(found: &[PlaintextSecret]) -> anyhow::Result<Vec<PlaintextSecret>> {
    let mut left = Vec::new();
    let files: BTreeSet<_> = found.iter().map(|secret| secret.file.clone()).collect();
    for file in files {
        let here: Vec<_> = found.iter().filter(|secret| secret.file == file).cloned().collect();
        left.extend(secrets::remove(&file, &here)?);
    }
    for secret in &left {
        eprintln!(
            "{}:{}:{}: {} stands within a longer text; take it out by hand.",
            secret.file.display(),
            secret.line,
            secret.column,
            secret.name
        );
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(line: usize, value: &str, key: Option<&str>) -> PlaintextSecret {
        PlaintextSecret {
            name: "anthropic-api-key".into(),
            value: SecretString::new(value.into()),
            file: "blufio.toml".into(),
            line,
            column: 1,
            key: key.map(Into::into),
            removable: true,
        }
    }

    #[test]
    fn an_old_key_in_a_comment_does_not_replace_the_one_in_use() {
        let found = [secret(1, "live", Some("anthropic.api_key")), secret(2, "old", None)];
        assert_eq!(choose(&found).unwrap()[0].value.expose(), "live");
    }

    #[test]
    fn two_different_values_are_for_the_operator_to_decide() {
        let found = [secret(1, "one", Some("anthropic.api_key")), secret(7, "two", Some("anthropic.key"))];
        let refused = choose(&found).unwrap_err().to_string();
        assert!(refused.contains("blufio.toml:1") && refused.contains("blufio.toml:7"), "{refused}");
    }
}
