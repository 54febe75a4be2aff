-- SPDX-License-Identifier: MIT OR Apache-2.0
-- What is remembered: memories, past words that can be found again, their keywords and their vectors.

-- Who may be reminded of something. Of a person `chat` is the id. Rows stay: keywords carry their numbers.
CREATE TABLE scopes (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    kind    TEXT    NOT NULL CHECK (kind IN ('agent', 'person', 'conversation')),
    channel TEXT    NOT NULL,
    chat    TEXT    NOT NULL,
    thread  TEXT    NOT NULL,
    UNIQUE (kind, channel, chat, thread)
) STRICT;

-- Models that vectors were made by.
CREATE TABLE embedding_models (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    name      TEXT    NOT NULL,
    revision  TEXT    NOT NULL,
    dimension INTEGER NOT NULL,
    UNIQUE (name, revision, dimension)
) STRICT;

-- Vectors in blocks, since one row for each would take three times as long to read through. `entries` is a row of
-- (id, scale, numbers), see `vectors/block.rs`; all of one model, one scope and one kind.
CREATE TABLE vectors (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    model   INTEGER NOT NULL REFERENCES embedding_models (id),
    scope   INTEGER NOT NULL REFERENCES scopes (id),
    kind    TEXT    NOT NULL CHECK (kind IN ('memory', 'passage')),
    count   INTEGER NOT NULL,
    entries BLOB    NOT NULL
) STRICT;

CREATE INDEX vectors_of ON vectors (model, scope, kind, count);

-- Lasting memories. `same` tells identical words: a digest of the text without case, spaces and final punctuation.
CREATE TABLE memories (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    scope          INTEGER NOT NULL REFERENCES scopes (id),
    text           TEXT    NOT NULL,
    same           INTEGER NOT NULL,
    kind           TEXT    NOT NULL,
    trust          TEXT    NOT NULL,
    confidence     INTEGER NOT NULL,
    -- Where it was said first.
    source_message INTEGER REFERENCES messages (id),
    source_turn    INTEGER REFERENCES queue (id),
    learned_at     INTEGER NOT NULL,
    used_at        INTEGER,
    uses           INTEGER NOT NULL DEFAULT 0,
    replaced_by    INTEGER REFERENCES memories (id),
    replaced_at    INTEGER,
    -- The model that made its vector, and the block that holds it.
    model          INTEGER REFERENCES embedding_models (id),
    block          INTEGER,
    CHECK ((replaced_by IS NULL) = (replaced_at IS NULL)),
    CHECK ((model IS NULL) = (block IS NULL)),
    CHECK (source_message IS NULL OR source_turn IS NULL)
) STRICT;

CREATE INDEX memories_of_scope ON memories (scope, id);
CREATE INDEX memories_same ON memories (scope, same) WHERE replaced_by IS NULL;
CREATE INDEX memories_replaced ON memories (replaced_by) WHERE replaced_by IS NOT NULL;
CREATE INDEX memories_of_message ON memories (source_message) WHERE source_message IS NOT NULL;
CREATE INDEX memories_of_turn ON memories (source_turn) WHERE source_turn IS NOT NULL;
CREATE INDEX memories_of_model ON memories (model, id);

-- Where a memory was said again: whoever wants it forgotten means those words as well.
CREATE TABLE said_again (
    memory  INTEGER NOT NULL REFERENCES memories (id),
    message INTEGER REFERENCES messages (id),
    turn    INTEGER REFERENCES queue (id),
    CHECK ((message IS NULL) <> (turn IS NULL))
) STRICT;

CREATE INDEX said_again_of ON said_again (memory);

-- Past words. They live as long as their messages.
CREATE TABLE passages (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    scope   INTEGER NOT NULL REFERENCES scopes (id),
    session INTEGER NOT NULL REFERENCES sessions (id),
    message INTEGER NOT NULL REFERENCES messages (id),
    text    TEXT    NOT NULL,
    around  TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    model   INTEGER REFERENCES embedding_models (id),
    block   INTEGER,
    CHECK ((model IS NULL) = (block IS NULL))
) STRICT;

CREATE INDEX passages_of_session ON passages (session, message);
CREATE INDEX passages_of_scope ON passages (scope);
CREATE INDEX passages_of_model ON passages (model, id);

-- The last message whose words can be found.
CREATE TABLE indexed (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    upto INTEGER NOT NULL
) STRICT;

INSERT INTO indexed (id, upto) VALUES (1, 0);

-- Keywords of memories and passages. The rowid holds scope, kind and id (`keywords.rs`), so that one scope is a range.
-- The texts are not stored again. What is deleted is taken out at once, not when segments are merged.
CREATE VIRTUAL TABLE stems USING fts5 (text, content = '', tokenize = 'porter unicode61 remove_diacritics 2');
INSERT INTO stems (stems, rank) VALUES ('secure-delete', 1);

-- Runs of two or three letters, of words that an English stemmer does not serve.
CREATE VIRTUAL TABLE grams USING fts5 (text, content = '', tokenize = 'ascii');
INSERT INTO grams (grams, rank) VALUES ('secure-delete', 1);

-- When the words of a message were deleted at the person's wish.
ALTER TABLE messages ADD COLUMN forgotten_at INTEGER;

CREATE INDEX messages_of_turn ON messages (turn) WHERE turn IS NOT NULL;
CREATE INDEX outbox_of_turn ON outbox (turn) WHERE turn IS NOT NULL;
CREATE INDEX messages_forgotten ON messages (session, id) WHERE forgotten_at IS NOT NULL;

-- The newest message of a session, and the last from which something was learned.
ALTER TABLE sessions ADD COLUMN newest INTEGER;
ALTER TABLE sessions ADD COLUMN newest_at INTEGER;
ALTER TABLE sessions ADD COLUMN learned_upto INTEGER;

-- Of old conversations nothing is learned unasked: that would cost money.
UPDATE sessions SET (newest, newest_at, learned_upto) =
    (SELECT id, at, id FROM messages WHERE session = sessions.id ORDER BY id DESC LIMIT 1);

CREATE INDEX sessions_unlearned ON sessions (newest_at, id) WHERE newest > coalesce(learned_upto, 0);
