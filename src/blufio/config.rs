// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio config`: read, write and check the configuration.

use crate::exit::Coded;
use crate::global::Global;
use crate::passphrase::{self, Source};
use crate::{assemble, paths, vault};
use blufio_config::edit::{self, EditError};
use clap::Subcommand;
use serde_json::json;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// The value that holds for a key, and where it comes from
    Get {
        /// The key, for example routing.standard
        key: String,
    },
    /// Set a key in the configuration file; comments and order are kept
    Set {
        /// The key, for example routing.standard
        key: String,
        /// Its value
        value: String,
    },
    /// Store a secret in the vault, and take it out of the configuration files if it stands there
    SetSecret {
        /// Its name: anthropic-api-key, telegram-bot-token, or one that the configuration refers to
        name: String,
        #[command(flatten)]
        source: Source,
    },
    /// Check everything, and say all that is wrong at once
    Validate,
    /// Which files are read, in which order, and which one `set` writes
    Path,
    /// A blufio.toml with every key, its default and what it is for
    Defaults,
}

pub(crate) fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    match args.action {
        Action::Get { key } => get(global, &key),
        Action::Set { key, value } => set(global, &key, &value),
        Action::SetSecret { name, source } => set_secret(global, &name, &source),
        Action::Validate => validate(global),
        Action::Path => path(global),
        Action::Defaults => {
            print!("{}", blufio_config::defaults_toml());
            Ok(())
        }
    }
}

fn get(global: &Global, key: &str) -> anyhow::Result<()> {
    let effective =
        edit::get(&paths::layers(global), key).map_err(|problems| Coded::usage(problems.to_string()))?;
    if global.json {
        println!("{}", serde_json::to_string(&effective)?);
    } else {
        match effective.value.as_str() {
            Some(text) => println!("{text}"),
            None => println!("{}", effective.value),
        }
        eprintln!("({})", effective.origin);
    }
    Ok(())
}

fn set(global: &Global, key: &str, value: &str) -> anyhow::Result<()> {
    let layers = paths::layers(global);
    let file = layers.file_to_edit().ok_or_else(|| {
        Coded::usage("there is no place for a configuration file: use --config FILE, or set $HOME")
    })?;
    let change = edit::set(&layers, file, key, value).map_err(|error| match error {
        // Not the operator's words, but the disk.
        EditError::Write { .. } => anyhow::Error::from(error),
        refused => Coded::usage(refused.to_string()),
    })?;
    if global.json {
        println!("{}", serde_json::to_string(&change)?);
        return Ok(());
    }
    println!("{} is set in {}.", change.key, change.file.display());
    match change.overruled_by {
        Some(origin) => println!("It has no effect: {origin} overrules it."),
        None => println!("A running daemon uses it after its next start."),
    }
    Ok(())
}

fn set_secret(global: &Global, name: &str, source: &Source) -> anyhow::Result<()> {
    let place = paths::find_despite_secrets(global)?;
    let mut standing = Vec::new();
    for layer in paths::layers(global).files.iter().filter(|layer| layer.path.exists()) {
        let found =
            blufio_config::secrets::find(&layer.path).map_err(|problem| Coded::usage(problem.to_string()))?;
        standing.extend(found.into_iter().filter(|secret| secret.name == name));
    }
    // What stands in a file is moved; only otherwise is a value asked for.
    let value = match vault::choose(&standing)?.first() {
        Some(found) => found.value.clone(),
        None => passphrase::secret_value(name)?,
    };
    vault::store(&place, &[(name, &value)], source)?;
    let left = vault::take_out(&standing)?;
    if global.json {
        println!("{}", json!({ "name": name, "moved_from_files": standing.len() - left.len() }));
    } else {
        println!("{name} is in the vault.");
    }
    if left.is_empty() { Ok(()) } else { Err(Coded::silent(2)) }
}

fn validate(global: &Global) -> anyhow::Result<()> {
    let layers = paths::layers(global);
    let problems = match blufio_config::load(&layers) {
        Ok(loaded) => assemble::check(&loaded.config),
        Err(problems) => problems.0,
    };
    if global.json {
        println!("{}", json!({ "valid": problems.is_empty(), "problems": problems }));
    } else if problems.is_empty() {
        println!("The configuration is valid.");
    } else {
        eprintln!("{}", blufio_config::Problems(problems.clone()));
        eprintln!("\n{} problem{}.", problems.len(), if problems.len() == 1 { "" } else { "s" });
    }
    if problems.is_empty() { Ok(()) } else { Err(Coded::silent(2)) }
}

fn path(global: &Global) -> anyhow::Result<()> {
    let layers = paths::layers(global);
    let edited = layers.file_to_edit();
    if global.json {
        let files: Vec<_> = layers
            .files
            .iter()
            .map(|file| json!({ "path": file.path, "exists": file.path.exists(), "edited": edited == Some(file.path.as_path()) }))
            .collect();
        println!("{}", json!({ "files": files }));
        return Ok(());
    }
    for file in &layers.files {
        let is = if file.path.exists() { "read" } else { "not there" };
        let edited = if edited == Some(file.path.as_path()) { ", written by `config set`" } else { "" };
        println!("{}  ({is}{edited})", file.path.display());
    }
    println!("environment variables BLUFIO_SECTION__KEY  (read last)");
    Ok(())
}
