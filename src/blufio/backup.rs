// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio backup`: copies of the whole state, and back.

use crate::assemble::{self, backups};
use crate::clock::SystemClock;
use crate::exit::Coded;
use crate::global::Global;
use crate::operator;
use crate::paths::{self, Place};
use backups::{Past, Restored, Rollback};
use blufio_core::control::Told;
use blufio_core::storage::Backup;
use blufio_core::time::Clock as _;
use clap::Subcommand;
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a backup now, of a running daemon too
    Create {
        /// Put a copy of it there, too: a file that does not exist, or a folder
        #[arg(long, value_name = "PATH")]
        to: Option<PathBuf>,
    },
    /// The backups that lie beside the state
    List,
    /// Look through a backup: whether it is whole and undamaged
    Verify {
        /// The file, or its name as `list` shows it
        file: PathBuf,
    },
    /// Put a backup in the place of the state; what was there is kept
    Restore {
        /// The file, or its name as `list` shows it
        #[arg(required_unless_present = "before_update", conflicts_with = "before_update")]
        file: Option<PathBuf>,
        /// After an update that was taken back: put the copy from before it in place, if the state is too new for this program
        #[arg(long)]
        before_update: bool,
    },
}

pub(crate) fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let place = paths::find(global)?;
    match args.action {
        Action::Create { to } => create(global, &place, to),
        Action::List => list(global, &place),
        Action::Verify { file } => verify(global, &place, &file),
        Action::Restore { file: Some(file), .. } => restore(global, &place, &file),
        Action::Restore { file: None, .. } => before_update(global, &place),
    }
}

fn create(global: &Global, place: &Place, to: Option<PathBuf>) -> anyhow::Result<()> {
    if let Some(to) = &to
        && !to.is_dir()
        && to.symlink_metadata().is_ok()
    {
        return Err(Coded::usage(format!("{} exists already; choose another name", to.display())));
    }
    let Told::BackedUp(backup) = operator::ask(place, json!({ "ask": "back_up" }))? else {
        anyhow::bail!("the daemon answered something else; it may be of another version");
    };
    let copy = match (to, backup.path.file_name()) {
        (Some(folder), Some(name)) if folder.is_dir() => Some(folder.join(name)),
        (to, _) => to,
    };
    if let Some(copy) = &copy {
        // The daemon's user may not write there, and whoever asks may.
        backups::copy(&backup.path, copy)?;
    }
    if global.json {
        println!("{}", json!({ "backup": backup, "copy": copy }));
        return Ok(());
    }
    println!("{}", backup.path.display());
    println!("It is whole: {:.1} MB, schema {}.", megabytes(backup.bytes), backup.schema);
    match copy {
        Some(copy) => println!("A copy of it is {}.", copy.display()),
        None => println!("It lies on the same disk as the state; `--to` puts a copy somewhere else."),
    }
    Ok(())
}

fn list(global: &Global, place: &Place) -> anyhow::Result<()> {
    // Read from the folder, so that it works with a damaged state, too.
    let found = backups::list(&place.database)?;
    if global.json {
        println!("{}", json!({ "backups": found }));
        return Ok(());
    }
    if found.is_empty() {
        println!("There is no backup; `blufio backup create` makes one.");
    }
    let zone = assemble::zone(&place.config);
    for backup in found {
        let Backup { path, made_at, bytes, schema } = backup;
        let name = path.file_name().unwrap_or_default().display().to_string();
        println!("{name}  {:>8.1} MB  schema {schema}  {}", megabytes(bytes), zone.describe(made_at));
    }
    Ok(())
}

fn verify(global: &Global, place: &Place, file: &Path) -> anyhow::Result<()> {
    let found = backups::verify(&named(place, file))?;
    if global.json {
        println!("{}", serde_json::to_string(&found)?);
    } else {
        println!(
            "{} is whole: {:.1} MB, schema {}.",
            found.path.display(),
            megabytes(found.bytes),
            found.schema
        );
    }
    Ok(())
}

fn restore(global: &Global, place: &Place, file: &Path) -> anyhow::Result<()> {
    assemble::make_folder(&place.database)?;
    let restored = backups::restore(&place.database, &named(place, file), SystemClock.now())?;
    if global.json {
        println!("{}", serde_json::to_string(&restored)?);
        return Ok(());
    }
    let Restored { from, state, schema, known, replaced, past } = restored;
    println!("{} is now the state, {}.", from.display(), state.display());
    if schema < known {
        println!("It has schema {schema}; the next start brings it to {known}.");
    }
    if let Some(replaced) = replaced {
        println!("What was there is kept for two weeks as {}.", replaced.display());
    }
    print_past(past);
    println!("Start the daemon now.");
    Ok(())
}

fn before_update(global: &Global, place: &Place) -> anyhow::Result<()> {
    let done = backups::restore_before_update(&place.database, SystemClock.now())?;
    if global.json {
        println!("{}", serde_json::to_string(&done)?);
        return Ok(());
    }
    match done {
        Rollback::Nothing { why } => println!("Nothing was restored: {why}."),
        Rollback::Restored { newer, from, schema, moved, left, past } => {
            println!("The state is what it was before the update: schema {schema} instead of {from}.");
            println!("The newer one is kept for two weeks as {}.", newer.display());
            if moved {
                println!("What was said since the update is in that one only.");
                match left {
                    Some(0) => {}
                    Some(left) => {
                        println!("{left} messages in it wait for an answer, and get none: ask again.")
                    }
                    None => {
                        println!("Whether messages in it wait for an answer cannot be told; they get none.")
                    }
                }
            }
            print_past(past);
        }
    }
    Ok(())
}

fn print_past(Past { unsent, unanswered }: Past) {
    if unsent > 0 {
        println!(
            "{unsent} messages were on their way out then and may have been delivered since: `blufio outbox list` shows them."
        );
    }
    if unanswered > 0 {
        println!("{unanswered} messages waited for an answer then; they are not answered once more.");
    }
}

/// A backup by its file, or by its name in the folder.
fn named(place: &Place, file: &Path) -> PathBuf {
    let inside = place.database.with_file_name(backups::FOLDER).join(file);
    if !file.exists() && inside.exists() { inside } else { file.to_path_buf() }
}

#[allow(clippy::cast_precision_loss)]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
