// SPDX-License-Identifier: MIT OR Apache-2.0
//! The operator's questions about money.

use super::{Desk, refused, usage};
use blufio_agent::budget::{self, RaiseError};
use blufio_core::control::{CostReport, CostsBy, Refusal, Told};
use blufio_core::money::NanoUsd;
use blufio_core::storage::CostBy;
use blufio_core::time::Timestamp;

/// Most days of a report: ten years.
const DAYS: usize = 3_660;

impl Desk {
    pub(super) async fn costs(&self, since: Timestamp, by: CostsBy) -> Result<Told, Refusal> {
        let by = match by {
            CostsBy::Session => CostBy::Session,
            CostsBy::Model => CostBy::Model,
            CostsBy::Feature => CostBy::Feature,
            CostsBy::Day => {
                let days = self.spending.zone.days(since, self.clock.now(), DAYS);
                let days = days.map_err(|error| usage(error.to_string()))?;
                CostBy::Spans(days.into_iter().map(|(label, span)| (label, span.from, span.until)).collect())
            }
        };
        let (lines, total) = self.storage.costs(since, by).await.map_err(refused)?;
        Ok(Told::Costs(CostReport { since, lines, total }))
    }

    pub(super) async fn budget(&self) -> Result<Told, Refusal> {
        let report = budget::report(self.storage.as_ref(), self.spending.terms(), None, self.clock.now());
        Ok(Told::Budget(report.await.map_err(refused)?))
    }

    /// Raises a limit until it resets, and answers what waits for it.
    pub(super) async fn raise(&self, name: &str, by: NanoUsd) -> Result<Told, Refusal> {
        let raised =
            budget::raise(self.storage.as_ref(), self.spending.terms(), name, by, self.clock.now()).await;
        match raised {
            Ok(()) => {}
            Err(RaiseError::Storage(error)) => return Err(refused(error)),
            Err(wrong) => return Err(usage(wrong.to_string())),
        }
        if let Some(agent) = self.agent() {
            agent.wake_dispatcher();
        }
        self.budget().await
    }
}
