// SPDX-License-Identifier: MIT OR Apache-2.0
//! What holds now in the place of a memory that was replaced, however often that has been replaced since.

use crate::error::RowError;
use blufio_core::ids::MemoryId;
use blufio_core::memory::Memory;
use rusqlite::Connection;
use std::collections::HashMap;

const BY: &str = "SELECT replaced_by FROM memories WHERE id = ?1";

/// Histories that were walked. Of one thing that has changed hundreds of times, most that fits is one history.
#[derive(Debug, Default)]
pub(crate) struct Holding(HashMap<i64, i64>);

impl Holding {
    /// Has a memory name what holds now, not what took its place first.
    pub(crate) fn name(&mut self, connection: &Connection, memory: &mut Memory) -> Result<(), RowError> {
        let Some(replaced) = &mut memory.replaced else { return Ok(()) };
        let (mut walked, mut at) = (Vec::new(), replaced.by.0);
        let holding = loop {
            if let Some(holding) = self.0.get(&at) {
                break *holding;
            }
            let by: Option<i64> = connection.prepare_cached(BY)?.query_row([at], |row| row.get(0))?;
            // Nothing takes the place of itself; a file that says so is not walked for ever.
            match by.filter(|by| !walked.contains(by)) {
                Some(by) => walked.push(std::mem::replace(&mut at, by)),
                None => break at,
            }
        };
        self.0.extend(walked.into_iter().chain([at]).map(|id| (id, holding)));
        replaced.by = MemoryId(holding);
        Ok(())
    }
}
