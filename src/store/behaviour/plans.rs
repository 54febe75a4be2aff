// SPDX-License-Identifier: MIT OR Apache-2.0
//! The statements of the hot paths go by their indices: what is done and old costs them nothing.

use super::fixture::fresh;
use crate::{Store, outbox, queue, retention, sessions};

async fn plan(store: &Store, sql: &'static str) -> Vec<String> {
    let explain = format!("EXPLAIN QUERY PLAN {sql}");
    store
        .read(move |connection| {
            let mut statement = connection.prepare(&explain)?;
            let parameters = vec![rusqlite::types::Null; statement.parameter_count()];
            let lines =
                statement.query_map(rusqlite::params_from_iter(parameters), |row| row.get::<_, String>(3))?;
            Ok(lines.collect::<Result<Vec<_>, _>>()?)
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn hot_statements_use_their_indices() {
    let f = fresh();
    for (sql, indices) in [
        (queue::HEADS, &["queue_waiting", "queue_running", "PRIMARY KEY"][..]),
        (queue::HEAD_OF, &["queue_waiting"]),
        (queue::COMMAND_OF, &["queue_waiting"]),
        (queue::WAITING_BEFORE, &["queue_waiting"]),
        (queue::RUNNING_OF, &["queue_running"]),
        (queue::MESSAGES_OF, &["queue_merged", "PRIMARY KEY"]),
        (queue::MERGE_GROUP, &["queue_waiting"]),
        (queue::WAIT_AGAIN, &["queue_running"]),
        (outbox::HEADS, &["outbox_waiting", "PRIMARY KEY"]),
        (outbox::DEAD, &["outbox_dead"]),
        (retention::DROP_PAYLOADS, &["queue_finished"]),
        (retention::DROP_SENT, &["outbox_sent"]),
        (sessions::OPEN_SESSION_OF, &["sessions_open"]),
        (sessions::LAST_MESSAGES, &["messages_of_session"]),
        (sessions::COUNT_MESSAGES, &["messages_of_session"]),
    ] {
        let plan = plan(&f.store, sql).await;
        for index in indices {
            assert!(plan.iter().any(|line| line.contains(index)), "{index} is not used by {sql}: {plan:#?}");
        }
        // A scan is one of a partial index, or of what was found by one.
        for line in plan.iter().filter(|line| line.starts_with("SCAN")) {
            let partial = line.contains("INDEX") || line.contains("oldest") || line.contains("(subquery");
            assert!(partial, "{line} in {sql}");
        }
    }
}
