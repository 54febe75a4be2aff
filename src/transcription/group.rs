// SPDX-License-Identifier: MIT OR Apache-2.0
//! A child process and its children, ended together.

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

/// Kills the process group of a child when dropped. A child that was started in a group of its own takes along what
/// it has started itself, unless that has left the group on purpose.
pub(crate) struct Group {
    leader: Option<Pid>,
}

impl Group {
    /// The group that `child` leads. The child must have been started with `process_group(0)`.
    pub(crate) fn led_by(child: &Child) -> Self {
        Self { leader: child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let Some(leader) = self.leader else { return };
        match kill_process_group(leader, Signal::KILL) {
            // Nobody is left: the usual end.
            Ok(()) | Err(Errno::SRCH) => {}
            Err(error) => tracing::warn!(%error, "the processes of transcription.command could not be ended"),
        }
    }
}
