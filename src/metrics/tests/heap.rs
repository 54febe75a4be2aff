// SPDX-License-Identifier: MIT OR Apache-2.0
//! With jemalloc as the allocator, as in the program itself.

use blufio_core::observe::Observability;
use blufio_core::time::{Clock, Timestamp};
use blufio_metrics::{Metrics, MetricsOptions};
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000)
    }
}

#[test]
fn the_heap_grows_with_what_is_allocated() {
    let metrics = Metrics::new(MetricsOptions::default(), Arc::new(Noon)).unwrap();
    let heap = || -> f64 {
        let body = metrics.render().unwrap().body;
        let line = body.lines().find_map(|line| line.strip_prefix("blufio_heap_allocated_bytes "));
        line.unwrap().parse().unwrap()
    };
    let before = heap();
    let held = std::hint::black_box(vec![1_u8; 8 * 1024 * 1024]);
    let after = heap();
    assert!(before > 0.0 && after - before >= 8.0 * 1024.0 * 1024.0, "{before} {after}");
    drop(held);
}
