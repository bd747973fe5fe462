"""Who says yes: the owner of a machine, and the reader of a letter, while any octets come."""

import itertools
from collections.abc import Callable, Iterator

from fuzz.words import ARGUMENTS
from pyeonji.address import parse_address
from pyeonji.address.srs import Rewriter
from pyeonji.filters.milter.edited import Working, edited
from pyeonji.message import author, charset, codecs, decoders, edit, folding, report, text
from pyeonji.message.claims import without_claims
from pyeonji.message.header import parse_header
from pyeonji.message.mime import Scanner, scan
from pyeonji.message.part import ambiguities
from pyeonji.message.surrogate import surrogate
from pyeonji.message.trace_fields import delivered_to, from_clause, received_count
from pyeonji.message.words import decode_words, encode_words
from pyeonji.msgauth.arc.validate import validate
from pyeonji.msgauth.dkim.bodies import Bodies
from pyeonji.msgauth.dkim.canonical import Canonical
from pyeonji.msgauth.dkim.verify import verify
from pyeonji.msgauth.spf import check
from pyeonji.msgauth.spf.evaluate import askable
from pyeonji.msgauth.spf.macro import explain_string, text_from
from pyeonji.proto import sasl
from pyeonji.proto.dns import NO_SUCH_NAME, Answer, answer_from
from pyeonji.proto.imap import dates, names, numbers, response, section
from pyeonji.proto.imap import event as imap_event
from pyeonji.proto.imap.client import Client
from pyeonji.proto.imap.command import COMMANDS
from pyeonji.proto.imap.command.authenticate import Authenticate
from pyeonji.proto.imap.session import LIMITS
from pyeonji.proto.imap.session import Session as ImapSession
from pyeonji.proto.imap.wire import Reader
from pyeonji.proto.milter.answers import PacketReader, Progress, packet, read_answer
from pyeonji.proto.milter.conversation import ACTIONS, Told, converse
from pyeonji.proto.pop3 import session as pop3
from pyeonji.proto.sasl.machine import NeedsVerifier
from pyeonji.proto.sasl.scram import Verifier
from pyeonji.proto.smtp import event as smtp_event
from pyeonji.proto.smtp import grammar
from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.extension import Extensions
from pyeonji.proto.smtp.limits import Limits
from pyeonji.proto.smtp.outgoing import Outgoing
from pyeonji.proto.smtp.receiver import Receiver
from pyeonji.proto.smtp.sender import Sender

KIM = parse_address("kim@here.test")
STATES = ("outside", "inside", "selected")
URLS = (b"/INBOX;UIDVALIDITY=1/;UID=1/;SECTION=1.MIME/;PARTIAL=0.5",)
ALL = Extensions(starttls=True, auth=("PLAIN", "LOGIN", "SCRAM-SHA-256"), binarymime=True)
RECORDS = (
    b"a mx/24//64 ptr:%{d} ip4:192.0.2.0/28 exists:%{ir}.%{l1r-}.a.test -all exp=%{p}.a.test",
    b"redirect=a.test",
)
MOST_QUESTIONS = 1 + 10 * 11 + 11 + 1  # of one SPF record: ten terms, names of the address, an explanation
KEYS = (b"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",)
ZONE = {("e._domainkey.a.test", "TXT"): (KEYS[0].decode(),)}
SIGNED = (
    b"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=a.test; s=e; h=from:from; l=3;\r\n"
    b" bh=R9+ukoir89XSJSq/sL1qyWYmN9ZG5t+dXSdLwzbierw=; b=AAAA\r\nFrom: a@a.test\r\n\r\nx\r\n",
)
CHAINS = (
    b"ARC-Seal: i=1; a=ed25519-sha256; cv=none; d=a.test; s=e; b=AAAA\r\nARC-Message-Signature: i=1; a=ed25519-sha256;"
    b" d=a.test; s=e; h=from; bh=R9+ukoir89XSJSq/sL1qyWYmN9ZG5t+dXSdLwzbierw=; b=AAAA\r\n"
    b"ARC-Authentication-Results: i=1; a.test; spf=pass\r\nFrom: a@a.test\r\n\r\nx\r\n",
)
VERIFIER = Verifier.from_password("SCRAM-SHA-256", "secret", b"0123456789abcdef", 1)
TOKEN = b"eyJhbGciOiJSUzI1NiIsImtpZCI6InIifQ.eyJpc3MiOiJhIiwiZXhwIjoxfQ.c2lnbmVk"
JWKS = (
    b'{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"d","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},'
    b'{"kty":"EC","crv":"P-256","x":"AA","y":"AA"},{"kty":"RSA","n":"AQAB","e":"AQAB","use":"sig","alg":"RS256"}]}'
)
BINDINGS = {"tls-server-end-point": b"h" * 32}
VERIFIERS = (str(VERIFIER).encode(),)


