// SPDX-License-Identifier: MIT OR Apache-2.0
//! Readiness, status and the watchdog. Everything here does nothing where systemd did not start the process.

use crate::desk::{Desk, Phase};
use sd_notify::NotifyState;
use std::sync::Arc;
use std::time::Duration;

/// How much longer the start may take, each time it is said.
const EXTENSION: Duration = Duration::from_secs(60);
/// How often systemd is told how things stand, at least.
const REPORT_EVERY: Duration = Duration::from_secs(10);

/// The start takes longer.
fn extension() -> NotifyState<'static> {
    NotifyState::ExtendTimeoutUsec(u32::try_from(EXTENSION.as_micros()).unwrap_or(u32::MAX))
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd cannot be told");
    }
}

/// Accepts messages from now on.
pub(crate) fn ready(status: &str) {
    notify(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// Says that the state is being opened: a large one takes its time, to be looked through or brought to a new schema. Never
/// returns.
pub(crate) async fn opening() {
    loop {
        notify(&[extension(), NotifyState::Status("opening the state; a new schema takes its time")]);
        tokio::time::sleep(REPORT_EVERY).await;
    }
}

/// Tells systemd how things stand, for as long as the daemon runs: a line for `systemctl status` when it changes; the
/// watchdog, while the loops move or there are none; and, where somebody has to do something first, that the start takes
/// longer. Never returns.
pub(crate) async fn report(desk: Arc<Desk>) {
    // A third of what the unit asks for: one delay may cost one beat.
    let watchdog = sd_notify::watchdog_enabled().map(|limit| limit / 3);
    let every = watchdog.unwrap_or(REPORT_EVERY).min(REPORT_EVERY);
    let mut told = String::new();
    loop {
        // One message for all of it.
        let status = desk.status_line();
        let mut states = Vec::new();
        if status != told {
            states.push(NotifyState::Status(&status));
        }
        if matches!(desk.phase(), Phase::Sealed(_) | Phase::Waiting(_)) {
            states.push(extension());
        }
        if watchdog.is_some() {
            if desk.moves() {
                states.push(NotifyState::Watchdog);
            } else {
                tracing::error!("a main loop hangs; the watchdog is not fed");
            }
        }
        if !states.is_empty() {
            notify(&states);
        }
        told = status;
        tokio::time::sleep(every).await;
    }
}

/// Is shutting down; may take up to `drain`.
pub(crate) fn stopping(drain: Duration) {
    let span = u32::try_from(drain.saturating_add(EXTENSION).as_micros()).unwrap_or(u32::MAX);
    notify(&[NotifyState::Stopping, NotifyState::ExtendTimeoutUsec(span), NotifyState::Status("Draining")]);
}
