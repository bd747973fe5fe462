-- The embedded store.  Beside it: postgres.sql; tests/store/test_schema_parity.py holds the two together.
-- *_us: microseconds since 1970 UTC.  Message ids are receipt numbers (60 bits in time order).
-- AUTOINCREMENT: sessions, rights and clients know the id; it is never given again.

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE domain (
    name TEXT PRIMARY KEY,              -- A-labels, lower case
    catch_all TEXT NOT NULL DEFAULT '', -- address that takes what nobody else does; '' for none
    created_us INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    address TEXT NOT NULL UNIQUE,       -- its main address, folded: what RCPT TO is compared with
    name TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT 'ko',
    quota_octets INTEGER NOT NULL DEFAULT 0,  -- 0: no limit
    quota_messages INTEGER NOT NULL DEFAULT 0,  -- 0: no limit
    quota_told INTEGER NOT NULL DEFAULT 0,  -- per cent of which its owner was warned last; 0: of none
    disabled INTEGER NOT NULL DEFAULT 0,
    created_us INTEGER NOT NULL
);

CREATE TABLE credential (
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,                 -- argon2id, scram-sha-256, scram-sha-1
    value TEXT NOT NULL,
    PRIMARY KEY (account_id, kind)
) WITHOUT ROWID;

CREATE TABLE alias (
    address TEXT NOT NULL,              -- folded
    target TEXT NOT NULL,               -- an address here or elsewhere
    owner TEXT NOT NULL DEFAULT '',     -- of a list: where its bounces go
    PRIMARY KEY (address, target)
) WITHOUT ROWID;

CREATE TABLE content (
    id INTEGER PRIMARY KEY,
    size INTEGER NOT NULL,              -- octets, as the letter has them
    codec INTEGER NOT NULL DEFAULT 0,   -- 0 as they are, 1 zstd, 2 freed by the sweeper
    file TEXT NOT NULL DEFAULT '',      -- name below content/, or '' when inline
    octets BLOB
);
CREATE UNIQUE INDEX content_by_file ON content (file) WHERE file <> '';

CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    content_id INTEGER NOT NULL REFERENCES content (id),
    size INTEGER NOT NULL,              -- octets of content
    body_at INTEGER NOT NULL,           -- octet offset of the body
    relay_at INTEGER NOT NULL,          -- octet offset where the letter begins for the next server (after Return-Path)
    at_us INTEGER NOT NULL,
    via TEXT NOT NULL,
    reverse_path TEXT NOT NULL,         -- '' is the null path
    message_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    author TEXT NOT NULL,
    envid TEXT NOT NULL DEFAULT '',     -- RFC 3461 ENVID, as given
    ret TEXT NOT NULL DEFAULT '',       -- RFC 3461 RET: FULL, HDRS or ''
    smtputf8 INTEGER NOT NULL DEFAULT 0,
    eight_bit INTEGER NOT NULL DEFAULT 0,
    parent INTEGER NOT NULL DEFAULT 0,
    login TEXT NOT NULL DEFAULT '',
    onward_path TEXT NOT NULL DEFAULT '',  -- the reverse-path it is sent on with (SRS); '' is its own
    tls TEXT NOT NULL DEFAULT ''        -- what its writer wants of encryption (RFC 8689): required, optional, ''
);
CREATE INDEX message_by_message_id ON message (message_id) WHERE message_id <> '';
CREATE INDEX message_by_envid ON message (envid) WHERE envid <> '';
CREATE INDEX message_by_reverse_path ON message (reverse_path, id) WHERE reverse_path <> '';
CREATE INDEX message_by_content ON message (content_id);

CREATE TABLE mailbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,                 -- NFC, levels parted by "/"
    special_use TEXT NOT NULL DEFAULT '',
    uidvalidity INTEGER NOT NULL,
    uidnext INTEGER NOT NULL DEFAULT 1,
    modseq INTEGER NOT NULL DEFAULT 1,  -- highest given
    messages INTEGER NOT NULL DEFAULT 0,
    octets INTEGER NOT NULL DEFAULT 0,
    unseen INTEGER NOT NULL DEFAULT 0,  -- letters without \Seen
    recent_from INTEGER NOT NULL DEFAULT 1,  -- letters from this UID on are \Recent to the next who opens it
    forgotten INTEGER NOT NULL DEFAULT 0,  -- rows of expunged up to this MODSEQ may have been dropped
    UNIQUE (account_id, name)
);

