-- From version 6 to 7.  Once 7 is released this text is never changed: a later change of the schema is upgrade_8.
-- What is new in sqlite.sql stands here, too, word for word; tests/store/test_upgrade.py compares.

CREATE TABLE sts_policy (               -- what other domains ask of those who send to them (RFC 8461)
    domain TEXT PRIMARY KEY,
    policy_id TEXT NOT NULL,            -- of the record it was fetched for
    text TEXT NOT NULL,                 -- as fetched; '' where none ever was
    fetched_us INTEGER NOT NULL,
    tried_us INTEGER NOT NULL,
    failure TEXT NOT NULL               -- why the last try came to nothing: its name in RFC 8460 and words; '' for none
) WITHOUT ROWID;

CREATE TABLE signing_key (
    domain TEXT NOT NULL,
    selector TEXT NOT NULL,             -- s= of RFC 6376
    algorithm TEXT NOT NULL,            -- a=
    record TEXT NOT NULL,               -- what the DNS must say
    private_pem TEXT NOT NULL,          -- '' once it was given up
    made_us INTEGER NOT NULL,
    published_us INTEGER NOT NULL DEFAULT 0,
    active_us INTEGER NOT NULL DEFAULT 0,
    retired_us INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (domain, selector)
) WITHOUT ROWID;

CREATE INDEX message_by_envid ON message (envid) WHERE envid <> '';

ALTER TABLE message ADD COLUMN onward_path TEXT NOT NULL DEFAULT '';
