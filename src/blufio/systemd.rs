// SPDX-License-Identifier: MIT OR Apache-2.0
//! Readiness, status and the watchdog. Everything here does nothing where systemd did not start the process.

use sd_notify::NotifyState;
use std::time::Duration;

/// How much longer the start may take, each time it is said.
const EXTENSION: Duration = Duration::from_secs(60);
/// How often it is said.
pub(crate) const EXTEND_EVERY: Duration = Duration::from_secs(20);

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd cannot be told");
    }
}

/// Accepts messages from now on.
pub(crate) fn ready(status: &str) {
    notify(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// A line for `systemctl status`.
pub(crate) fn status(status: &str) {
    notify(&[NotifyState::Status(status)]);
}

/// The start takes longer, because somebody has to do something first.
pub(crate) fn still_starting(status: &str) {
    let span = u32::try_from(EXTENSION.as_micros()).unwrap_or(u32::MAX);
    notify(&[NotifyState::ExtendTimeoutUsec(span), NotifyState::Status(status)]);
}

/// Is shutting down; may take up to `drain`.
pub(crate) fn stopping(drain: Duration) {
    let span = u32::try_from(drain.saturating_add(EXTENSION).as_micros()).unwrap_or(u32::MAX);
    notify(&[NotifyState::Stopping, NotifyState::ExtendTimeoutUsec(span), NotifyState::Status("Draining")]);
}

/// The loops move.
pub(crate) fn alive() {
    notify(&[NotifyState::Watchdog]);
}

/// How often to say so: half of what the unit asks for. `None`: it does not ask.
pub(crate) fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|limit| limit / 2)
}
