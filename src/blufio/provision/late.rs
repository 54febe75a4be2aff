// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a provider hands over when the daemon has begun already: it has read its credentials and its configuration, and
//! begins anew with these.

use std::process::{Command, Stdio};

const DAEMON: &str = "blufio.service";
const SSH: &str = "blufio-ssh.service";

/// Nothing is waited for: this runs in a unit that others wait for.
pub(crate) fn renew() {
    // One that has not begun reads it anyway.
    if is_begun() && !systemctl(&["restart", DAEMON]) {
        eprintln!("blufio: {DAEMON} cannot be restarted; do that, so that it takes what was handed over");
    }
    // It runs where there is a key, and is not on every system.
    systemctl(&["start", SSH]);
}

fn is_begun() -> bool {
    let asked = Command::new("systemctl")
        .args(["show", "--property=ActiveState", "--value", DAEMON])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    asked.is_ok_and(|said| {
        ["active", "activating", "failed"].contains(&String::from_utf8_lossy(&said.stdout).trim())
    })
}

fn systemctl(arguments: &[&str]) -> bool {
    let done = Command::new("systemctl")
        .args(["--no-block", "--quiet"])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    done.is_ok_and(|status| status.success())
}
