// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio memory`: what the agent remembers.
//!
//! | room | holds |
//! |---|---|
//! | `show` | memories and past words on the terminal |
//! | `export`, `import` | all that is remembered as one JSON object, and memories out of one |
//! | `eval` | how well things are found again, measured on a file of conversations and questions |

mod eval;
mod export;
mod import;
mod show;

use crate::exit::Coded;
use crate::global::Global;
use crate::operator;
use crate::paths;
use crate::terminal::confirm;
use blufio_core::control::Told;
use blufio_core::ids::MemoryId;
use blufio_core::memory::{ItemId, MemoryKind};
use blufio_core::storage::Forgotten;
use clap::Subcommand;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Remember something: one statement, for everybody who talks to the agent
    Add {
        /// The statement
        #[arg(required = true)]
        text: Vec<String>,
        /// What it is about
        #[arg(long, default_value = "fact", value_parser = kind)]
        kind: MemoryKind,
    },
    /// What is remembered, newest first
    List {
        /// How many at most
        #[arg(short = 'n', long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
        /// Also what holds no more
        #[arg(long)]
        replaced: bool,
        /// Those that were kept before this one: the last of the page before
        #[arg(long, value_name = "ID", value_parser = memory)]
        before: Option<MemoryId>,
    },
    /// What fits some words: memories, and what was said in past conversations
    Search {
        /// The words
        #[arg(required = true)]
        text: Vec<String>,
        /// How many at most
        #[arg(short = 'n', long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
    },
    /// One memory: where it is from, how often it was used, what it replaced
    Show {
        /// Its number, as `list` shows it
        #[arg(value_parser = memory)]
        id: MemoryId,
    },
    /// Delete for good: rows, vectors, keywords, and the words in the transcript
    Forget {
        /// Numbers of memories (12 or m12) and of past words (p34), as `list` and `search` show them
        #[arg(required = true, value_parser = item)]
        items: Vec<ItemId>,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
    /// Write all that is remembered as JSON: memories with their history, and past words
    Export {
        /// Into this file; to standard output without one
        file: Option<PathBuf>,
    },
    /// Take memories in that were exported; those that are known are left as they are, and so are past words
    Import {
        /// The file
        file: PathBuf,
    },
    /// Measure how well things are found again: conversations and questions in the LoCoMo format
    Eval(eval::Args),
}

pub(crate) fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let place = paths::find(global)?;
    let ask = match args.action {
        Action::Add { text, kind } => json!({ "ask": "memory_add", "text": text.join(" "), "kind": kind }),
        Action::List { limit, replaced, before } => {
            json!({ "ask": "memory_list", "limit": limit, "replaced": replaced, "before": before })
        }
        Action::Search { text, limit } => {
            json!({ "ask": "memory_search", "text": text.join(" "), "limit": limit })
        }
        Action::Show { id } => json!({ "ask": "memory_show", "id": id }),
        Action::Forget { items, yes } => {
            confirm(&format!("Delete {} for good?", items.len()), yes)?;
            json!({ "ask": "memory_forget", "items": items })
        }
        Action::Export { file } => return export::run(global, &place, file.as_deref()),
        Action::Import { file } => return import::run(global, &place, &file),
        Action::Eval(args) => return eval::run(global, &place, &args),
    };
    let told = operator::ask(&place, ask)?;
    if let Told::Forgotten(Forgotten { memories: 0, messages: 0 }) = &told {
        return Err(Coded::usage("nothing of that is remembered; see `blufio memory list` and `search`"));
    }
    if global.json {
        println!("{}", serde_json::to_string(&told)?);
        return Ok(());
    }
    show::show(&place, &told)
}

fn kind(name: &str) -> Result<MemoryKind, String> {
    MemoryKind::named(name).ok_or_else(|| {
        let names: Vec<_> = MemoryKind::ALL.iter().map(|kind| kind.name()).collect();
        format!("one of {}", names.join(", "))
    })
}

fn item(text: &str) -> Result<ItemId, String> {
    text.parse().map_err(|_| "a number such as 12, m12 or p34".to_owned())
}

fn memory(text: &str) -> Result<MemoryId, String> {
    match item(text)? {
        ItemId::Memory(id) => Ok(id),
        ItemId::Passage(_) => {
            Err("the number of a memory, such as 12 or m12; past words stand in `search`".into())
        }
    }
}

/// The daemon's answer was none to the question.
fn foreign() -> anyhow::Error {
    anyhow::anyhow!("the daemon answered something else; it may be of another version")
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::ids::PassageId;

    #[test]
    fn memories_and_past_words_are_told_apart_by_a_letter() {
        assert_eq!(item("12"), Ok(ItemId::Memory(MemoryId(12))));
        assert_eq!(item("m12"), Ok(ItemId::Memory(MemoryId(12))));
        assert_eq!(item("p34"), Ok(ItemId::Passage(PassageId(34))));
        assert!(item("x1").is_err() && item("p").is_err() && item("12a").is_err());
        assert_eq!(memory("m12"), Ok(MemoryId(12)));
        assert!(memory("p34").is_err());
    }
}
