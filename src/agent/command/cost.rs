// SPDX-License-Identifier: MIT OR Apache-2.0
use super::Asked;
use crate::budget::dollars;
use crate::operator::is_operator;
use blufio_core::storage::{Cost, CostBy, Limit, Scope, StorageError};
use blufio_core::time::Timestamp;
use std::fmt::Write as _;

pub(super) async fn tell(asked: Asked<'_>) -> Result<String, StorageError> {
    let shared = asked.shared;
    let now = shared.clock.now();
    let session = shared.storage.session(asked.conversation(), now).await?;
    // What a session has spent is what a limit of it would count.
    let counted = Limit {
        name: "session".into(),
        key: String::new(),
        scope: Scope::Session(session),
        value: Default::default(),
        from: Timestamp(0),
        until: None,
    };
    let standings = shared.storage.standings(&[counted]).await?;
    let spent = dollars(standings.first().map(|standing| standing.spent).unwrap_or_default());
    if !is_operator(shared, asked.message).await? {
        return Ok(format!(
            "This session: {spent}\nWhat was spent altogether is told to the operator alone."
        ));
    }
    let wrong = |error: blufio_calendar::CalendarError| StorageError::Unexpected(error.to_string());
    let (day, month) =
        (shared.options.zone.day(now).map_err(wrong)?, shared.options.zone.month(now).map_err(wrong)?);
    let spans =
        vec![("Today".to_owned(), day.from, day.until), ("This month".to_owned(), month.from, month.until)];
    let (spans, _) = shared.storage.costs(month.from, CostBy::Spans(spans)).await?;
    let (models, total) = shared.storage.costs(month.from, CostBy::Model).await?;
    Ok(report(&spans, &spent, &models, &total))
}

fn report(spans: &[Cost], session: &str, models: &[Cost], total: &Cost) -> String {
    let mut text = String::new();
    for span in spans {
        let _ = writeln!(text, "{}: {}", span.name, sum(span));
    }
    let _ = writeln!(text, "This session: {session}");
    if total.calls == 0 {
        text.push_str("No model was asked this month.");
        return text;
    }
    text.push_str("\nThis month by model:\n");
    for model in models {
        let _ = writeln!(text, "- {}: {}", model.name, sum(model));
    }
    let _ = write!(
        text,
        "\nRead from the cache: {:.0} % of the prompts' tokens. What every prompt carries besides your words and ours before \
         (instructions, tools, the hour): {} tokens a call.",
        total.cache_hit_ratio() * 100.0,
        total.overhead_per_call()
    );
    text
}

fn sum(cost: &Cost) -> String {
    let calls = if cost.calls == 1 { "1 call".to_owned() } else { format!("{} calls", cost.calls) };
    let estimated = match cost.estimated.0 {
        0 => String::new(),
        _ => format!(", {} of it at the worst case of calls that were cut short", dollars(cost.estimated)),
    };
    format!("{} in {calls}{estimated}", dollars(cost.cost))
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::money::{NanoUsd, Usage};

    #[test]
    fn sums_models_cache_and_overhead_are_told() {
        let cost = |name: &str, calls, nano, estimated| Cost {
            name: name.into(),
            calls,
            usage: Usage { input: 100, cache_read: 300, ..Usage::default() },
            cost: NanoUsd(nano),
            estimated: NanoUsd(estimated),
            overhead: 800 * calls,
        };
        let (day, month) =
            (cost("Today", 1, 20_000_000, 0), cost("This month", 2, 1_230_000_000, 10_000_000));
        let told = report(&[day, month.clone()], "$0.01", &[cost("m", 2, 1_230_000_000, 0)], &month);
        assert_eq!(
            told,
            "Today: $0.02 in 1 call\n\
             This month: $1.23 in 2 calls, $0.01 of it at the worst case of calls that were cut short\n\
             This session: $0.01\n\n\
             This month by model:\n- m: $1.23 in 2 calls\n\n\
             Read from the cache: 75 % of the prompts' tokens. What every prompt carries besides your words and ours before \
             (instructions, tools, the hour): 800 tokens a call."
        );
    }
}