CREATE TABLE entry (
    mailbox_id INTEGER NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    uid INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL REFERENCES message (id),
    flags INTEGER NOT NULL,
    keywords TEXT NOT NULL DEFAULT '',
    modseq INTEGER NOT NULL,
    internal_us INTEGER NOT NULL,
    saved_us INTEGER NOT NULL,
    size INTEGER NOT NULL,
    came INTEGER NOT NULL DEFAULT 0,    -- MODSEQ it came with: grows with the UIDs; 0: that was not kept yet
    PRIMARY KEY (mailbox_id, uid)
) WITHOUT ROWID;
CREATE INDEX entry_by_message ON entry (message_id);
CREATE INDEX entry_changed ON entry (mailbox_id, modseq) WHERE modseq > came;  -- since it came
CREATE INDEX entry_marked ON entry (mailbox_id, (flags & 8), uid, size) WHERE (flags & 8) = 8;  -- \Deleted: few, asked for often

CREATE TABLE expunged (
    mailbox_id INTEGER NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    uid INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    PRIMARY KEY (mailbox_id, uid)
) WITHOUT ROWID;
CREATE INDEX expunged_by_modseq ON expunged (mailbox_id, modseq);

CREATE TABLE undigested (               -- filed letters whose digest has to be made (docs/reading.md)
    message_id INTEGER PRIMARY KEY
);

CREATE TABLE removed (                  -- expunged letters that can still be brought back
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    mailbox TEXT NOT NULL,              -- the name of the mailbox it was in
    uid INTEGER NOT NULL,               -- that it had there
    message_id INTEGER NOT NULL REFERENCES message (id),
    flags INTEGER NOT NULL,
    keywords TEXT NOT NULL DEFAULT '',
    internal_us INTEGER NOT NULL,
    size INTEGER NOT NULL,
    removed_us INTEGER NOT NULL
);
CREATE INDEX removed_by_account ON removed (account_id, removed_us);
CREATE INDEX removed_by_message ON removed (message_id);
CREATE INDEX removed_by_age ON removed (removed_us);

CREATE TABLE subscription (             -- names outlive their mailboxes (RFC 9051 §6.3.7)
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (account_id, name)
) WITHOUT ROWID;

CREATE TABLE acl (                      -- RFC 4314; the owner's rights are not written down, he has them all
    mailbox_id INTEGER NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    identifier TEXT NOT NULL,           -- an account's address, "anyone", or one of these behind "-"
    rights TEXT NOT NULL,               -- letters of RFC 4314, sorted
    PRIMARY KEY (mailbox_id, identifier)
) WITHOUT ROWID;
CREATE INDEX acl_by_identifier ON acl (identifier);

CREATE TABLE annotation (               -- METADATA, RFC 5464
    mailbox_id INTEGER NOT NULL,        -- 0: of the server
    account_id INTEGER NOT NULL,        -- whose private value; 0: shared by all
    entry TEXT NOT NULL,                -- /comment, in lower case, without /private or /shared
    value BLOB NOT NULL,
    PRIMARY KEY (mailbox_id, account_id, entry)
) WITHOUT ROWID;
CREATE INDEX annotation_by_account ON annotation (account_id);

CREATE TABLE import_folder (            -- what `pyeonji import` took letters from
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    source TEXT NOT NULL,               -- "maildir /path", "imap login@host"
    folder TEXT NOT NULL,               -- its name there
    UNIQUE (account_id, source, folder)
);

CREATE TABLE imported (                 -- letters that were taken: a later run takes only what is new
    folder_id INTEGER NOT NULL REFERENCES import_folder (id) ON DELETE CASCADE,
    item TEXT NOT NULL,                 -- its name in that folder: of its file, its digest, UIDVALIDITY and UID
    PRIMARY KEY (folder_id, item)
) WITHOUT ROWID;