def read_mime(octets: bytes) -> None:
    """All a reader asks of a letter: its parts cover it, and its places are inside of it."""
    root = scan(octets)
    for part in root.walk():
        assert 0 <= part.header_start <= part.body_start <= part.body_end <= len(octets)
        codecs.decode(part.body, part.encoding)
        text.decoded_part(part)
    ambiguities(root)
    text.readable(octets)
    report.parse_report(octets)


def read_sections(octets: bytes) -> None:
    root = scan(octets)
    for name in (
        b"BODY[]",
        b"BODY[HEADER]",
        b"BODY[1]",
        b"BODY[1.MIME]",
        b"BODY[2.1.TEXT]",
        b"BODY[1.HEADER.FIELDS (From)]",
    ):
        items = COMMANDS["FETCH"].parse(Reader(b"1 " + name)).items
        for item, utf8 in itertools.product(items, (True, False)):
            found = section.find(root, item.section, utf8=utf8)
            assert utf8 or not isinstance(found, bytes) or found.isascii()
            if found is not None:
                section.cut(found, (1, 5))


def written_and_read(octets: bytes) -> None:
    """A string of ours is read by a client as what it was."""
    octets = octets.replace(b"\0", b"")  # cannot be said at all
    wire = response.string(octets)
    if not wire.startswith(b'"'):
        head, _, rest = wire.partition(b"\r\n")
        assert head.strip(b"~{}") == b"%d" % len(rest) == b"%d" % len(octets)
        assert rest == octets
    else:
        assert b"\r" not in wire
        assert b"\n" not in wire
        assert Reader(wire).string() == octets


def numbered(octets: bytes) -> None:
    found = numbers.parse_set(octets)
    known = [
        number
        for number in (1, 2, 3, 5, 4_294_967_295)
        if number in numbers.among([1, 2, 3, 5, 4_294_967_295], found.ranges)
    ]
    if known:
        assert numbers.among(known, numbers.parse_set(numbers.compact(known)).ranges) == known


def to_seven_bits(octets: bytes) -> None:
    changed = edit.to_7bit(octets)
    head = parse_header(changed).body
    if not codecs.needs_8bit(octets[: parse_header(octets).body]) and not any(
        part.header.octets and codecs.needs_8bit(part.octets[part.header_start : part.body_start])
        for part in scan(changed).walk()
    ):
        assert not codecs.needs_8bit(changed[head:]) or scan(changed).children


def spoken(octets: bytes, **facts: bool) -> None:
    """SMTP to a receiver whose owner says yes."""
    machine = Receiver("mx.here.test", ALL, Limits(), **facts)
    machine.feed(b"LHLO x\r\n" if facts.get("lmtp") else b"EHLO x\r\n")
    machine.feed(octets)
    for _ in range(len(octets) + 20):
        event = machine.next_event()
        if event is None:
            return
        if isinstance(event, smtp_event.ContentPart):
            continue
        if isinstance(event, smtp_event.Wrong):
            machine.reply(event.reply)
        elif isinstance(event, smtp_event.ContentEnd):
            machine.reply(event.problem or replies.queued("X"))
        elif isinstance(event, smtp_event.StartTls):
            machine.reply(replies.READY_FOR_TLS)
        else:
            machine.reply(event.usual)
    raise AssertionError("more events than octets")


