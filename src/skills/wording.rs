// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a reminder is told to the model, and the time zone in which it is meant.

use blufio_calendar::Zone;
use blufio_core::storage::{Every, StorageError, When};

/// When a reminder comes: `Monday, 2026-11-23 09:00 (Europe/Berlin), each week`.
pub(crate) fn when(due: Option<&When>, zone: &Zone) -> String {
    let Some(due) = due else { return "no time".into() };
    // A time zone that is not known any more is told in the configured one: the instant is the same.
    let place = Zone::named(&due.zone).unwrap_or_else(|_| zone.clone());
    let mut told = place.describe(due.at);
    if let Some(every) = due.every {
        told.push_str(match every {
            Every::Day => ", each day",
            Every::Weekday => ", Monday to Friday",
            Every::Week => ", each week",
            Every::Month => ", each month",
            Every::Year => ", each year",
        });
    }
    told
}

/// The time zone with this name; where there is no name, the configured one.
pub(crate) fn zone_named(name: Option<&str>, configured: &Zone) -> Result<Zone, String> {
    match name.map(str::trim) {
        None | Some("") => Ok(configured.clone()),
        Some(name) => Zone::named(name).map_err(|error| error.to_string()),
    }
}

/// What the model is told when the state fails; the operator's log gets the rest, which names files of the machine.
pub(crate) fn failed(what: &str, error: &StorageError) -> String {
    tracing::warn!(%error, "{what}");
    let outlook = if error.is_retryable() { "it may work later" } else { "trying again does not help" };
    format!("{what}: the storage failed, {outlook}; the operator's log says why")
}