CREATE TABLE recipient (
    message_id INTEGER NOT NULL REFERENCES message (id),
    n INTEGER NOT NULL,                 -- from 1
    address TEXT NOT NULL,              -- folded
    original TEXT NOT NULL DEFAULT '',  -- RFC 3461 ORCPT, as given
    notify TEXT NOT NULL DEFAULT '',    -- RFC 3461 NOTIFY, as given
    domain TEXT NOT NULL DEFAULT '',    -- where it must go; '' when it was filed here
    state TEXT NOT NULL,                -- docs/queue.md: waiting trying held arrived done returned failed bounced cancelled
    due_us INTEGER NOT NULL DEFAULT 0,
    deadline_us INTEGER NOT NULL DEFAULT 0,
    lease_us INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL DEFAULT 0,   -- grows with each claim; a result with an old one is refused
    attempts INTEGER NOT NULL DEFAULT 0,
    delay_notified INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (message_id, n)
) WITHOUT ROWID;
CREATE INDEX recipient_due ON recipient (due_us, domain) WHERE state = 'waiting';
CREATE INDEX recipient_leased ON recipient (lease_us) WHERE state = 'trying';
CREATE INDEX recipient_owed ON recipient (message_id) WHERE state = 'failed';
CREATE INDEX recipient_arrived ON recipient (message_id) WHERE state = 'arrived';
CREATE INDEX recipient_held ON recipient (message_id) WHERE state = 'held';

CREATE TABLE session (
    id INTEGER PRIMARY KEY,
    opened_us INTEGER NOT NULL,
    closed_us INTEGER NOT NULL DEFAULT 0,
    service TEXT NOT NULL,
    peer TEXT NOT NULL
);

CREATE TABLE journey (
    id INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL DEFAULT 0,
    message_id INTEGER NOT NULL DEFAULT 0,
    at_us INTEGER NOT NULL,
    events BLOB NOT NULL                -- pyeonji.journey.event.pack
);
CREATE INDEX journey_by_message ON journey (message_id) WHERE message_id <> 0;
CREATE INDEX journey_by_session ON journey (session_id) WHERE session_id <> 0;

CREATE TABLE sts_policy (               -- what other domains ask of those who send to them (RFC 8461)
    domain TEXT PRIMARY KEY,
    policy_id TEXT NOT NULL,            -- of the record it was fetched for
    text TEXT NOT NULL,                 -- as fetched; '' where none ever was
    fetched_us INTEGER NOT NULL,
    tried_us INTEGER NOT NULL,
    failure TEXT NOT NULL               -- why the last try came to nothing: its name in RFC 8460 and words; '' for none
) WITHOUT ROWID;

CREATE TABLE tls_result (               -- what encryption came to at others, counted for their reports (RFC 8460)
    day INTEGER NOT NULL,                 -- since 1970 UTC
    domain TEXT NOT NULL,
    policy_type TEXT NOT NULL,          -- sts, tlsa, no-policy-found
    policy TEXT NOT NULL,               -- its lines
    mx TEXT NOT NULL,
    ip TEXT NOT NULL,
    result TEXT NOT NULL,               -- '' is success
    sessions INTEGER NOT NULL,
    PRIMARY KEY (day, domain, policy_type, policy, mx, ip, result)
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

CREATE TABLE login_attempt (            -- who tried to log in by which name; the same again is counted
    name TEXT NOT NULL,                 -- an account's address; of a name nobody has only a digest with a secret, behind "?"
    place TEXT NOT NULL,                -- an IPv4 address or an IPv6 /64; '' on this machine's socket
    service TEXT NOT NULL,
    mechanism TEXT NOT NULL,
    outcome TEXT NOT NULL,              -- pyeonji.store.logins.OUTCOMES
    credential TEXT NOT NULL,           -- the app password that was used; '' for the password
    attempts INTEGER NOT NULL,
    first_us INTEGER NOT NULL,
    last_us INTEGER NOT NULL,
    PRIMARY KEY (name, place, service, mechanism, outcome, credential)
) WITHOUT ROWID;
CREATE INDEX login_attempt_by_age ON login_attempt (last_us);

CREATE TABLE app_password (             -- of one program: made here, good for some services only
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,                 -- what its owner calls it
    scopes TEXT NOT NULL,               -- smtp, imap, pop3, api; one space between
    digest TEXT NOT NULL,               -- SHA-256: of 80 random bits nothing slower is needed
    created_us INTEGER NOT NULL,
    used_us INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account_id, name)
);
CREATE UNIQUE INDEX app_password_by_digest ON app_password (account_id, digest);

CREATE TABLE sending (                  -- what an account has sent in each minute, for its limits
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    minute INTEGER NOT NULL,            -- since 1970
    letters INTEGER NOT NULL,
    recipients INTEGER NOT NULL,
    PRIMARY KEY (account_id, minute)
) WITHOUT ROWID;

