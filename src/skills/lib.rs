// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tools that the model may call.
//!
//! | room | holds |
//! |---|---|
//! | [`builtin`] | the tools that are part of the program, as one [`blufio_core::skill::SkillRuntime`] |
//! | [`current_time`] | the date and time, in any time zone: the prompt itself never changes with the clock |
//!
//! ```
//! use blufio_core::skill::SkillRuntime;
//! use blufio_core::time::{Clock, Timestamp};
//! use std::sync::Arc;
//!
//! struct Stopped;
//! impl Clock for Stopped {
//!     fn now(&self) -> Timestamp {
//!         Timestamp(0)
//!     }
//! }
//! let skills = blufio_skills::builtin::Builtin::new(Arc::new(Stopped));
//! assert_eq!(skills.tools()[0].name, "current_time");
//! ```

pub mod builtin;
pub mod current_time;
