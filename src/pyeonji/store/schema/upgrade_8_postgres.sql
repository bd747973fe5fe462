-- From version 7 to 8.  Once 8 is released this text is never changed: a later change of the schema is upgrade_9.
-- What is new in postgres.sql stands here, too, word for word; tests/store/test_upgrade.py compares.

CREATE TABLE addressed (                -- letters by whom they were for: filled some thousand recipients at a time (store/addressed)
    address TEXT NOT NULL,
    message_id BIGINT NOT NULL,
    PRIMARY KEY (address, message_id)
);

CREATE TABLE unaddressed (              -- letters whose recipients `addressed` need not have yet
    message_id BIGINT PRIMARY KEY
);

-- From one end of the old index to the other: the table is written in its order, in a fraction of the time that the
-- copy of the whole database took.  If all letters were noted instead, whoever looks for an address would go through
-- all of them until that is done.
INSERT INTO addressed (address, message_id) SELECT DISTINCT address, message_id FROM recipient ORDER BY address, message_id;

DROP INDEX recipient_by_address;

-- Letters that are there count as changed: they are all in the new index, as they were in the old one.
ALTER TABLE entry ADD COLUMN came BIGINT NOT NULL DEFAULT 0;

DROP INDEX entry_by_modseq;

CREATE INDEX entry_changed ON entry (mailbox_id, modseq) WHERE modseq > came;  -- since it came