CREATE TABLE sending_told (             -- who was told that he has sent too much, and when
    account_id INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    told_us INTEGER NOT NULL
);

CREATE TABLE greylist (                 -- strangers: who wrote for the first time, and who came again
    network TEXT NOT NULL,              -- 192.0.2.0/24, 2001:db8::/64; spf where the domain's SPF holds
    domain TEXT NOT NULL,               -- of the reverse-path; '' is the null path
    recipient TEXT NOT NULL,            -- folded; '' for one who came again
    first_us INTEGER NOT NULL,
    expires_us INTEGER NOT NULL,
    PRIMARY KEY (network, domain, recipient)
) WITHOUT ROWID;
CREATE INDEX greylist_by_age ON greylist (expires_us);

CREATE TABLE dmarc_report (             -- what others saw of letters in the name of a domain here (RFC 9990)
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    domain TEXT NOT NULL,               -- whose policy it was
    submitter TEXT NOT NULL,            -- the domain that sent the report
    report_id TEXT NOT NULL,            -- by its own count
    reporter TEXT NOT NULL,             -- as it calls itself
    policy TEXT NOT NULL,               -- p, as it had read it
    begins_s INTEGER NOT NULL,          -- seconds since 1970
    ends_s INTEGER NOT NULL,
    UNIQUE (domain, submitter, report_id)
);
CREATE INDEX dmarc_report_by_time ON dmarc_report (ends_s);

CREATE TABLE dmarc_row (                -- letters from one address that were judged alike
    report INTEGER NOT NULL REFERENCES dmarc_report (id) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    ip TEXT NOT NULL,
    letters INTEGER NOT NULL,
    disposition TEXT NOT NULL,          -- none, quarantine, reject
    dkim TEXT NOT NULL,                 -- pass, fail: with alignment
    spf TEXT NOT NULL,
    author TEXT NOT NULL,               -- domain of From
    signed TEXT NOT NULL,               -- "example.com=pass, list.test=fail"
    sent TEXT NOT NULL,                 -- "example.com=pass": what SPF found
    reason TEXT NOT NULL,               -- why they did other than the policy says
    PRIMARY KEY (report, n)
) WITHOUT ROWID;

CREATE TABLE app (                      -- a program that sends in the name of an account (docs/api.md)
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    verp INTEGER NOT NULL DEFAULT 0,    -- 1: each recipient's letter gets a return address of its own
    attempts INTEGER NOT NULL DEFAULT 0,  -- 1: it is told of each attempt (email.attempted)
    created_us INTEGER NOT NULL,
    used_us INTEGER NOT NULL DEFAULT 0    -- its last call; 0 is never
);

