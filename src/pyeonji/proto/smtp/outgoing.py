"""What a sender is asked to carry, and what it tells about it."""

from dataclasses import dataclass
from typing import Literal

import msgspec

from pyeonji.address import Address
from pyeonji.proto.smtp.grammar import NO_MAIL_PARAMETERS, MailParameters, RcptParameters, xtext
from pyeonji.proto.smtp.reply import Reply

Phase = Literal["connect", "greeting", "hello", "tls", "login", "mail", "rcpt", "data", "content", "reset", "quit"]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to one or more recipients of one server.  `parameters.size` counts octets with CR LF."""

    reverse_path: Address | None
    recipients: tuple[tuple[Address, RcptParameters], ...]
    parameters: MailParameters = NO_MAIL_PARAMETERS


class CannotCarry(ValueError):
    """The server cannot take this message as it is; nothing was sent."""


class NeedsSmtpUtf8(CannotCarry):
    """RFC 6531 §3.2: an address or a header needs SMTPUTF8, which is not announced."""


class NeedsEightBit(CannotCarry):
    """RFC 6152 §3: 8-bit content and no 8BITMIME."""


class TooBig(CannotCarry):
    """RFC 1870 §6.1: larger than the announced SIZE."""


class SenderEvent(msgspec.Struct, frozen=True):
    pass


class Ready(SenderEvent, frozen=True):
    """Hello (and login) are done: begin(), start_tls(), log_in() or quit() may be called."""

    extensions: dict[str, str]  # keyword in upper case -> its parameters


class TlsReady(SenderEvent, frozen=True):
    """220 to STARTTLS: do the handshake, then call tls_started()."""


class Answer(SenderEvent, frozen=True):
    """What the server said.  `recipient`: index in Outgoing.recipients, -1 when it is about all of it."""

    phase: Phase
    reply: Reply
    recipient: int = -1


class SendContent(SenderEvent, frozen=True):
    """The server wants the content: call content() and then content_done()."""


class Finished(SenderEvent, frozen=True):
    """The transaction is over: the last reply for each recipient, in order, with the phase that decided it."""

    outcomes: tuple[tuple[Phase, Reply], ...]


class Broken(SenderEvent, frozen=True):
    """The connection is of no more use: the server said no to all, said nonsense, or hung up in `phase`."""

    phase: Phase
    reply: Reply


def mail_command(outgoing: Outgoing, announced: dict[str, str]) -> str:
    """MAIL with the parameters this server understands; raises CannotCarry."""
    parameters = outgoing.parameters
    text = f"MAIL FROM:<{outgoing.reverse_path or ''}>"
    addresses = [address for address, _ in outgoing.recipients]
    if outgoing.reverse_path is not None:
        addresses.append(outgoing.reverse_path)
    utf8 = parameters.smtputf8 or not all(address.is_ascii for address in addresses)
    if utf8 and "SMTPUTF8" not in announced:
        raise NeedsSmtpUtf8("SMTPUTF8 is not announced")
    if parameters.body != "7BIT" and "8BITMIME" not in announced:
        raise NeedsEightBit("8BITMIME is not announced")
    if parameters.size is not None and "SIZE" in announced:
        largest = announced["SIZE"]
        if largest.isdecimal() and 0 < int(largest[:20]) < parameters.size:
            raise TooBig(f"SIZE {largest} is announced")
        text += f" SIZE={parameters.size}"
    if "8BITMIME" in announced and parameters.body != "7BIT":
        text += f" BODY={parameters.body}"
    if utf8:
        text += " SMTPUTF8"
    if parameters.requiretls and "REQUIRETLS" in announced:
        text += " REQUIRETLS"
    if "DSN" in announced:
        text += f" RET={parameters.ret}" if parameters.ret else ""
        text += f" ENVID={xtext(parameters.envid)}" if parameters.envid else ""
    return text


def rcpt_command(address: Address, parameters: RcptParameters, announced: dict[str, str]) -> str:
    text = f"RCPT TO:<{address}>"
    if "DSN" in announced:
        text += f" NOTIFY={parameters.notify}" if parameters.notify else ""
        kind, _, original = parameters.orcpt.partition(";")
        if original:
            text += f" ORCPT={kind};{xtext(original) if original.isascii() else original}"
    return text
