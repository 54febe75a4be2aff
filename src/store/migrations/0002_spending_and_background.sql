-- SPDX-License-Identifier: MIT OR Apache-2.0
-- What calls cost and what they may cost; summaries, pins and answers; reminders and work in the background.

-- One row for each attempt of a provider call that used something, also one that failed. Rows are never changed or
-- dropped. Calls in the background have no turn, and some have no session.
CREATE TABLE ledger (
    id                    INTEGER PRIMARY KEY AUTOINCREMENT,
    feature               TEXT    NOT NULL,
    turn                  INTEGER REFERENCES queue (id),
    session               INTEGER REFERENCES sessions (id),
    intended              TEXT    NOT NULL,
    model                 TEXT    NOT NULL,
    class                 TEXT    NOT NULL,
    price_version         TEXT    NOT NULL,
    input_tokens          INTEGER NOT NULL,
    output_tokens         INTEGER NOT NULL,
    cache_read_tokens     INTEGER NOT NULL,
    cache_write_5m_tokens INTEGER NOT NULL,
    cache_write_1h_tokens INTEGER NOT NULL,
    -- A negative one would make room in every limit.
    cost_nano_usd         INTEGER NOT NULL CHECK (cost_nano_usd >= 0),
    overhead_tokens       INTEGER NOT NULL,
    took_ms               INTEGER NOT NULL,
    at                    INTEGER NOT NULL
) STRICT;

INSERT INTO ledger
    SELECT id, 'turn', turn, session, model, model, class, 'before', input_tokens, output_tokens, cache_read_tokens,
           cache_write_5m_tokens, cache_write_1h_tokens, cost_nano_usd, 0, took_ms, at
    FROM calls ORDER BY id;

-- Turns that are not settled yet carry the calls that they have paid for.
INSERT INTO ledger
    (feature, turn, session, intended, model, class, price_version, input_tokens, output_tokens, cache_read_tokens,
     cache_write_5m_tokens, cache_write_1h_tokens, cost_nano_usd, overhead_tokens, took_ms, at)
    SELECT 'turn', queue.id, sessions.id, call.value ->> '$.model', call.value ->> '$.model', call.value ->> '$.class',
           'before',
           coalesce(CAST(call.value ->> '$.usage.input' AS INTEGER), 0),
           coalesce(CAST(call.value ->> '$.usage.output' AS INTEGER), 0),
           coalesce(CAST(call.value ->> '$.usage.cache_read' AS INTEGER), 0),
           coalesce(CAST(call.value ->> '$.usage.cache_write_5m' AS INTEGER), 0),
           coalesce(CAST(call.value ->> '$.usage.cache_write_1h' AS INTEGER), 0),
           CAST(call.value ->> '$.cost' AS INTEGER), 0,
           CAST(call.value ->> '$.took_ms' AS INTEGER), CAST(call.value ->> '$.at' AS INTEGER)
    FROM queue
    JOIN json_each(CASE WHEN json_valid(queue.turn) THEN queue.turn ELSE '{}' END, '$.calls') AS call
    LEFT JOIN sessions ON sessions.channel = queue.channel AND sessions.chat = queue.chat
        AND sessions.thread = queue.thread AND sessions.ended_at IS NULL
    WHERE queue.state IN ('waiting', 'running') AND queue.turn IS NOT NULL
    ORDER BY queue.id, call.key;

DROP TABLE calls;

CREATE INDEX ledger_of_turn ON ledger (turn) WHERE turn IS NOT NULL;
CREATE INDEX ledger_at ON ledger (at);

-- Running totals of the ledger: what had been spent by the end of the quarter hour that begins at `quarter`, by all
-- calls and by those of the background. Days and months begin at quarter hours everywhere, so that the sum over a
-- period is the difference of two rows, however long the ledger is.
CREATE TABLE spending (
    quarter             INTEGER PRIMARY KEY,
    agent_nano_usd      INTEGER NOT NULL,
    background_nano_usd INTEGER NOT NULL
) STRICT;

INSERT INTO spending
    SELECT quarter, sum(sum(cost_nano_usd)) OVER (ORDER BY quarter), 0
    FROM (SELECT at - (at % 900000 + 900000) % 900000 AS quarter, cost_nano_usd FROM ledger)
    GROUP BY quarter;

-- The same for one session.
ALTER TABLE sessions ADD COLUMN spent_nano_usd INTEGER NOT NULL DEFAULT 0;

UPDATE sessions SET spent_nano_usd = spent.nano_usd
    FROM (SELECT session, sum(cost_nano_usd) AS nano_usd FROM ledger GROUP BY session) AS spent
    WHERE spent.session = sessions.id;

-- Calls that run now, at the most that they can cost. What is found here at a start was cut off.
CREATE TABLE reservations (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    feature        TEXT    NOT NULL,
    turn           INTEGER REFERENCES queue (id),
    session        INTEGER REFERENCES sessions (id),
    intended       TEXT    NOT NULL,
    model          TEXT    NOT NULL,
    price_version  TEXT    NOT NULL,
    worst_nano_usd INTEGER NOT NULL CHECK (worst_nano_usd >= 0),
    at             INTEGER NOT NULL
) STRICT;

