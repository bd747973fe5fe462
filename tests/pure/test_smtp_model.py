"""S07, G11: whatever goes wrong, nothing of a transaction is left for the next one: the receiver against a model.

The model is a page long on purpose: what RFC 5321 §4.1.4 says, and no more.  Each step of a conversation is one command
with the owner's decision about it; the codes and what the owner is told must be what the model says.
"""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pyeonji.proto.smtp import event as events
from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.extension import Extensions
from pyeonji.proto.smtp.grammar import Transaction
from pyeonji.proto.smtp.receiver import Limits, Receiver
from pyeonji.proto.smtp.session import Session

YES, LATER, NO = "yes", "later", "no"
DECISION = {LATER: replies.TRY_AGAIN_LATER, NO: replies.NO_SUCH_MAILBOX}
LIMITS = Limits(max_size=100, max_content_line=50, max_errors=10**6, max_junk=10**6, max_recipients=3)

decision = st.sampled_from([YES, YES, YES, LATER, NO])
address = st.sampled_from([b"a@b.example", b"c@d.example"])
content = st.sampled_from([b"", b"x\r\n", b"..\r\n", b"y" * 60 + b"\r\n", b"z\r\n" * 40])
STEPS = st.one_of(
    st.tuples(st.just("EHLO"), st.sampled_from([b"EHLO", b"HELO"])),
    st.tuples(st.just("MAIL"), decision, address),
    st.tuples(st.just("MAIL"), decision, address),
    st.tuples(st.just("RCPT"), decision, address),
    st.tuples(st.just("RCPT"), decision, address),
    st.tuples(st.just("DATA"), decision, content),
    st.tuples(st.just("BDAT"), decision, content, st.booleans()),
    st.tuples(st.just("RSET")),
    st.tuples(st.just("VAIN"), st.sampled_from([b"NOOP", b"VRFY x", b"FOO", b"MAIL", b"RCPT TO:", b"DATA x", b"BDAT"])),
)


class Model:
    """What is known between two commands: `mail` and `rcpt` go together, always."""

    def __init__(self):
        self.hello = self.extended = False
        self.over = False
        self.forget()

    def forget(self):
        self.mail, self.rcpt, self.size = None, [], None

    def ehlo(self, verb):
        self.hello, self.extended = True, verb == b"EHLO"
        self.forget()
        return 250

    def mail_(self, said, address):
        if not self.hello or self.mail is not None:
            return 503
        if said == YES:
            self.mail = address
        return code(said)

    def rcpt_(self, said, address):
        if not self.hello or self.mail is None or self.size is not None:
            return 503
        if len(self.rcpt) == LIMITS.max_recipients:
            return 452
        if said == YES:
            self.rcpt.append(address)
        return code(said)

    def data(self, said, octets):
        if not self.hello or not self.rcpt or self.size is not None:
            return [503]
        ended = self.end(said, octets, len(octets.replace(b"\r\n..", b"\r\n.")) - octets.startswith(b".."))
        return [354, ended]

    def bdat(self, said, octets, last):
        if not self.hello or not self.rcpt or not self.extended:
            self.forget()
            return 503
        self.size = (self.size or 0) + len(octets)
        if self.size > LIMITS.max_size:
            self.forget()
            return 552
        if last or has_long_line(octets):
            return self.end(said, octets, self.size)
        if said != YES:
            self.forget()
        return code(said)

    def end(self, said, octets, size):
        self.forget()
        if size > LIMITS.max_size:
            return 552
        return 550 if has_long_line(octets) else code(said)


def has_long_line(octets):
    return any(len(line) > LIMITS.max_content_line for line in octets.split(b"\r\n"))


def code(said):
    return 250 if said == YES else DECISION[said].code


class Talk:
    def __init__(self):
        self.machine = Receiver("mx.example", Extensions(), LIMITS)
        self.told = []

    def say(self, octets, said=YES):
        """Codes of the answers."""
        self.machine.feed(octets)
        out = b""
        while (event := self.machine.next_event()) is not None:
            if not isinstance(event, events.ContentPart):
                out += self.machine.reply(self.answer(event, said))
        return [int(line[:3]) for line in out.split(b"\r\n") if line[3:4] == b" "]

    def answer(self, event, said):
        if isinstance(event, events.Wrong):
            return event.reply
        if isinstance(event, events.ContentEnd):
            transaction = self.machine.transaction
            path = str(transaction.reverse_path).encode()
            self.told.append((path, [str(address).encode() for address, _ in transaction.recipients]))
            if event.problem is not None:
                return event.problem
            return DECISION.get(said, replies.OK)
        asked = isinstance(event, events.Mail | events.Rcpt | events.BdatChunk)
        return DECISION.get(said, event.usual) if asked else event.usual


def run(steps):
    """Play the steps; raises AssertionError where the receiver and the model differ."""
    talk, model = Talk(), Model()
    for number, (name, *args) in enumerate(steps):
        before = (model.mail, [*model.rcpt])
        told = len(talk.told)
        if name == "EHLO":
            heard, expected = talk.say(args[0] + b" c.example\r\n"), [model.ehlo(*args)]
        elif name == "MAIL":
            heard = talk.say(b"MAIL FROM:<%b>\r\n" % args[1], args[0])
            expected = [model.mail_(*args)]
        elif name == "RCPT":
            heard = talk.say(b"RCPT TO:<%b>\r\n" % args[1], args[0])
            expected = [model.rcpt_(*args)]
        elif name == "DATA":
            heard, expected = talk.say(b"DATA\r\n"), model.data(*args)
            if heard == [354]:
                heard += talk.say(args[1] + b".\r\n", args[0])
        elif name == "BDAT":
            last = b" LAST" if args[2] else b""
            heard = talk.say(b"BDAT %d%b\r\n%b" % (len(args[1]), last, args[1]), args[0])
            expected = [model.bdat(*args)]
        elif name == "RSET":
            heard, expected = talk.say(b"RSET\r\n"), [250]
            model.forget()
        else:
            heard = talk.say(args[0] + b"\r\n")
            if args[0] == b"BDAT":  # it cannot be known what follows
                return
            assert heard[0] >= 500 or args[0] in (b"NOOP", b"VRFY x"), (number, steps)
            expected = heard
        assert heard == expected, (number, steps)
        for path, recipients in talk.told[told:]:
            assert (path, recipients) == before, (number, steps)
        transaction = talk.machine.transaction
        assert (transaction is None) is (model.mail is None), (number, steps)


EVERY_RUN = settings(max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@EVERY_RUN
@given(st.lists(STEPS, max_size=30))
def test_the_receiver_remembers_what_the_model_remembers(steps):
    run([("EHLO", b"EHLO"), *steps])


def no_end(self):
    self.chunks = None


def half_an_end(self):
    self.transaction = self.transaction and Transaction(self.transaction.reverse_path, self.transaction.parameters)
    self.chunks = None


@pytest.mark.parametrize("forget", [no_end, half_an_end])
def test_a_transaction_that_is_half_forgotten_is_found(forget, monkeypatch):
    """Negative control: the defects other servers had."""
    monkeypatch.setattr(Session, "forget", forget)

    @settings(max_examples=2_000, deadline=None, database=None, phases=[Phase.generate])
    @given(st.lists(STEPS, max_size=30))
    def looking(steps):
        run([("EHLO", b"EHLO"), *steps])

    with pytest.raises(AssertionError):
        looking()
