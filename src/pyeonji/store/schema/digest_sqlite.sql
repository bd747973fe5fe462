-- What is made from the octets of letters (docs/reading.md): a file of its own beside the mail, digest.db.  It may be
-- dropped and is made again.  Beside it: digest_postgres.sql, whose tables lie in the same database as the mail.

CREATE TABLE digest (
    message_id INTEGER PRIMARY KEY,
    facts BLOB NOT NULL                 -- pyeonji.message.facts.pack
);

-- A table for each thing that clients ask of all letters at once: beside the others each would be ten times the pages.
CREATE TABLE envelope (
    message_id INTEGER PRIMARY KEY,
    octets BLOB NOT NULL                -- IMAP ENVELOPE
);
CREATE TABLE structure (
    message_id INTEGER PRIMARY KEY,
    octets BLOB NOT NULL                -- IMAP BODYSTRUCTURE
);
CREATE TABLE field (
    message_id INTEGER PRIMARY KEY,
    octets BLOB NOT NULL                -- those that clients ask for most: pyeonji.message.kept_fields
);
CREATE TABLE preview (
    message_id INTEGER PRIMARY KEY,
    words TEXT NOT NULL                 -- RFC 8970
);

CREATE TABLE heading (                  -- what SEARCH compares: the folded text of a letter
    message_id INTEGER PRIMARY KEY,
    octets BLOB NOT NULL                -- subject, author, recipients, parted by NUL, UTF-8
);
CREATE TABLE wording (
    message_id INTEGER PRIMARY KEY,
    octets BLOB NOT NULL                -- the other fields and the body, parted by NUL, UTF-8, zstd where it is long
);

-- Which letters hold which terms (pyeonji.message.terms) in which section: before each term stands the section's
-- mark.  Letters have small numbers here, one after the other: the index is mostly differences of them, an octet or two
-- each, and receipt numbers are apart by billions.  No term holds an ASCII sign, so the plainest tokenizer leaves them
-- alone.
CREATE TABLE term_letter (
    id INTEGER PRIMARY KEY,             -- rowid in term
    message_id INTEGER NOT NULL UNIQUE
);
CREATE VIRTUAL TABLE term USING fts5(
    marked, content='', contentless_delete=1, detail=none, tokenize=ascii
);
-- Octets gathered before they are written: all of one step of the indexer, in one segment.
INSERT INTO term (term, rank) VALUES ('hashsize', 16777216);