def answered(octets: bytes) -> None:
    """A server's replies to a sender with a letter."""
    sender = Sender("c.test", False)
    sender.feed(b"220 x\r\n")
    begun = False
    for piece in (octets[: len(octets) // 2], octets[len(octets) // 2 :], b""):
        sender.feed(piece)
        for _ in range(50):
            event = sender.next_event()
            if event is None:
                break
            if type(event).__name__ == "Ready" and not begun:
                begun = True
                sender.begin(Outgoing(KIM, ((KIM, grammar.RcptParameters()),)))
            elif type(event).__name__ == "SendContent":
                sender.take_out()
                sender.content(b"x\r\n")
                sender.content_done()
        sender.take_out()


def read_by_imap(octets: bytes, state: str) -> None:
    """Any octets to the machine of one connection, whose owner says OK."""
    session = ImapSession(LIMITS)
    if state != "outside":
        session.log_in()
    if state == "selected":
        session.feed(b"s SELECT INBOX\r\n")
        session.next_event()
        session.answer("OK", "Open")
    for piece in (octets[: len(octets) // 2], octets[len(octets) // 2 :]):
        session.feed(piece)
        for _ in range(len(octets) + 20):
            event = session.next_event()
            if event is None:
                break
            answer(session, event)
        else:
            raise AssertionError("more events than octets")


def answer(session: ImapSession, event: object) -> None:
    if isinstance(event, imap_event.AuthResponse):
        session.answer("NO", "Never")
    elif isinstance(event, imap_event.NewLiteral):
        session.proceed()
    elif isinstance(event, imap_event.AppendEnd | imap_event.Done):
        session.answer("OK", "Done")
    elif isinstance(event, imap_event.Command):
        if isinstance(event.args, Authenticate):
            session.challenge(b"")
        elif event.name == "IDLE":
            session.idle()
        elif event.name not in ("APPEND", "REPLACE", "UID REPLACE"):
            session.answer("NO" if event.name in ("STARTTLS", "COMPRESS", "LOGIN") else "OK", "Done")


def read_by_pop3(octets: bytes, inside: bool) -> None:
    machine = pop3.Session()
    if inside:
        machine.logged_in()
    machine.feed(octets)
    for _ in range(len(octets) + 2):
        event = machine.next_event()
        if event is None:
            return
        machine.expects_response = isinstance(event, pop3.Command) and event.verb == "AUTH"
    raise AssertionError("more events than octets")


def exchanged(octets: bytes, mechanism: str) -> None:
    machine = sasl.server(mechanism, nonce="n", bindings=BINDINGS, tokens=True)
    for piece in octets.split(b"\r\n"):
        if isinstance(machine.step(piece), NeedsVerifier):
            machine.verifier(VERIFIER)


def in_three(octets: bytes) -> tuple[bytes, bytes, bytes]:
    """Cut where chance would: at places that come of the octets themselves."""
    one, two = sorted((sum(octets[:50]) % (len(octets) + 1), len(octets) // 2))
    return octets[:one], octets[one:two], octets[two:]


def undone_in_pieces(octets: bytes, encoding: str) -> None:
    """Where an encoded body is cut makes no difference."""
    made = decoders.decoder(encoding)
    assert made is not None
    found = b"".join([*(made.feed(piece) for piece in in_three(octets)), made.end()])
    assert found == codecs.decode(octets, encoding)


def scanned_in_pieces(octets: bytes) -> None:
    """Where a letter is cut makes no difference to its tree."""
    scanner = Scanner()
    for piece in in_three(octets):
        scanner.feed(piece)
    there, here = list(scanner.end().walk()), list(scan(octets).walk())
    assert [(part.type, part.header_start, part.body_start, part.body_end, part.lines) for part in there] == [
        (part.type, part.header_start, part.body_start, part.body_end, part.lines) for part in here
    ]


def heard_by_a_client(octets: bytes) -> None:
    """What another server says to us."""
    client = Client()
    for piece in in_three(octets):
        client.feed(piece)
        for _ in range(len(octets) + 20):
            if client.next_event() is None:
                break
        else:
            raise AssertionError("more events than octets")


def written_in_ascii(octets: bytes) -> None:
    assert surrogate(parse_header(octets).whole).isascii()


def raw(octets: bytes) -> str:
    """Octets as a name of the file system holds them: nothing is lost."""
    return octets.decode("utf-8", "surrogateescape")


def shown(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")


def header_of(octets: bytes) -> None:
    header = parse_header(octets)
    for field in header:
        header.value(field)


def words_written(octets: bytes) -> None:
    assert encode_words(shown(octets)).isascii()
    decode_words(encode_words(shown(octets)).encode())


def in_some_charset(octets: bytes) -> None:
    labels = ("utf-8", "euc-kr", "iso-2022-kr", "utf-7", "x-none", "us-ascii", "utf-16", None)
    charset.decode(octets[1:], labels[octets[0] % len(labels)] if octets else None)


def trace_of(octets: bytes) -> None:
    header = parse_header(octets)
    received_count(header)
    delivered_to(header)
    assert b"\n" not in from_clause(shown(octets), "", "::1").encode()


def dated(octets: bytes) -> None:
    dates.print_date_time(dates.parse_date_time(raw(octets)))


def with_arguments() -> Iterator[tuple[str, tuple[bytes, ...]]]:
    """Commands that have arguments, with some that are understood."""
    for name, of in COMMANDS.items():
        if of.arguments:
            yield name, tuple(text.encode() for text in ARGUMENTS[name.removeprefix("UID ")])


def arguments_of(name: str) -> Callable[[bytes], object]:
    return lambda octets: COMMANDS[name].parse(Reader(octets))


def named(octets: bytes) -> None:
    """A mailbox name that is understood is written so that it is read as itself."""
    name = names.checked(names.decode(octets))
    assert names.decode(names.encode(name)) == name


def mail_of(text_of: str) -> object:
    return grammar.parse_mail(text_of, ALL, grammar.Leniency.BOTH)


def rcpt_of(text_of: str) -> object:
    return grammar.parse_rcpt(text_of, ALL, grammar.Leniency.BOTH, smtputf8=True, hostname="x")


def claims_of(octets: bytes) -> None:
    kept, _ = without_claims(octets, parse_header(octets), "mx.here.test")
    assert without_claims(kept, parse_header(kept), "mx.here.test")[0] == kept


def folded_field(octets: bytes) -> None:
    """A folded field is one field, in lines that travel and are not empty to the eye (RFC 5322 §2.1.1, §3.2.2)."""
    lines = folding.fold("Subject", octets).split(b"\r\n")
    assert lines.pop() == b""
    assert lines[0].startswith(b"Subject:")
    assert all(line[:1] in b" \t" and line.strip() for line in lines[1:])
    assert max(map(len, lines)) <= folding.LINE_LIMIT
    assert not any(octet in b"".join(lines) for octet in b"\r\n\0")


def authors_of(octets: bytes) -> None:
    header = parse_header(octets)
    author.author(header)
    author.senders(header)


def verified_by_dkim(octets: bytes) -> None:
    """Any letter has results, and why for each that is no pass."""
    header = parse_header(octets)
    bodies = Bodies(header)
    bodies.feed(octets[header.body :])
    bodies.finish()
    for found in answer_from(ZONE, verify(header, bodies, 1)):
        assert found.why or found.result == "pass"


def in_canonical_forms(octets: bytes) -> None:
    """A form does not depend on how the octets came, and its own form is itself (RFC 6376 §3.4)."""
    for form in ("simple", "relaxed"):
        whole = _canonical(form, [octets])
        assert whole == _canonical(form, [octets[at : at + 1] for at in range(len(octets))])
        assert whole == _canonical(form, [whole])


def _canonical(form: str, pieces: list[bytes]) -> bytes:
    canonical = Canonical(form)
    return b"".join([*(b"".join(canonical.feed(piece)) for piece in pieces), *canonical.finish()])


def chained(octets: bytes) -> None:
    """Nobody's rubbish is a whole chain."""
    header = parse_header(octets)
    bodies = Bodies(header)
    bodies.feed(octets[header.body :])
    bodies.finish()
    found = answer_from(ZONE, validate(header, bodies, 1))
    assert found.result == "none" or (found.result == "fail" and found.why)


def checked_by_spf(octets: bytes) -> None:
    """Whatever a record says, few questions come of it, all of names that can be asked for."""
    answers = {
        "TXT": Answer((f"v=spf1 {shown(octets)}",)), "A": Answer(("192.0.2.9",)), "MX": Answer(("10 b.test",) * 9),
        "PTR": Answer(("c.test", "a.test")), "AAAA": NO_SUCH_NAME,
    }  # fmt: skip
    asking = check("192.0.2.1", "kim@a.test", "b.test", "mx.here.test", 1)
    try:
        question = next(asking)
        for _ in range(MOST_QUESTIONS):
            assert askable(question.name)
            question = asking.send(answers[question.kind])
        raise AssertionError("there is no end of questions")
    except StopIteration as stop:
        assert stop.value.why or stop.value.result == "pass"


def explained_by_spf(octets: bytes) -> None:
    """What somebody says to a fail fits into a reply."""
    assert len(text_from(explain_string(shown(octets)), dict.fromkeys("slodipvhcrt", "a-b.c" * 30))) <= 400


class Trusting(Rewriter):
    """Takes any hash for its own."""

    def _check(self, *parts):
        pass


def sent_back(octets):
    """Rewritten, and read again as if it came back; any hash is taken for ours."""
    address = parse_address(f"{raw(octets)}@b.example")
    if (onward := Rewriter(b"x").onward(address, "here.test", 20_000)) is not None:
        assert len(onward.local_part.encode("utf-8", "surrogatepass")) <= 64
    return Trusting(b"x").back(address, 20_000)


def answered_by_a_filter(octets):
    """A letter whose filter says these octets, after a proper negotiation; whatever it changes, a header stays one."""
    reader, conversation = PacketReader(), converse(FILTERED)
    reader.feed(packet(b"O", b"\0\0\0\6" + ACTIONS.to_bytes(4) + bytes(4)) + octets)
    say = next(conversation)
    try:
        while True:
            answer = None
            while say.awaits and (answer is None or isinstance(answer, Progress)):
                if (taken := reader.take()) is None:
                    return
                answer = read_answer(*taken)
            say = conversation.send(answer)
    except StopIteration as stop:
        letter, _ = edited(
            Working(b"Subject: x\r\n\r\n", "", ("kim@here.test",), 0, lambda at, n: b""), stop.value.edits
        )
        assert parse_header(letter.head).body == len(letter.head)


FILTERED = Told(
    ip="192.0.2.1", port=1, host="mx", hello="mx", reverse_path="", forward_paths=("kim@here.test",),
    fields=((b"Subject", b" x"),), size=3, read=lambda at, n: b"abc",
)  # fmt: skip
