// SPDX-License-Identifier: MIT OR Apache-2.0
//! How much memory the control group of this process may have. Whoever asks for more is not refused it by the kernel, but
//! killed while using it.

use crate::error::VaultError;
use std::path::Path;

const GROUPS: &str = "/sys/fs/cgroup";

/// Refuses what cannot succeed: `kib` more than the process has now are beyond the limit.
pub(crate) fn refuse_beyond(kib: u32) -> Result<(), VaultError> {
    let own = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    refuse(kib, &own, Path::new(GROUPS))
}

fn refuse(kib: u32, own: &str, groups: &Path) -> Result<(), VaultError> {
    // Version 2 has one line, and its path begins with a slash.
    let Some(path) = own.lines().find_map(|line| line.strip_prefix("0::/")) else { return Ok(()) };
    let group = groups.join(path);
    let limit = group
        .ancestors()
        .take_while(|group| group.starts_with(groups))
        .filter_map(|group| number(&std::fs::read_to_string(group.join("memory.max")).ok()?))
        .min();
    // What was read from files can be dropped; what the process has made for itself cannot.
    let stat = std::fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
    let used = stat.lines().find_map(|line| number(line.strip_prefix("anon ")?)).unwrap_or(0);
    match limit {
        Some(limit) if used.saturating_add(u64::from(kib) * 1024) > limit => {
            Err(VaultError::BeyondLimit { kib, limit_kib: limit / 1024 })
        }
        _ => Ok(()),
    }
}

/// A number of bytes; `None` for `max`.
fn number(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_control_group_or_one_above_it_does_not_allow_is_refused() {
        let groups = tempfile::tempdir().unwrap();
        let unit = groups.path().join("system.slice/blufio.service");
        std::fs::create_dir_all(&unit).unwrap();
        let check = |kib| refuse(kib, "0::/system.slice/blufio.service\n", groups.path());
        assert_eq!(check(u32::MAX), Ok(()), "there is no limit");
        std::fs::write(unit.join("memory.max"), "max\n").unwrap();
        assert_eq!(check(u32::MAX), Ok(()));
        std::fs::write(unit.join("memory.max"), "402653184\n").unwrap();
        assert_eq!(check(393_216), Ok(()));
        let refused = check(393_217).unwrap_err();
        assert_eq!(refused, VaultError::BeyondLimit { kib: 393_217, limit_kib: 393_216 });
        assert!(refused.to_string().contains("MemoryMax") && refused.to_string().contains("vault rotate"));
        std::fs::write(unit.join("memory.stat"), "anon 1048576\nfile 99\n").unwrap();
        assert!(check(392_192).is_ok() && check(392_193).is_err());
        std::fs::write(groups.path().join("system.slice/memory.max"), "104857600").unwrap();
        assert!(check(102_400).is_err() && check(19_456).is_ok());
        assert_eq!(refuse(u32::MAX, "4:memory:/old\n", groups.path()), Ok(()), "groups of version 1");
    }
}
