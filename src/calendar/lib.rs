// SPDX-License-Identifier: MIT OR Apache-2.0
//! Wall clocks and calendars of places.
//!
//! Instants are the same everywhere; days, months and "nine in the morning" belong to a place. Whatever needs them asks
//! here: the periods of budgets, reminders, the hours in which the agent may act unasked. The database of time zones is
//! part of the program, because a bare machine has none. Nothing here reads a clock.
//!
//! | room | holds |
//! |---|---|
//! | [`Zone`] | a time zone: days, months, wall clock |
//! | [`Span`] | from an instant to another |
//! | [`Hours`] | a part of the day, such as `08:00-22:00` |
//! | `repeat` | when a reminder comes, and when it comes again |
//!
//! ```
//! use blufio_calendar::Zone;
//! use blufio_core::storage::Every;
//!
//! let zone = Zone::named("Europe/Berlin")?;
//! let nine = zone.when("2026-03-28T09:00", Some(Every::Day))?;
//! let next = zone.next(&nine, nine.at)?.ok_or("it repeats")?;
//! // The clocks are changed in between: the wall clock counts, so that only 23 hours pass.
//! assert_eq!(next.local, "2026-03-29T09:00:00");
//! assert_eq!(next.at.since(nine.at).as_secs(), 23 * 3_600);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod hours;
mod repeat;
mod zone;

pub use hours::{Hours, WrongHours};
pub use zone::{CalendarError, Span, Zone};
