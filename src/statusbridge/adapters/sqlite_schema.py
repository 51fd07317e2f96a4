"""Every line of SQL: the schema by version, and the statements.

Times are whole seconds since the epoch and end in `_s`. What only the program reads is kept as one
JSON document a row (`facts`, `ledger`); what is looked up or counted has a column.
"""

from __future__ import annotations

APPLICATION_ID = 0x53_42_52_47
"""Marks the file as ours ("SBRG"), so that a foreign database is refused."""

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE alert (
        account TEXT NOT NULL, sid TEXT NOT NULL, at_s INTEGER NOT NULL, code INTEGER,
        level TEXT NOT NULL, resource TEXT, service TEXT, host TEXT,
        traits TEXT NOT NULL DEFAULT ''
    ) STRICT;
    CREATE UNIQUE INDEX alert_sid ON alert (sid, account);
    CREATE INDEX alert_at ON alert (at_s);
    CREATE TABLE source (
        account TEXT PRIMARY KEY, coverage TEXT NOT NULL
    ) STRICT;
    CREATE TABLE gap (
        account TEXT NOT NULL, lo_s INTEGER NOT NULL, hi_s INTEGER NOT NULL, reason TEXT NOT NULL,
        UNIQUE (account, lo_s, hi_s)
    ) STRICT;
    CREATE TABLE detector (
        rule TEXT PRIMARY KEY, page TEXT NOT NULL, incident TEXT NOT NULL, stage TEXT NOT NULL,
        facts TEXT NOT NULL
    ) STRICT;
    CREATE TABLE episode (
        id TEXT PRIMARY KEY, page TEXT NOT NULL, incident TEXT NOT NULL, stage TEXT NOT NULL,
        opened_at_s INTEGER NOT NULL, closed INTEGER NOT NULL DEFAULT 0,
        facts TEXT NOT NULL, ledger TEXT NOT NULL
    ) STRICT;
    CREATE INDEX episode_open ON episode (page) WHERE closed = 0;
    CREATE TABLE operation (
        id INTEGER PRIMARY KEY, episode TEXT NOT NULL REFERENCES episode (id),
        page TEXT NOT NULL, action TEXT NOT NULL, state TEXT NOT NULL, at_s INTEGER NOT NULL,
        notify INTEGER NOT NULL, doubted INTEGER NOT NULL, facts TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX operation_open ON operation (episode)
        WHERE state IN ('ready', 'sent', 'doubt');
    CREATE INDEX operation_done ON operation (page, at_s) WHERE state = 'done';
    CREATE TABLE held (
        episode TEXT PRIMARY KEY, page TEXT NOT NULL, incident TEXT NOT NULL, reason TEXT NOT NULL,
        detail TEXT NOT NULL, since_s INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
    CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    """,
    """
    CREATE TABLE notice (
        receiver TEXT NOT NULL, key TEXT NOT NULL, since_s INTEGER NOT NULL, heard TEXT NOT NULL,
        over INTEGER NOT NULL, facts TEXT NOT NULL, PRIMARY KEY (receiver, key)
    ) STRICT;
    """,
    """
    CREATE TABLE act (
        id INTEGER PRIMARY KEY, at_s INTEGER NOT NULL, kind TEXT NOT NULL, page TEXT NOT NULL,
        incident TEXT NOT NULL, facts TEXT NOT NULL
    ) STRICT;
    CREATE TABLE proposal (
        episode TEXT NOT NULL REFERENCES episode (id), look TEXT NOT NULL, page TEXT NOT NULL,
        since_s INTEGER NOT NULL, waits INTEGER NOT NULL, facts TEXT NOT NULL,
        PRIMARY KEY (episode, look)
    ) STRICT;
    """,
)
"""Entry n brings a file of version n to n + 1. An entry never changes once released."""

ALERT_COLUMNS = "account, sid, at_s, code, level, resource, service, host"
PUT_ALERT = f"""
    INSERT INTO alert ({ALERT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (sid, account) DO NOTHING"""
PUT_ALERT_WITH_TRAITS = f"""
    INSERT INTO alert ({ALERT_COLUMNS}, traits) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (sid, account) DO UPDATE SET traits = excluded.traits
    WHERE traits <> excluded.traits"""
LAST_ALERT_ROW = "SELECT coalesce(max(rowid), 0) FROM alert"
SIDS_SINCE_ROW = "SELECT sid FROM alert WHERE rowid > ?"
ALERTS_BETWEEN = f"""
    SELECT {ALERT_COLUMNS}, traits FROM alert WHERE at_s > ? AND at_s <= ? ORDER BY at_s, sid"""
OLDEST_ALERTS = "SELECT rowid FROM alert WHERE at_s <= ? ORDER BY at_s LIMIT ?"
DROP_ALERTS = f"DELETE FROM alert WHERE rowid IN ({OLDEST_ALERTS})"
FORGET_ALERTS = "DELETE FROM alert WHERE at_s <= ?"
ALERTS_AFTER = f"SELECT {ALERT_COLUMNS}, traits FROM alert WHERE at_s > ? ORDER BY at_s"

GET_SOURCES = "SELECT account, coverage FROM source"
PUT_SOURCE = """
    INSERT INTO source (account, coverage) VALUES (?, ?)
    ON CONFLICT (account) DO UPDATE SET coverage = excluded.coverage"""
PUT_GAP = "INSERT OR IGNORE INTO gap (account, lo_s, hi_s, reason) VALUES (?, ?, ?, ?)"
GET_GAPS = "SELECT account, lo_s, hi_s, reason FROM gap WHERE hi_s > ? ORDER BY lo_s, account"

GET_DETECTORS = "SELECT rule, page, incident, stage, facts FROM detector"
PUT_DETECTOR = """
    INSERT INTO detector (rule, page, incident, stage, facts) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (rule) DO UPDATE SET page = excluded.page, incident = excluded.incident,
        stage = excluded.stage, facts = excluded.facts"""
DROP_DETECTOR = "DELETE FROM detector WHERE rule = ?"

GET_OPEN_EPISODES = """
    SELECT e.facts, e.ledger, o.id, o.facts FROM episode e
    LEFT JOIN operation o ON o.episode = e.id AND o.state IN ('ready', 'sent', 'doubt')
    WHERE e.closed = 0 ORDER BY e.opened_at_s, e.id"""
GET_ALL_EPISODES = "SELECT facts FROM episode ORDER BY opened_at_s, id"
PUT_EPISODE = """
    INSERT INTO episode (id, page, incident, stage, opened_at_s, facts, ledger)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET facts = excluded.facts, closed = 0,
        ledger = CASE
            WHEN NOT closed THEN ledger
            WHEN NOT json_extract(ledger, '$.verdict.approved') THEN
                json_set(excluded.ledger, '$.verdict', json_extract(ledger, '$.verdict'))
            ELSE excluded.ledger END
    WHERE closed = 0 OR (json_extract(ledger, '$.owner') = 'orphaned'
        AND json_extract(ledger, '$.incident_id') IS NULL
        AND NOT json_extract(ledger, '$.stuck'))"""
# An outage that a reload gave up before a word of it was said is carried again by the next one.
# What a person rejected stays rejected.
PUT_LEDGER = "UPDATE episode SET ledger = ?, closed = ? WHERE id = ?"
OWN_INCIDENTS = """
    SELECT json_extract(ledger, '$.incident_id') FROM episode
    WHERE page = ? AND json_extract(ledger, '$.incident_id') IS NOT NULL"""

ADD_OPERATION = """
    INSERT INTO operation (episode, page, action, state, at_s, notify, doubted, facts)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"""
SET_OPERATION = """
    UPDATE operation SET state = ?, at_s = ?, doubted = ?, facts = ? WHERE id = ?"""
GIVEN_UP = """
    SELECT id, facts FROM operation
    WHERE episode = ? AND doubted > 0 AND state IN ('parked', 'abandoned')"""
PARKED = """
    SELECT o.id, o.facts FROM operation o JOIN episode e ON e.id = o.episode
    WHERE o.state = 'parked' AND e.closed = 0 ORDER BY o.id"""
DONE_OF = "SELECT id, facts FROM operation WHERE episode = ? AND state = 'done' ORDER BY id"
OPENS_SINCE = """
    SELECT at_s FROM operation
    WHERE page = ? AND at_s > ? AND state = 'done' AND action = 'open'
        AND json_array_length(facts, '$.draft.retrospective') = 0 ORDER BY at_s"""
NOTIFIED_SINCE = """
    SELECT count(*) FROM operation WHERE page = ? AND at_s > ? AND state = 'done' AND notify = 1"""

ADD_ACT = "INSERT INTO act (at_s, kind, page, incident, facts) VALUES (?, ?, ?, ?, ?)"
LAST_ACTS = "SELECT facts FROM act ORDER BY id DESC LIMIT ?"
NEWEST_OF_EACH_KEY = """
    SELECT facts FROM act WHERE id IN (
        SELECT max(id) FROM act WHERE kind IN (SELECT value FROM json_each(?))
        GROUP BY page, incident)
    ORDER BY id"""

PUT_PROPOSAL = """
    INSERT INTO proposal (episode, look, page, since_s, waits, facts) VALUES (?, ?, ?, ?, 1, ?)
    ON CONFLICT (episode, look) DO UPDATE SET waits = 1, facts = excluded.facts"""
DROP_PROPOSALS = """
    DELETE FROM proposal WHERE page = ? AND episode IN (SELECT id FROM episode WHERE closed = 1)"""
BEGIN_PROPOSAL_ANEW = "UPDATE proposal SET since_s = ? WHERE episode = ?"
SET_ASIDE_PROPOSALS = "UPDATE proposal SET waits = 0 WHERE page = ?"
GET_PROPOSAL = "SELECT facts FROM proposal WHERE episode = ? AND look = ?"
GET_PROPOSALS = """
    SELECT facts, (SELECT min(since_s) FROM proposal q WHERE q.episode = p.episode)
    FROM proposal p WHERE waits = 1 ORDER BY 2, episode"""

OPERATIONS_BY_STATE = "SELECT action, state, count(*) FROM operation GROUP BY action, state"

GET_HELD = "SELECT page, incident, episode, reason, detail, since_s FROM held ORDER BY since_s"
PUT_HELD = """
    INSERT INTO held (episode, page, incident, reason, detail, since_s) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (episode) DO UPDATE SET detail = excluded.detail,
        since_s = iif(reason = excluded.reason, since_s, excluded.since_s),
        reason = excluded.reason"""
DROP_HELD = "DELETE FROM held WHERE page = ? AND episode NOT IN (SELECT value FROM json_each(?))"

GET_NOTICES = """
    SELECT facts, since_s, heard, over FROM notice WHERE receiver = ? ORDER BY since_s, key"""
PUT_NOTICE = """
    INSERT INTO notice (receiver, key, since_s, heard, over, facts) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (receiver, key) DO UPDATE SET since_s = excluded.since_s, heard = excluded.heard,
        over = excluded.over, facts = excluded.facts"""
DROP_NOTICE = "DELETE FROM notice WHERE receiver = ? AND key = ?"
SET_HEARD = "UPDATE notice SET heard = ? WHERE receiver = ? AND key = ?"

COUNT = """
    INSERT INTO counter (name, value) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"""
GET_COUNTERS = "SELECT name, value FROM counter"
GET_FACT = "SELECT value FROM fact WHERE name = ?"
PUT_FACT = """
    INSERT INTO fact (name, value) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value"""

WHICH_FILE = "SELECT file FROM pragma_database_list WHERE name = 'main'"
ALERTS_NAMED = f"SELECT {ALERT_COLUMNS}, traits FROM alert WHERE sid = ? ORDER BY account"
ALERTS_OF_CODE = f"""
    SELECT {ALERT_COLUMNS}, traits FROM alert WHERE code = ? AND at_s > ? AND at_s <= ?"""
ALERTS_BACK = f"""
    SELECT {ALERT_COLUMNS}, traits FROM alert WHERE at_s > ? AND at_s <= ?
    ORDER BY at_s DESC, sid"""
FILE_SIZE = """
    SELECT page_count * page_size, freelist_count * page_size
    FROM pragma_page_count, pragma_page_size, pragma_freelist_count"""
FIRST_ALERT = "SELECT min(at_s) FROM alert"
OUTAGES_OF = """
    SELECT e.facts, e.ledger, o.id, o.facts, e.closed FROM episode e
    LEFT JOIN operation o ON o.episode = e.id AND o.state IN ('ready', 'sent', 'doubt')
    WHERE e.page = ? AND e.incident = ? AND e.opened_at_s <= ?
    ORDER BY e.opened_at_s DESC, e.id LIMIT ?"""
MAILS_REFUSED = """
    SELECT page, max(at_s) FROM operation AS o
    WHERE state = 'done' AND json_extract(facts, '$.key') LIKE '%' || ? AND NOT EXISTS (
        SELECT 1 FROM operation WHERE page = o.page AND state = 'done' AND notify = 1
        AND at_s > o.at_s)
    GROUP BY page"""
INCIDENT_KEYS = "SELECT DISTINCT page, incident FROM episode ORDER BY page, incident"
OPERATIONS_OF = """
    SELECT id, facts, at_s FROM operation WHERE episode = ? AND at_s <= ? ORDER BY id"""
POSTED_LATELY = """
    SELECT page, id, facts, at_s FROM operation WHERE state = 'done' ORDER BY id DESC LIMIT ?"""

PUT_ROOM = "INSERT OR REPLACE INTO fact (name, value) VALUES ('room', hex(zeroblob(65536)))"
SHORTEN_LOG = "PRAGMA wal_checkpoint(TRUNCATE)"
DROP_ROOM = "DELETE FROM fact WHERE name = 'room'"
