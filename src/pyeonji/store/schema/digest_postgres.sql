-- What is made from the octets of letters (docs/reading.md).  It may be dropped and is made again.
-- Beside it: digest_sqlite.sql; tests/store/test_schema_parity.py holds the two together.

CREATE TABLE digest (
    message_id BIGINT PRIMARY KEY,
    facts BYTEA NOT NULL                -- pyeonji.message.facts.pack
);

-- A table for each thing that clients ask of all letters at once: beside the others each would be ten times the pages.
CREATE TABLE envelope (
    message_id BIGINT PRIMARY KEY,
    octets BYTEA NOT NULL               -- IMAP ENVELOPE
);
CREATE TABLE structure (
    message_id BIGINT PRIMARY KEY,
    octets BYTEA NOT NULL               -- IMAP BODYSTRUCTURE
);
CREATE TABLE field (
    message_id BIGINT PRIMARY KEY,
    octets BYTEA NOT NULL               -- those that clients ask for most: pyeonji.message.kept_fields
);
CREATE TABLE preview (
    message_id BIGINT PRIMARY KEY,
    words TEXT NOT NULL                 -- RFC 8970
);

CREATE TABLE heading (                  -- what SEARCH compares: the folded text of a letter
    message_id BIGINT PRIMARY KEY,
    octets BYTEA NOT NULL               -- subject, author, recipients, parted by NUL, UTF-8
);
CREATE TABLE wording (
    message_id BIGINT PRIMARY KEY,
    octets BYTEA NOT NULL               -- the other fields and the body, parted by NUL, UTF-8, zstd where it is long
);

CREATE TABLE term (                     -- which letters hold which terms (pyeonji.message.terms) in which section
    message_id BIGINT PRIMARY KEY,
    marked TSVECTOR NOT NULL            -- before each term stands the section's mark
);
CREATE INDEX term_marked ON term USING gin (marked);
