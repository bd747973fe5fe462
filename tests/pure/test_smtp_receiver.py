"""The receiver: order, framing, limits, and what must never be read as a command."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyeonji.proto.smtp import content, grammar
from pyeonji.proto.smtp import event as events
from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.extension import Extensions
from pyeonji.proto.smtp.receiver import Limits, Receiver, State

ENVELOPE = b"MAIL FROM:<lee@a.example>\r\nRCPT TO:<kim@b.example>\r\n"
SMUGGLED = b"MAIL FROM:<mallory@a.example>\r\nRCPT TO:<kim@b.example>\r\nDATA\r\nsmuggled\r\n.\r\n"


class Talk:
    """A receiver with an owner who says yes to everything; keeps what was heard, said and taken."""

    def __init__(self, limits=None, lmtp=False, **offered):
        self.machine = Receiver("mx.example", Extensions(**offered), limits or Limits(), lmtp=lmtp)
        self.heard, self.said, self.letters = [], b"", []
        self.content = b""

    def say(self, octets):
        before = len(self.said)
        self.machine.feed(octets)
        while (event := self.machine.next_event()) is not None:
            if isinstance(event, events.ContentPart):
                self.content += event.octets
                continue
            self.heard.append(event)
            self.said += self.machine.reply(self.answer(event))
        return self.said[before:]

    def answer(self, event):
        if isinstance(event, events.Wrong):
            return event.reply
        if isinstance(event, events.ContentEnd):
            if event.problem is None:
                self.letters.append((self.machine.transaction, self.content))
            self.content = b""
            return event.problem or replies.queued("K7M32QXD9TAB")
        if isinstance(event, events.StartTls):
            return replies.READY_FOR_TLS
        return event.usual

    def codes(self, octets):
        return [int(line[:3]) for line in self.say(octets).split(b"\r\n") if line[3:4] == b" "]


def ready(**kw):
    talk = Talk(**kw)
    talk.say(b"LHLO c.example\r\n" if kw.get("lmtp") else b"EHLO c.example\r\n")
    return talk


@pytest.mark.parametrize("hello", [b"HELO", b"EHLO"])
def test_the_dialogue_of_the_article(hello):
    talk = Talk()
    codes = [int(talk.machine.greeting()[:3])]
    for line in (hello + b" c.example\r\n", *ENVELOPE.splitlines(True), b"DATA\r\n"):
        codes += talk.codes(line)
    assert codes + talk.codes(b"Subject: Hi\r\n\r\nHello\r\n.\r\n") + talk.codes(b"QUIT\r\n") == [
        220, 250, 250, 250, 354, 250, 221,
    ]  # fmt: skip
    assert b"Ok: queued as K7M32QXD9TAB" in talk.said
    assert talk.letters[0][1] == b"Subject: Hi\r\n\r\nHello\r\n"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (b"MAIL FROM:<a@b.example>\r\n", 250),
        (b"MAIL FROM:<>\r\n", 250),
        (b"MAIL FROM: <a@b.example>\r\n", 250),
        (b"MAIL FROM:<@x.example,@y.example:a@b.example>\r\n", 250),
        (b'MAIL FROM:<"a >b"@b.example> SIZE=12\r\n', 250),
        (b"MAIL FROM:<a@[192.0.2.1]> RET=HDRS ENVID=QQ+2B1\r\n", 250),
        (b"MAIL FROM:<a@b.example> SIZE=99999999999\r\n", 552),
        (b"MAIL FROM:<a@b.example> SIZE=x\r\n", 501),
        (b"MAIL FROM:<a@b.example> SIZE=1 SIZE=1\r\n", 501),
        (b"MAIL FROM:<a@b.example> NOVELTY=1\r\n", 555),
        (b"MAIL FROM:<a@b.example> BODY=BINARYMIME\r\n", 555),
        ("MAIL FROM:<편지@b.example>\r\n".encode(), 553),
        ("MAIL FROM:<편지@b.example> SMTPUTF8\r\n".encode(), 250),
        ("MAIL FROM:<편지@b.example> SMTPUTF8\r\n".encode()[:13] + b"@b.example> SMTPUTF8\r\n", 501),
        (b"MAIL FROM:<a\0@b.example>\r\n", 501),
        (b"MAIL FROM:<a\r@b.example>\r\n", 501),
        (b"MAIL FROM:<a@b.example\r\n", 501),
        (b'MAIL FROM:<""@b.example>\r\n', 501),
        (b"MAIL FROM:<" + b"a" * 65 + b"@b.example>\r\n", 501),
        (b"RCPT TO:<a@b.example>\r\n", 503),
        (b"DATA\r\n", 503),
        (b"NOOP " + b"x" * 505 + b"\r\n", 250),
        (b"NOOP " + b"x" * 506 + b"\r\n", 500),
        (b"WHAT\r\n", 500),
        (b"ETRN x\r\n", 502),
        (b"LHLO c.example\r\n", 500),
        (b"EHLO\r\n", 501),
        (b"GET / HTTP/1.1\r\n", 554),
        (b"BDAT x\r\n", 501),
        (b"BDAT -1\r\n", 501),
        (b"BDAT 9223372036854775808\r\n", 501),
        (b"BDAT 5\r\nQUIT\n", 503),
        (b"AUTH PLAIN AGEAYg==\r\n", 504),
        (b"STARTTLS\r\n", 502),
    ],
)
def test_a_command_and_its_reply(lines, code):
    assert ready().codes(lines) == [code]


def test_postmaster_needs_no_domain():
    talk = ready()
    talk.say(b"MAIL FROM:<>\r\nRCPT TO:<PostMaster> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;kim+2Bx@b.example\r\n")
    [(address, parameters)] = talk.machine.transaction.recipients
    assert (str(address), parameters.notify) == ("postmaster@mx.example", "SUCCESS,FAILURE")
    assert parameters.orcpt == "rfc822;kim+x@b.example"


BREAKS = [b"\r\n", b"\n", b"\r", b"\r\r\n", b"\0", b"\r\n ", b"\x0b\n", b"\x85"]
SEQUENCES = [a + b"." + b for a, b in product(BREAKS, BREAKS) if (a, b) != (b"\r\n", b"\r\n")]


def smuggle(sequence, chunked):
    """How many letters come of one message that hides `sequence` and a second envelope."""
    body = b"Subject: outer\r\n\r\nbody" + sequence + SMUGGLED[: -len(b".\r\n")]
    talk = ready()
    talk.say(ENVELOPE)
    if chunked:
        talk.say(b"BDAT %d LAST\r\n" % len(body) + body)
    else:
        talk.say(b"DATA\r\n")
        talk.say(body + b".\r\n")
    return len(talk.letters)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("sequence", SEQUENCES, ids=repr)
def test_no_sequence_makes_two_letters_of_one(sequence, chunked):
    clean = not set(sequence.replace(b"\r\n", b"")) & set(b"\r\n\0")
    assert smuggle(sequence, chunked) == (1 if clean else 0)


def test_without_the_guard_a_letter_would_be_smuggled(monkeypatch):
    """The test above must be able to fail: a server that ends content at LF . LF takes two letters."""
    feed = content.DataFraming.feed
    monkeypatch.setattr(
        content.DataFraming, "feed", lambda self, data: feed(self, data.replace(b"\n.\nMAIL", b"\r\n.\r\nMAIL"))
    )
    assert len(SEQUENCES) >= 40
    framing = smuggle_in_two_steps(b"\n.\n")
    assert framing == 2


def smuggle_in_two_steps(sequence):
    """As smuggle(), with a client that waits for no 354: the second DATA line comes alone."""
    talk = ready()
    talk.say(ENVELOPE + b"DATA\r\n")
    head, _, tail = SMUGGLED.partition(b"smuggled")
    talk.say(b"body" + sequence + head)
    talk.say(b"smuggled" + tail)
    return len(talk.letters)


def test_with_the_guard_the_same_steps_smuggle_nothing():
    assert smuggle_in_two_steps(b"\n.\n") == 0


def test_nothing_behind_starttls_is_executed():
    talk = ready(starttls=True)
    assert talk.codes(b"STARTTLS\r\nMAIL FROM:<a@b.example>\r\n") == [501]
    assert talk.machine.closing
    talk = ready(starttls=True)
    assert talk.codes(b"STARTTLS\r\n") == [220]
    assert talk.codes(b"MAIL FROM:<a@b.example>\r\n") == [501]
    assert talk.machine.closing


def test_after_tls_the_client_has_said_nothing():
    talk = ready(starttls=True, auth_after_tls=("PLAIN",))
    assert talk.codes(b"AUTH PLAIN AGEAYg==\r\n") == [538]
    talk.say(b"STARTTLS\r\n")
    talk.machine.tls_started()
    assert talk.machine.state is State.FRESH
    assert talk.codes(b"MAIL FROM:<a@b.example>\r\n") == [503]
    assert b"AUTH PLAIN" in talk.say(b"EHLO c.example\r\n")
    assert talk.codes(b"STARTTLS\r\n") == [503]


def test_commands_behind_data_close_the_connection():
    talk = ready()
    assert talk.codes(ENVELOPE + b"DATA\r\nSubject: x\r\n\r\n.\r\n") == [250, 250, 554]
    assert talk.machine.closing
    assert talk.letters == []


def test_no_secret_reaches_the_journey():
    talk = ready(auth=("PLAIN",))
    talk.say(b"AUTH LOGIN c2VjcmV0\r\n")
    talk.say(b"c2VjcmV0\r\n")
    assert not any("c2Vj" in event.line for event in talk.heard)
    assert talk.heard[-1].line == "(8 octets)"


def test_too_many_recipients_errors_and_words_without_mail():
    talk = ready(limits=Limits(max_recipients=2))
    assert talk.codes(ENVELOPE + b"RCPT TO:<a@b.example>\r\nRCPT TO:<c@b.example>\r\n") == [250, 250, 250, 452]
    talk = ready()
    assert talk.codes(b"WHAT\r\n" * 21)[-2:] == [500, 421]
    talk = ready()
    assert talk.codes(b"NOOP\r\n" * 101)[-2:] == [250, 421]


def test_an_endless_line_ends_the_connection_and_its_tail_is_no_command():
    talk = ready()
    assert talk.codes(b"x" * 20000 + b"NOOP\r\n") == [500]
    talk = ready()
    for _ in range(70):
        talk.say(b"x" * 1024)
    assert talk.machine.closing


def test_content_above_the_size_is_read_to_its_end_and_refused():
    talk = ready(limits=Limits(max_size=100))
    talk.say(ENVELOPE + b"DATA\r\n")
    assert talk.codes(b"x" * 90 + b"\r\n" + b"y" * 90 + b"\r\n.\r\nNOOP\r\n") == [552, 250]
    assert talk.codes(b"RCPT TO:<kim@b.example>\r\n") == [503]


def test_a_chunk_above_the_size_is_refused_before_it_is_read_and_never_executed():
    talk = ready(limits=Limits(max_size=100))
    assert talk.codes(ENVELOPE + b"BDAT 200 LAST\r\n") == [250, 250, 552]
    assert talk.codes(b"NOOP\r\n" * 33 + b"xx" + b"RSET\r\n") == [250]
    assert talk.codes(b"DATA\r\n") == [503]


def test_chunks_make_one_content():
    talk = ready()
    assert talk.codes(ENVELOPE + b"BDAT 3\r\nab\rBDAT 2\r\n\nx") == [250, 250, 250, 250]
    assert talk.codes(b"DATA\r\n") == [503]
    assert talk.codes(b"BDAT 0 LAST\r\n") == [250]
    assert talk.letters[0][1] == b"ab\r\nx"


def test_lmtp_says_one_reply_for_each_recipient():
    talk = ready(lmtp=True)
    assert talk.codes(b"EHLO x\r\n") == [500]
    assert talk.codes(ENVELOPE + b"RCPT TO:<b@b.example>\r\nDATA\r\n") == [250, 250, 250, 354]
    assert talk.codes(b"x\r\n.\r\n") == [250, 250]


@pytest.mark.parametrize("refused", [b"x\r\n", b"x" * 70000 + b"\r\n", b"x" * 300 + b"\r\n"])
def test_after_any_end_of_content_the_transaction_is_gone(refused):
    talk = ready(limits=Limits(max_size=200, max_content_line=100))
    talk.say(ENVELOPE + b"DATA\r\n")
    talk.say(refused + b".\r\n")
    assert talk.machine.transaction is None
    assert talk.codes(b"RCPT TO:<kim@b.example>\r\n") + talk.codes(b"DATA\r\n") == [503, 503]


pieces = st.sampled_from(
    [
        *(b"EHLO a\r\n", b"HELO a\r\n", b"MAIL FROM:<a@b.example>\r\n", b"RCPT TO:<a@b.example>\r\n", b"RSET\r\n"),
        *(b"NOOP\r\n", b".\r\n", b"x" * 512, b"x" * 12300, b"\r", b"\n", b"\0", b"..\r\n", b"AUTH PLAIN\r\n"),
        *(b"BDAT 5\r\n", b"BDAT 3 LAST\r\n"),
    ]
)
lines = st.sampled_from([b".", b"\r\n", b"x", b"\r", b"\n", b"..", b"\r\n.", b"y" * 60])


def outcome(talk):
    return talk.said, talk.letters, [event for event in talk.heard if not isinstance(event, events.ContentEnd)]


@settings(max_examples=150, deadline=None)
@given(st.lists(pieces, max_size=12).map(b"".join), st.lists(st.integers(1, 600), max_size=20))
def test_how_the_octets_were_cut_does_not_matter(data, cuts):
    whole, cut = Talk(auth=("PLAIN",)), Talk(auth=("PLAIN",))
    whole.say(data)
    for size in [*cuts, len(data) + 1]:
        cut.say(data[:size])
        data = data[size:]
    assert outcome(whole) == outcome(cut)


@settings(max_examples=150, deadline=None)
@given(st.lists(lines, max_size=20).map(b"".join), st.lists(st.integers(1, 7), max_size=30))
def test_content_reads_the_same_in_any_pieces(data, cuts):
    def run(parts):
        talk = ready(limits=Limits(max_size=500, max_content_line=100))
        talk.say(ENVELOPE + b"DATA\r\n")
        for part in parts:
            talk.say(part)
        return talk.letters, talk.said

    data += b"\r\n.\r\n"
    parts, rest = [], data
    for size in cuts:
        parts.append(rest[:size])
        rest = rest[size:]
    assert run([data]) == run([*parts, rest])


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_octets_are_survived(data):
    Talk(auth=("PLAIN",)).say(b"EHLO a\r\n" + data + b"\r\n")


# ── REQUIRETLS (RFC 8689) ──

DEMANDING = b"MAIL FROM:<lee@a.example> REQUIRETLS\r\n"


def test_encryption_all_the_way_is_offered_only_inside_tls():
    talk = Talk(starttls=True, requiretls_after_tls=True)
    assert b"REQUIRETLS" not in talk.say(b"EHLO c.example\r\n")
    assert talk.say(DEMANDING).startswith(b"530 5.7.10 ")
    talk.say(b"STARTTLS\r\n")
    talk.machine.tls_started()
    assert b"REQUIRETLS" in talk.say(b"EHLO c.example\r\n")
    assert talk.say(DEMANDING).startswith(b"250 ")
    assert talk.machine.transaction.parameters.requiretls


def test_where_tls_was_there_from_the_beginning_it_is_offered_at_once():
    assert b"REQUIRETLS" in Talk(requiretls=True).say(b"EHLO c.example\r\n")


@pytest.mark.parametrize("wrong", [b"MAIL FROM:<lee@a.example> REQUIRETLS=yes\r\n"])
def test_the_demand_has_no_value(wrong):
    assert ready(requiretls=True).say(wrong).startswith(b"501 ")


def test_where_it_is_not_offered_it_is_not_known():
    assert ready().say(DEMANDING).startswith(b"555 ")


PATHS = [
    "FROM:<kim@a.example>", "from:<kim@a.example>", "FROM: <kim@a.example>", "FROM:<>", "FROM:<kim>", "FROM:<kim@>",
    "FROM:<@a.example>", "FROM:<kim..lee@a.example>", "FROM:<.kim@a.example>", "FROM:<kim@-a.example>",
    "FROM:<kim@a..b>", "FROM:<kim@a.example.>", "FROM:<kim@lee@a.example>", "FROM:<kim@a.example>x",
    "FROM:<kim@a.example", "FROM:kim@a.example", "FROM:<kim@a.example> SIZE=3", "FROM:<kim+pb=2@a.example>",
    f"FROM:<{'k' * 64}@a.example>", f"FROM:<{'k' * 65}@a.example>", f"FROM:<kim@{'a.' * 125}bc>",
    f"FROM:<kim@{'a.' * 124}b>", "FROM:<kim@[192.0.2.1]>", "FROM:<kim@a.example>\n",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_plain_path_is_read_as_any_other(path, monkeypatch):
    def read():
        try:
            return grammar.parse_mail(path, Extensions(), grammar.Leniency.BOTH)
        except grammar.Violation as violation:
            return violation.reply

    quickly = read()
    monkeypatch.setattr(grammar, "_alone", lambda text: None)
    assert read() == quickly
