-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Conversations, the queue that leads into them and the outbox that leads out, who may talk, and the vault.
-- Instants are milliseconds since 1970-01-01T00:00:00Z. Ids that leave the database are never used twice (AUTOINCREMENT).

CREATE TABLE sessions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    channel    TEXT    NOT NULL,
    chat       TEXT    NOT NULL,
    thread     TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER
) STRICT;

-- A conversation has one open session at most.
CREATE UNIQUE INDEX sessions_open ON sessions (channel, chat, thread) WHERE ended_at IS NULL;

-- Inbound messages. Rows stay for good, because (channel, external_id) is what tells a duplicate; `payload` is dropped
-- thirty days after the turn.
CREATE TABLE queue (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    channel     TEXT    NOT NULL,
    external_id TEXT    NOT NULL,
    chat        TEXT    NOT NULL,
    thread      TEXT    NOT NULL,
    grp         TEXT,
    not_before  INTEGER NOT NULL,
    -- 'merged': answered by the turn of the row `merged_into`, the first of its group.
    state       TEXT    NOT NULL CHECK (state IN ('waiting', 'running', 'merged', 'done')),
    merged_into INTEGER REFERENCES queue (id),
    attempts    INTEGER NOT NULL DEFAULT 0,
    payload     TEXT,
    turn        TEXT,
    outcome     TEXT,
    reason      TEXT,
    received_at INTEGER NOT NULL,
    finished_at INTEGER,
    UNIQUE (channel, external_id),
    CHECK ((state = 'merged') <= (merged_into IS NOT NULL)),
    CHECK ((state = 'done') = (finished_at IS NOT NULL)),
    CHECK (state = 'done' OR payload IS NOT NULL)
) STRICT;

CREATE INDEX queue_waiting ON queue (channel, chat, thread, id) WHERE state = 'waiting';
-- A conversation has one running turn at most.
CREATE UNIQUE INDEX queue_running ON queue (channel, chat, thread) WHERE state = 'running';
CREATE INDEX queue_merged ON queue (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX queue_unfinished ON queue (received_at) WHERE finished_at IS NULL;
CREATE INDEX queue_finished ON queue (finished_at) WHERE finished_at IS NOT NULL AND payload IS NOT NULL;

CREATE TABLE cursors (
    channel  TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    session INTEGER NOT NULL REFERENCES sessions (id),
    turn    INTEGER NOT NULL REFERENCES queue (id),
    role    TEXT    NOT NULL CHECK (role IN ('user', 'assistant')),
    content TEXT    NOT NULL,
    at      INTEGER NOT NULL
) STRICT;

CREATE INDEX messages_of_session ON messages (session, id);

-- One row for each provider call that used something, also one that failed.
CREATE TABLE calls (
    id                    INTEGER PRIMARY KEY AUTOINCREMENT,
    session               INTEGER REFERENCES sessions (id),
    turn                  INTEGER NOT NULL REFERENCES queue (id),
    model                 TEXT    NOT NULL,
    class                 TEXT    NOT NULL,
    input_tokens          INTEGER NOT NULL,
    output_tokens         INTEGER NOT NULL,
    cache_read_tokens     INTEGER NOT NULL,
    cache_write_5m_tokens INTEGER NOT NULL,
    cache_write_1h_tokens INTEGER NOT NULL,
    cost_nano_usd         INTEGER NOT NULL,
    took_ms               INTEGER NOT NULL,
    at                    INTEGER NOT NULL
) STRICT;

-- Messages on their way out. Those that were sent are dropped after thirty days; dead ones stay until they are redelivered.
CREATE TABLE outbox (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    channel     TEXT    NOT NULL,
    chat        TEXT    NOT NULL,
    thread      TEXT    NOT NULL,
    turn        INTEGER REFERENCES queue (id),
    payload     TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('waiting', 'sent', 'dead')),
    attempts    INTEGER NOT NULL DEFAULT 0,
    not_before  INTEGER NOT NULL,
    error       TEXT,
    external_id TEXT,
    created_at  INTEGER NOT NULL,
    sent_at     INTEGER
) STRICT;

CREATE INDEX outbox_waiting ON outbox (channel, chat, thread, id) WHERE state = 'waiting';
CREATE INDEX outbox_waiting_since ON outbox (created_at) WHERE state = 'waiting';
CREATE INDEX outbox_dead ON outbox (id) WHERE state = 'dead';
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE state = 'sent';

CREATE TABLE peers (
    channel         TEXT    NOT NULL,
    sender          TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    asked_at        INTEGER NOT NULL,
    approved_at     INTEGER,
    code            TEXT,
    code_expires_at INTEGER,
    PRIMARY KEY (channel, sender),
    CHECK ((code IS NULL) = (code_expires_at IS NULL)),
    CHECK (code IS NULL OR approved_at IS NULL)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX peers_code ON peers (code) WHERE code IS NOT NULL;

CREATE TABLE vault_header (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    version     INTEGER NOT NULL,
    memory_kib  INTEGER NOT NULL,
    passes      INTEGER NOT NULL,
    lanes       INTEGER NOT NULL,
    salt        BLOB    NOT NULL,
    nonce       BLOB    NOT NULL,
    wrapped_key BLOB    NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE secrets (
    name       TEXT PRIMARY KEY,
    nonce      BLOB    NOT NULL,
    sealed     BLOB    NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
