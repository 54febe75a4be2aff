// SPDX-License-Identifier: MIT OR Apache-2.0
//! The statements of the hot paths go by their indices: what is done and old costs them nothing.

use super::fixture::fresh;
use crate::{
    Store, answers, background, budget, costs, jobs, ledger, memories, outbox, passages, queue, recall,
    retention, sessions, spending, summaries, turn, vectors,
};

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
        (sessions::FIRST_MESSAGES, &["messages_of_session"]),
        (sessions::COUNT_MESSAGES, &["messages_of_session"]),
        (turn::RELEASE, &["queue_waiting"]),
        (turn::FINISH, &["PRIMARY KEY"]),
        (retention::DROP_JOBS, &["jobs_closed"]),
        (retention::DROP_NOTICES, &["notices_told"]),
        (retention::DROP_ONCE, &["once_at"]),
        (spending::OPEN_QUARTER, &["PRIMARY KEY"]),
        (spending::ADD, &["PRIMARY KEY"]),
        (spending::AGENT_BEFORE, &["PRIMARY KEY"]),
        (spending::BACKGROUND_BEFORE, &["PRIMARY KEY"]),
        (spending::AGENT_BETWEEN, &["ledger_at"]),
        (spending::BACKGROUND_BETWEEN, &["ledger_at"]),
        (spending::OF_SESSION, &["PRIMARY KEY"]),
        (budget::RAISED, &["PRIMARY KEY"]),
        (ledger::CALLS_OF_TURN, &["ledger_of_turn"]),
        (costs::BY_MODEL, &["ledger_at"]),
        (costs::BY_FEATURE, &["ledger_at"]),
        (costs::BY_SESSION, &["ledger_at", "PRIMARY KEY"]),
        (costs::BETWEEN, &["ledger_at"]),
        (answers::NEWEST_OF, &["answers_of_conversation", "PRIMARY KEY"]),
        (answers::DECISIONS_OF, &["answers_of_session"]),
        (jobs::WITH_KEY, &["sqlite_autoindex_jobs_1"]),
        (jobs::COUNT_OPEN, &["jobs_open"]),
        (jobs::OPEN_OF, &["jobs_open"]),
        (jobs::WITH_TIME, &["jobs_due"]),
        (background::WAITING, &["notices_waiting"]),
        (background::DROP_OLDEST, &["notices_waiting"]),
        (background::MOVE, &["notices_waiting"]),
        (background::LAST_OF, &["PRIMARY KEY"]),
        (background::LAST_ON, &["PRIMARY KEY"]),
        (passages::UNINDEXED, &["PRIMARY KEY"]),
        (summaries::JUST_FORGOTTEN, &["messages_forgotten"]),
        (vectors::MODEL, &["sqlite_autoindex_embedding_models_1"]),
        (vectors::WITH_ROOM, &["vectors_of"]),
        (vectors::MEMORIES_OF_MODEL, &["memories_of_model"]),
        (vectors::PASSAGES_OF_MODEL, &["passages_of_model"]),
    ]
    .iter()
    .chain(memories::STATEMENTS)
    .chain(recall::STATEMENTS)
    {
        let plan = plan(&f.store, sql).await;
        for index in *indices {
            assert!(plan.iter().any(|line| line.contains(index)), "{index} is not used by {sql}: {plan:#?}");
        }
        // A scan is one of a partial index, or of what was found by one.
        for line in plan.iter().filter(|line| line.starts_with("SCAN")) {
            let found = ["INDEX", "oldest", "sums", "(subquery", "SCAN scopes", "SCAN history"];
            let partial = found.iter().any(|found| line.contains(found));
            assert!(partial, "{line} in {sql}");
        }
    }
}

#[tokio::test]
async fn what_comes_in_order_is_not_sorted() {
    let f = fresh();
    for sql in [
        answers::NEWEST,
        answers::NEWEST_OF,
        answers::DECISIONS_OF,
        jobs::WITH_TIME,
        background::WAITING,
        ledger::CALLS_OF_TURN,
        passages::UNINDEXED,
        vectors::MEMORIES_OF_MODEL,
        vectors::PASSAGES_OF_MODEL,
        sessions::LAST_MESSAGES,
        sessions::FIRST_MESSAGES,
        spending::AGENT_BEFORE,
        spending::BACKGROUND_BEFORE,
    ] {
        let plan = plan(&f.store, sql).await;
        // The last messages are read backwards and turned around, a few at a time.
        let sorted = plan.iter().filter(|line| line.contains("TEMP B-TREE")).count();
        assert_eq!(sorted, usize::from(sql == sessions::LAST_MESSAGES), "{sql}: {plan:#?}");
    }
}
