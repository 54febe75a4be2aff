// SPDX-License-Identifier: MIT OR Apache-2.0
//! This process: memory, heap, start.

use crate::state::seconds;
use blufio_core::time::Timestamp;
use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{Gauge, IntGauge, Opts};
use std::hint::black_box;
use tikv_jemalloc_ctl::{epoch, stats, thread};

pub(crate) struct Process {
    build: IntGauge,
    started: Gauge,
    resident: IntGauge,
    heap: IntGauge,
    /// Whether the heap is jemalloc's, whose numbers these are. Asked once: an allocator is for life.
    jemalloc: bool,
}

impl Process {
    pub(crate) fn new(version: &str, started_at: Timestamp) -> Result<Self, prometheus::Error> {
        let build = Opts::new("blufio_build_info", "Always 1; says which program this is.");
        let build = IntGauge::with_opts(build.const_label("version", version))?;
        build.set(1);
        let started =
            Gauge::new("blufio_start_time_seconds", "When the program started, seconds since 1970.")?;
        started.set(seconds(started_at));
        Ok(Self {
            build,
            started,
            resident: IntGauge::new(
                "blufio_resident_memory_bytes",
                "Memory of this process that is in RAM.",
            )?,
            heap: IntGauge::new(
                "blufio_heap_allocated_bytes",
                "Memory that this program has allocated and not freed.",
            )?,
            jemalloc: jemalloc_is_the_allocator(),
        })
    }

    pub(crate) fn gather(&self) -> Vec<MetricFamily> {
        let mut families = self.build.collect();
        families.extend(self.started.collect());
        for (gauge, sample) in [(&self.resident, resident_bytes()), (&self.heap, self.heap_bytes())] {
            if let Some(bytes) = sample {
                gauge.set(i64::try_from(bytes).unwrap_or(i64::MAX));
                families.extend(gauge.collect());
            }
        }
        families
    }

    fn heap_bytes(&self) -> Option<u64> {
        if !self.jemalloc {
            return None;
        }
        // Its numbers are of the last epoch.
        epoch::advance().ok()?;
        u64::try_from(stats::allocated::read().ok()?).ok()
    }
}

/// Whether what this program allocates comes from jemalloc. It may be linked in and not used, and its numbers are
/// then those of an empty heap.
fn jemalloc_is_the_allocator() -> bool {
    const PROBE: usize = 64 * 1024;
    let allocated = || thread::allocatedp::read().map(thread::ThreadLocal::get);
    let Ok(before) = allocated() else { return false };
    let probe = black_box(Vec::<u8>::with_capacity(PROBE));
    let after = allocated();
    drop(probe);
    after.is_ok_and(|after| after.saturating_sub(before) >= PROBE as u64)
}

/// Memory in RAM, or `None` where the system does not say.
fn resident_bytes() -> Option<u64> {
    parse_resident(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// The line `VmRSS:   12345 kB`.
fn parse_resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read_from_the_status_of_the_process() {
        assert_eq!(parse_resident("Name:\tblufio\nVmRSS:\t   20480 kB\nThreads:\t4\n"), Some(20_971_520));
        for bad in ["", "VmRSS:", "VmRSS:\tmuch kB", "VmRSS:\t1 MB", "RssAnon:\t 5 kB"] {
            assert_eq!(parse_resident(bad), None, "{bad:?}");
        }
        assert!(resident_bytes().is_some_and(|bytes| bytes > 1024 * 1024));
    }

    #[test]
    fn the_heap_of_another_allocator_is_not_reported_as_ours() {
        let process = Process { jemalloc: false, ..Process::new("0.0.0", Timestamp(0)).unwrap() };
        assert!(process.gather().iter().all(|family| family.name() != "blufio_heap_allocated_bytes"));
    }
}
