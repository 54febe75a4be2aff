// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tools that the model may call.
//!
//! Their descriptions are part of every prompt, so they are short: a test holds them to their size.
//!
//! | room | holds |
//! |---|---|
//! | [`builtin`] | the tools that are part of the program, as one [`blufio_core::skill::SkillRuntime`] |
//! | [`current_time`] | the date and time, in any time zone: the prompt itself never changes with the clock |
//! | [`remind`] | stores a reminder, or a task that stays open |
//! | [`reminders`] | what is stored for this conversation |
//! | [`close_reminder`] | ends one of them |
//! | [`remember`] | keeps a statement for good |
//! | [`forget`] | lists what is remembered about something, and deletes what the person means of it |
//! | `wording` | how a reminder is told to the model |
//! | `recalled` | how the model names what is remembered |
//! | `voice` | whether a statement is the person's own, and fit to be kept |
//!
//! A tool's `call` returns the words for the model; an error is words for the model too, with what would be right.
//!
//! ```
//! use blufio_calendar::Zone;
//! use blufio_core::time::Timestamp;
//! use serde_json::json;
//!
//! let zone = Zone::named("Europe/Berlin")?;
//! let told = blufio_skills::current_time::call(Timestamp(1_774_000_000_000), &zone, &json!({}));
//! assert_eq!(told.as_deref(), Ok("Friday, 2026-03-20 10:46:40 CET"));
//! # Ok::<(), blufio_calendar::CalendarError>(())
//! ```

pub mod builtin;
pub mod close_reminder;
pub mod current_time;
pub mod forget;
#[cfg(test)]
mod notebook;
mod recalled;
pub mod remember;
pub mod remind;
pub mod reminders;
#[cfg(test)]
mod shelf;
mod voice;
mod wording;
