// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which model answers: routes, and what happened when a model could not be used.

use crate::MetricsError;
use crate::registry::Family;
use blufio_core::route::Route;
use prometheus::{Histogram, IntCounterVec};
use std::time::Duration;

/// Bounds of a decision, seconds. It is to take less than a millisecond.
const DECISION: [f64; 11] =
    [0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.1];

pub(crate) struct Routes {
    routes: IntCounterVec,
    decision: Histogram,
    fallbacks: IntCounterVec,
}

impl Routes {
    pub(crate) fn new(family: &Family) -> Result<Self, MetricsError> {
        let routes = Self {
            routes: family.counters(
                "blufio_routes_total",
                "Routes that were taken, and whether the budget had them weakened.",
                &["route", "downgraded"],
            )?,
            decision: family.histogram(
                "blufio_route_decision_seconds",
                "What it took to decide a route.",
                &DECISION,
            )?,
            fallbacks: family.counters(
                "blufio_fallbacks_total",
                "Models that could not be used, so that the next was asked, by class of the failure.",
                &["class"],
            )?,
        };
        for route in Route::ALL {
            for downgraded in ["false", "true"] {
                routes.routes.with_label_values(&[route.name(), downgraded]);
            }
        }
        Ok(routes)
    }

    pub(crate) fn routed(&self, route: Route, downgraded: bool, took: Duration) {
        let downgraded = if downgraded { "true" } else { "false" };
        self.routes.with_label_values(&[route.name(), downgraded]).inc();
        self.decision.observe(took.as_secs_f64());
    }

    pub(crate) fn fell_back(&self, class: &'static str) {
        self.fallbacks.with_label_values(&[class]).inc();
    }
}
