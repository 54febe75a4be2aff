// SPDX-License-Identifier: MIT OR Apache-2.0
use super::foreign;
use crate::money::here;
use crate::paths::Place;
use crate::terminal::{beginning, visible};
use blufio_core::control::Told;
use blufio_core::memory::{Item, Memory, MemoryScope, MemorySource};
use blufio_core::recall::{ByMeaning, Recollection};

/// Characters of a text on one line.
const LINE: usize = 160;
/// Further places where something was said that are named.
const PLACES: usize = 10;

pub(super) fn show(place: &Place, told: &Told) -> anyhow::Result<()> {
    let (zone, _) = here(place);
    match told {
        Told::Remembered(remembered) if remembered.new => println!("Remembered as {}.", remembered.memory.id),
        Told::Remembered(remembered) => println!("That was known already, as {}.", remembered.memory.id),
        Told::Memories { memories } if memories.is_empty() => println!("Nothing is remembered yet."),
        Told::Memories { memories } => {
            for memory in memories {
                let mark = if memory.replaced.is_some() { "no more" } else { memory.kind.name() };
                let day = zone.date(memory.learned_at);
                println!("{:>6}  {day}  {mark:<11} {}", memory.id, beginning(&memory.text, LINE));
            }
        }
        Told::Recalled(recalled) => {
            if recalled.found.is_empty() {
                println!("Nothing fits.");
            }
            for found in &recalled.found {
                recollection(found, &zone);
            }
            match recalled.by_meaning {
                ByMeaning::Late => println!("\nBy words alone: the model was not loaded in time."),
                ByMeaning::Off => println!("\nBy words alone: there is no model."),
                ByMeaning::Yes | ByMeaning::Needless => {}
            }
        }
        Told::Memory { memory, earlier, sources } => {
            one(memory, sources, &zone);
            for earlier in earlier {
                let until = earlier.replaced.map_or(memory.learned_at, |replaced| replaced.at);
                println!("  until {}  {} ({})", zone.date(until), visible(&earlier.text), earlier.id);
            }
        }
        Told::Forgotten(forgotten) => println!(
            "Forgotten: {} of what was remembered, the words of {} messages.",
            forgotten.memories, forgotten.messages
        ),
        _ => return Err(foreign()),
    }
    Ok(())
}

fn recollection(found: &Recollection, zone: &blufio_calendar::Zone) {
    let (id, kind) = match &found.item {
        Item::Memory(memory) => (format!("m{}", memory.id), memory.kind.name()),
        Item::Passage(passage) => (format!("p{}", passage.id), "said"),
    };
    let day = zone.date(found.item.at());
    println!("{id:>7}  {day}  {kind:<11} {}", beginning(found.item.text(), LINE));
    println!("         {:.2}  {}", found.score, visible(&found.reasons.join("; ")));
}

fn place(source: MemorySource) -> String {
    match source {
        MemorySource::Message(id) => format!("message {id}"),
        MemorySource::Turn(id) => format!("turn {id}"),
    }
}

fn one(memory: &Memory, sources: &[MemorySource], zone: &blufio_calendar::Zone) {
    println!("{}", visible(&memory.text));
    println!("  kind      {}", memory.kind);
    println!("  learned   {}", zone.describe(memory.learned_at));
    println!("  trust     {}, {} of 100", memory.trust.name(), memory.confidence);
    let from = memory.source.map_or_else(|| "entered by hand".to_owned(), place);
    println!("  from      {from}");
    let again: Vec<MemorySource> =
        sources.iter().filter(|source| memory.source != Some(**source)).copied().collect();
    if !again.is_empty() {
        let mut places: Vec<String> = again.iter().take(PLACES).copied().map(place).collect();
        if let Some(more) = again.len().checked_sub(PLACES).filter(|more| *more > 0) {
            places.push(format!("and {more} more"));
        }
        println!("  also in   {}", places.join(", "));
    }
    let scope = match &memory.scope {
        MemoryScope::Agent => "everybody who talks to the agent".to_owned(),
        MemoryScope::Person { channel, sender } if sender.is_empty() => format!("the operator, on {channel}"),
        MemoryScope::Person { channel, sender } => format!("{sender} on {channel}, in private"),
        MemoryScope::Conversation(conversation) => format!("whoever is in {conversation}"),
    };
    println!("  for       {scope}");
    match memory.used_at {
        Some(at) => println!("  used      {} times, last on {}", memory.uses, zone.describe(at)),
        None => println!("  used      never"),
    }
    if let Some(replaced) = memory.replaced {
        println!("  holds     no more since {}; see {}", zone.date(replaced.at), replaced.by);
    }
}