CREATE TABLE api_key (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id INTEGER NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,        -- SHA-256: of 160 random bits nothing slower is needed
    hint TEXT NOT NULL,                 -- its first characters, so that people know it again
    scopes TEXT NOT NULL,               -- one space between
    test INTEGER NOT NULL DEFAULT 0,    -- 1: what it sends goes to simulator.test only
    created_us INTEGER NOT NULL,
    used_us INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE sent (                     -- letters that apps have handed in
    message_id INTEGER PRIMARY KEY,
    app_id INTEGER NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    ref TEXT NOT NULL DEFAULT '',       -- the app's own name for it
    tags TEXT NOT NULL DEFAULT '',      -- one space between
    metadata TEXT NOT NULL DEFAULT '',  -- JSON of the app's, or ''
    trace TEXT NOT NULL DEFAULT '',     -- W3C traceparent
    test INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX sent_by_app ON sent (app_id, message_id);
CREATE INDEX sent_by_ref ON sent (app_id, ref) WHERE ref <> '';

CREATE TABLE event (                    -- what apps are told of; grows in the order of commits
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id INTEGER NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    message_id INTEGER NOT NULL,
    n INTEGER NOT NULL,                 -- recipient; 0 is all of it
    sequence INTEGER NOT NULL,          -- of this recipient, from 1
    revision INTEGER NOT NULL DEFAULT 0,  -- of email.final, from 1; 0 for all else
    type TEXT NOT NULL,
    cause TEXT NOT NULL DEFAULT '',     -- key of the cause catalogue
    at_us INTEGER NOT NULL,
    facts TEXT NOT NULL,                -- JSON
    UNIQUE (message_id, n, sequence)
);
CREATE INDEX event_by_app ON event (app_id, id);

CREATE TABLE suppression (              -- addresses nothing is sent to any more
    app_id INTEGER NOT NULL,            -- 0: for all apps
    address TEXT NOT NULL,              -- folded
    cause TEXT NOT NULL,
    message_id INTEGER NOT NULL DEFAULT 0,  -- the letter that led to it; 0: a person decided
    note TEXT NOT NULL DEFAULT '',
    at_us INTEGER NOT NULL,
    PRIMARY KEY (app_id, address)
) WITHOUT ROWID;

CREATE TABLE idempotency (              -- requests of apps that are done once, however often they come
    app_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL DEFAULT '',    -- of the request; '' where it may differ
    at_us INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    answer TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (app_id, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (at_us);

CREATE TABLE webhook (                  -- where an app hears of events (docs/webhooks.md)
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id INTEGER NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    types TEXT NOT NULL DEFAULT '',     -- of events, one space between; '' is all
    inside INTEGER NOT NULL DEFAULT 0,  -- 1: it may lie in a private network
    passed INTEGER NOT NULL DEFAULT 0,  -- the last event that was given to it or is owed to it
    down_us INTEGER NOT NULL DEFAULT 0,  -- since when it has taken nothing; 0: it takes what it gets
    paused_us INTEGER NOT NULL DEFAULT 0,  -- since when it gets nothing; 0 is never
    rests_us INTEGER NOT NULL DEFAULT 0,  -- until when it asked to get nothing
    created_us INTEGER NOT NULL
);

CREATE TABLE webhook_secret (           -- signs what an endpoint gets
    webhook_id INTEGER PRIMARY KEY REFERENCES webhook (id) ON DELETE CASCADE,
    secret TEXT NOT NULL,               -- whsec_...
    old_secret TEXT NOT NULL DEFAULT '',  -- signs, too, until old_until_us
    old_until_us INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE webhook_owed (             -- events that an endpoint has not taken yet
    webhook_id INTEGER NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    event_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    n INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    first_us INTEGER NOT NULL DEFAULT 0,  -- the first attempt
    due_us INTEGER NOT NULL,
    PRIMARY KEY (webhook_id, event_id)
) WITHOUT ROWID;

CREATE TABLE webhook_delivery (         -- what endpoints said, the latest of each
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook_id INTEGER NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    event_id INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    at_us INTEGER NOT NULL,
    took_ms INTEGER NOT NULL,
    status INTEGER NOT NULL,            -- HTTP; 0: there was no answer
    said TEXT NOT NULL                  -- the beginning of the answer, or why there was none
);
CREATE INDEX webhook_delivery_by_webhook ON webhook_delivery (webhook_id, id);

CREATE TABLE inbound_route (            -- an app is told of letters that come to an address
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id INTEGER NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    address TEXT NOT NULL UNIQUE,       -- folded
    created_us INTEGER NOT NULL
);

CREATE TABLE lease (                    -- work that one worker does at a time
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until_us INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE administrator (            -- who sees and does everything on the pages
    account_id INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE
);

CREATE TABLE web_session (              -- who is signed in with a browser (docs/signin.md)
    digest TEXT PRIMARY KEY,            -- SHA-256 of the 256 random bits in the cookie
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    made_us INTEGER NOT NULL,
    seen_us INTEGER NOT NULL,           -- within a minute
    proved_us INTEGER NOT NULL,         -- when its owner last said the password, or showed a passkey
    place TEXT NOT NULL,                -- network address it began from
    program TEXT NOT NULL               -- what the browser calls itself
) WITHOUT ROWID;
CREATE INDEX web_session_by_account ON web_session (account_id);
CREATE INDEX web_session_by_age ON web_session (seen_us);

CREATE TABLE second_factor (            -- one-time codes by the clock (RFC 6238)
    account_id INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    secret TEXT NOT NULL,               -- base32
    confirmed INTEGER NOT NULL DEFAULT 0,  -- 1 once a code of it was seen: asked for from then on
    last_step INTEGER NOT NULL DEFAULT 0,  -- the code of this time step was used, and those before it
    made_us INTEGER NOT NULL
);

CREATE TABLE recovery_code (            -- each good once, for who has lost the telephone
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,               -- SHA-256: of 80 random bits nothing slower is needed
    PRIMARY KEY (account_id, digest)
) WITHOUT ROWID;

CREATE TABLE passkey (                  -- WebAuthn credentials
    credential TEXT PRIMARY KEY,        -- its id, base64url
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,                 -- what its owner calls it
    cose TEXT NOT NULL,                 -- its public key as a COSE_Key, base64url
    counter INTEGER NOT NULL,           -- of signatures, as last seen
    made_us INTEGER NOT NULL,
    used_us INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX passkey_by_account ON passkey (account_id);

CREATE TABLE login_link (               -- from `pyeonji account login-link`: good once, for minutes
    digest TEXT PRIMARY KEY,            -- SHA-256 of the 256 random bits in the link
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    until_us INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE support_code (             -- said to whoever asks, also where no letter was made (docs/journey.md)
    code TEXT PRIMARY KEY,              -- twelve characters like a receipt number, all of them random
    app_id INTEGER NOT NULL,            -- whose code it is; 0: of the server
    message_id INTEGER NOT NULL,        -- 0: no letter was made
    named TEXT NOT NULL DEFAULT '',     -- whom the header names; one space between
    link TEXT NOT NULL DEFAULT '',      -- SHA-256 of what stands in the public link; '' for none
    made_us INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX support_code_by_link ON support_code (link) WHERE link <> '';
CREATE INDEX support_code_by_age ON support_code (made_us);

CREATE TABLE dmarc_judged (             -- how letters of strangers fared here, counted for their domains (RFC 9990)
    day INTEGER NOT NULL,               -- since 1970 UTC
    domain TEXT NOT NULL,               -- whose policy it was
    digest TEXT NOT NULL,               -- SHA-256 of the next
    judged TEXT NOT NULL,               -- pyeonji.msgauth.dmarc.judged.Judged, as JSON
    letters INTEGER NOT NULL,
    PRIMARY KEY (day, domain, digest)
) WITHOUT ROWID;

CREATE TABLE dmarc_record (             -- the record of a domain as last seen on a day: who wants that report
    day INTEGER NOT NULL,               -- since 1970 UTC
    domain TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (day, domain)
) WITHOUT ROWID;

CREATE TABLE tls_report (               -- how the connections of others to a domain here went (RFC 8460)
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    domain TEXT NOT NULL,
    submitter TEXT NOT NULL,            -- the domain that sent the report
    report_id TEXT NOT NULL,            -- by its own count
    reporter TEXT NOT NULL,             -- as it calls itself
    begins_s INTEGER NOT NULL,          -- seconds since 1970
    ends_s INTEGER NOT NULL,
    UNIQUE (domain, submitter, report_id)
);
CREATE INDEX tls_report_by_time ON tls_report (ends_s);

CREATE TABLE tls_report_row (           -- connections that ended alike
    report INTEGER NOT NULL REFERENCES tls_report (id) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    policy TEXT NOT NULL,               -- sts, tlsa, no-policy-found
    result TEXT NOT NULL,               -- '' is success
    mx TEXT NOT NULL,                   -- of ours that was dialled
    sender TEXT NOT NULL,               -- the address it was dialled from
    sessions INTEGER NOT NULL,
    detail TEXT NOT NULL,               -- in their words
    PRIMARY KEY (report, n)
) WITHOUT ROWID;

CREATE INDEX message_by_login ON message (login, id) WHERE login <> '';  -- what somebody sent; nothing for what comes in
CREATE INDEX recipient_by_domain ON recipient (domain, message_id) WHERE domain <> '';  -- what goes out; the same

CREATE TABLE allowed_sender (           -- whose letters somebody wants in INBOX though they look like junk
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    address TEXT NOT NULL,              -- of the author, folded
    network TEXT NOT NULL,              -- from which they must come, unless DMARC passes; '': DMARC must
    made_us INTEGER NOT NULL,
    PRIMARY KEY (account_id, address, network)
) WITHOUT ROWID;

CREATE TABLE sent_again (               -- a letter that was sent again for one of its recipients, once
    message_id INTEGER NOT NULL,
    n INTEGER NOT NULL,
    again_id INTEGER NOT NULL,    -- the new letter
    PRIMARY KEY (message_id, n)
) WITHOUT ROWID;

CREATE TABLE addressed (                -- letters by whom they were for: filled some thousand recipients at a time (store/addressed)
    address TEXT NOT NULL,
    message_id INTEGER NOT NULL,
    PRIMARY KEY (address, message_id)
) WITHOUT ROWID;

CREATE TABLE unaddressed (              -- letters whose recipients `addressed` need not have yet
    message_id INTEGER PRIMARY KEY
);