-- By how much limits were raised, in the period that begins at `since`.
CREATE TABLE raises (
    name     TEXT    NOT NULL,
    scope    TEXT    NOT NULL,
    since    INTEGER NOT NULL,
    nano_usd INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (name, scope, since)
) STRICT, WITHOUT ROWID;

-- Occasions on which something was said that is said once.
CREATE TABLE once (
    key TEXT PRIMARY KEY,
    at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX once_at ON once (at);

-- What was decided for the turns that are over, in the order in which they ended. Kept as long as the ledger.
CREATE TABLE answers (
    id       INTEGER PRIMARY KEY,
    turn     INTEGER NOT NULL REFERENCES queue (id),
    session  INTEGER REFERENCES sessions (id),
    channel  TEXT    NOT NULL,
    chat     TEXT    NOT NULL,
    thread   TEXT    NOT NULL,
    decision TEXT    NOT NULL,
    at       INTEGER NOT NULL
) STRICT;

CREATE INDEX answers_of_conversation ON answers (channel, chat, thread, id);
CREATE INDEX answers_of_session ON answers (session, id) WHERE session IS NOT NULL;

-- Where each person was last answered in private.
CREATE TABLE private_answers (
    channel TEXT    NOT NULL,
    sender  TEXT    NOT NULL,
    chat    TEXT    NOT NULL,
    thread  TEXT    NOT NULL,
    turn    INTEGER NOT NULL REFERENCES queue (id),
    PRIMARY KEY (channel, sender)
) STRICT, WITHOUT ROWID;

-- Of several rows, SQLite takes the plain columns from the one with the largest id.
INSERT INTO private_answers
    SELECT channel, payload ->> '$.sender.id', chat, thread, max(id)
    FROM queue
    WHERE outcome = 'answered' AND merged_into IS NULL
      AND CASE WHEN json_valid(payload) THEN payload ->> '$.private' = 1 AND payload ->> '$.sender.id' IS NOT NULL END
    GROUP BY channel, payload ->> '$.sender.id';

-- What the agent says of its own accord belongs to no turn.
CREATE TABLE new_messages (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    session INTEGER NOT NULL REFERENCES sessions (id),
    turn    INTEGER REFERENCES queue (id),
    role    TEXT    NOT NULL CHECK (role IN ('user', 'assistant')),
    content TEXT    NOT NULL,
    at      INTEGER NOT NULL
) STRICT;

INSERT INTO new_messages SELECT id, session, turn, role, content, at FROM messages ORDER BY id;
DROP TABLE messages;
ALTER TABLE new_messages RENAME TO messages;
CREATE INDEX messages_of_session ON messages (session, id);

-- What stands for the messages of a session up to `upto`, which stay stored.
CREATE TABLE summaries (
    session INTEGER PRIMARY KEY REFERENCES sessions (id),
    upto    INTEGER NOT NULL REFERENCES messages (id),
    text    TEXT    NOT NULL,
    at      INTEGER NOT NULL
) STRICT;

-- Routes that people have chosen for their conversations.
CREATE TABLE pins (
    channel TEXT NOT NULL,
    chat    TEXT NOT NULL,
    thread  TEXT NOT NULL,
    route   TEXT NOT NULL CHECK (route IN ('fast', 'standard', 'deep')),
    PRIMARY KEY (channel, chat, thread)
) STRICT, WITHOUT ROWID;

-- Reminders, and open tasks, which are never due. Closed ones are dropped after a year.
CREATE TABLE jobs (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    key        TEXT    NOT NULL UNIQUE,
    channel    TEXT    NOT NULL,
    chat       TEXT    NOT NULL,
    thread     TEXT    NOT NULL,
    text       TEXT    NOT NULL,
    due        TEXT,
    due_at     INTEGER,
    created_at INTEGER NOT NULL,
    closed_at  INTEGER,
    CHECK ((due IS NULL) = (due_at IS NULL))
) STRICT;

CREATE INDEX jobs_due ON jobs (due_at, id) WHERE closed_at IS NULL AND due_at IS NOT NULL;
CREATE INDEX jobs_open ON jobs (channel, chat, thread) WHERE closed_at IS NULL;
CREATE INDEX jobs_closed ON jobs (closed_at) WHERE closed_at IS NOT NULL;

-- Words that wait for the next answer. Told ones are dropped after a year.
CREATE TABLE notices (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT    NOT NULL,
    chat    TEXT    NOT NULL,
    thread  TEXT    NOT NULL,
    text    TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    told_at INTEGER
) STRICT;

CREATE INDEX notices_waiting ON notices (channel, chat, thread, id) WHERE told_at IS NULL;
CREATE INDEX notices_told ON notices (told_at) WHERE told_at IS NOT NULL;

-- Small values that work in the background keeps.
CREATE TABLE notes (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Why work in the background stands still; no row while it does not.
CREATE TABLE standstill (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    reason TEXT    NOT NULL,
    at     INTEGER NOT NULL
) STRICT;
