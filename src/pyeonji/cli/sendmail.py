"""`pyeonji-sendmail`: sendmail(8), mailq and newaliases, for PHP's mail(), cron and everything that expects them.

Light on purpose (no argparse, nothing of the server): it is started once per letter.  The letter goes to the server's
local socket; when the server is down it is written to DATA/maildrop and picked up later.  Exit 0 is said only when the
letter is on disk in one of the two ways.  Exit codes are those of sysexits.h.
"""

import contextlib
import os
import sys

from pyeonji.cli import streams
from pyeonji.cli.sendmail_options import Call, Misuse, parse
from pyeonji.cli.where import data_folder, is_asked, language, maildrops, submit_sockets

EX_OK, EX_USAGE, EX_DATAERR, EX_NOUSER, EX_NOHOST, EX_UNAVAILABLE = 0, 64, 65, 67, 68, 69
EX_TEMPFAIL, EX_NOPERM = 75, 77
MAX_INPUT = 256 << 20  # octets read; the server's own limit is smaller and has the better sentence
MAX_RECIPIENTS = 1_000  # of -t and arguments together (reliability L02)
VERBOSE_WAIT = "20s"  # how long -v watches a letter; it goes on without us
EX_CONFIG = 78
MISUSE, ANSWER_IS_NO = 2, 1  # what the full commands say for it


def main(argv: "list[str] | None" = None) -> int:
    """One call; the exit code.  Never a traceback for what a caller can cause."""
    streams.complete()
    spoken = language()
    try:
        call = parse(sys.argv if argv is None else argv)
        spoken = language(call.language)
        return ACTIONS[call.action](call, data_folder(call.data))
    except Misuse as misuse:
        _tell(misuse.key, spoken, **misuse.slots)
        return misuse.code
    except KeyboardInterrupt:
        return EX_TEMPFAIL
    except BrokenPipeError:
        return EX_UNAVAILABLE


def deliver(call: Call, data: str) -> int:
    """Read a letter and hand it over."""
    from pyeonji.cli.sendmail_letter import canonical, from_header, named, separated

    octets = sys.stdin.buffer.read(MAX_INPUT + 1)
    if len(octets) > MAX_INPUT:
        raise Misuse("sendmail.too_big", EX_DATAERR)
    content = canonical(octets, dot_ends=call.dot_ends)
    recipients = _checked([address for said in call.recipients for address in named(said)])
    if not recipients and not call.from_header:
        raise Misuse("sendmail.no_recipients", EX_USAGE)
    if call.from_header:
        found, content = from_header(content)
        recipients = _checked([*recipients, *found])
    if not recipients:
        raise Misuse("sendmail.no_recipients_in_header", EX_DATAERR)
    if len(recipients) > MAX_RECIPIENTS:
        raise Misuse("sendmail.too_many", EX_DATAERR, limit=str(MAX_RECIPIENTS))
    return _hand_over(call, data, recipients, separated(content))


def _hand_over(call: Call, data: str, recipients: "list[str]", content: bytes) -> int:
    from pyeonji.cli.handover import Envelope, NobodyThere, Unsure, connect

    sender = _caller() if call.reverse_path is None else call.reverse_path.removeprefix("<").removesuffix(">")
    try:
        connection = connect(submit_sockets(data, is_asked(call.data)))
        try:
            domain = connection.greet()
            envelope = Envelope(*_qualified(sender, recipients, call.notify, domain), call.envid, call.ret)
            envelope.requiretls = call.requiretls
            written = _named(content, call.name, envelope.reverse_path)
            handed = connection.hand_over(envelope, written, smtputf8=call.smtputf8)
        finally:
            connection.close()
    except (NobodyThere, Unsure):
        # Names without a domain are kept as they are: the server knows the domain, and we do not.
        envelope = Envelope(sender, [(text, call.notify) for text in map(_bare, recipients)], call.envid, call.ret)
        envelope.requiretls = call.requiretls
        return _drop(call, data, envelope, content)
    whole = {f"{name}@{domain}" for name in map(_bare, recipients) if "@" not in name}
    if handed.sender_refused:
        _tell("sendmail.sender_refused", language(call.language), address=sender, reply=handed.one_line)
        return exit_code(handed.reply)
    for address, reply in handed.refused:
        _tell("sendmail.refused", language(call.language), address=address, reply=reply.replace("\n", " "))
        if address in whole and reply.startswith("550 5.1.1"):
            _tell("sendmail.no_such_name", language(call.language), address=address)
    if not handed.taken:
        if not handed.refused:
            _tell("sendmail.not_taken", language(call.language), reply=handed.one_line)
        return exit_code(handed.reply)
    return _report(call, data, handed.receipt, exit_code(handed.refused[0][1]) if handed.refused else EX_OK)


def _drop(call: Call, data: str, envelope: "object", content: bytes) -> int:
    """The server is down: leave the letter where it will look."""
    from pyeonji.cli.handover import Envelope
    from pyeonji.cli.maildrop import NoRoom, write_drop

    assert isinstance(envelope, Envelope)
    bad = [text for text in (envelope.reverse_path, *(to for to, _ in envelope.recipients)) if not _plausible(text)]
    if bad:
        raise Misuse("sendmail.bad_address", EX_DATAERR, value=bad[0])
    try:
        write_drop(
            maildrops(data, is_asked(call.data)), envelope, content, name=call.name, smtputf8=call.smtputf8
        )  # fmt: skip
    except NoRoom as error:
        key = "sendmail.denied" if error.denied else "sendmail.no_room"
        raise Misuse(key, EX_TEMPFAIL, reason=str(error), data=error.folder) from error
    if call.verbose or sys.stderr.isatty():
        _tell("sendmail.dropped", language(call.language))
    return EX_OK


def _report(call: Call, data: str, receipt: str, code: int) -> int:
    """The receipt number for people; with -v the journey as well."""
    if call.verbose or sys.stderr.isatty():
        from pyeonji.journey.receipt import NotAReceipt, parse_receipt, written

        try:
            receipt = written(parse_receipt(receipt).number)
        except NotAReceipt:
            return code
        _tell("sendmail.taken", language(call.language), receipt=receipt)
    if call.verbose:
        _run(call, data, "trace", receipt, "--follow", "--raw", "--wait", VERBOSE_WAIT)
    return code


def smtp(call: Call, data: str) -> int:
    """-bs: SMTP on standard input and output, spoken by the server."""
    import select

    from pyeonji.cli.handover import NobodyThere
    from pyeonji.cli.sendmail_pipe import carry, open_pipe

    out = sys.stdout.buffer
    pipe = None
    for path in submit_sockets(data, is_asked(call.data)):
        with contextlib.suppress(NobodyThere):
            pipe = open_pipe(path)
            break
    if pipe is None:
        out.write(b"421 4.3.2 the mail system does not run; try again later\r\n")
        out.flush()
        return EX_TEMPFAIL
    with pipe:
        carry(pipe, sys.stdin.fileno(), out, select.select)
    return EX_OK


def show_queue(call: Call, data: str) -> int:
    return _run(call, data, "queue", "list")


def rebuild_aliases(call: Call, data: str) -> int:
    """Aliases live in the store and are always current; silent, as newaliases is expected to be."""
    if sys.stderr.isatty():
        _tell("sendmail.aliases", language(call.language))
    return EX_OK


def verify(call: Call, data: str) -> int:
    """-bv: say where each address would lead, send nothing."""
    if not call.recipients:
        raise Misuse("sendmail.no_recipients", EX_USAGE)
    codes = [_run(call, data, "alias", "test", "--", address) for address in call.recipients]
    return EX_NOUSER if any(codes) else EX_OK


def flush(call: Call, data: str) -> int:
    """-q: try now what waits; -qI number, -qR domain."""
    code = _run(call, data, "queue", "retry", *(("--", call.flush) if call.flush else ("--all",)))
    return {MISUSE: EX_USAGE, ANSWER_IS_NO: EX_UNAVAILABLE}.get(code, code)


def hoststat(call: Call, data: str) -> int:
    return _run(call, data, "status")


def say_help(call: Call, data: str) -> int:
    from pyeonji.catalog.cli import say

    sys.stdout.write(say(language(call.language), "sendmail.help"))
    return EX_OK


def say_version(call: Call, data: str) -> int:
    from pyeonji import __version__

    sys.stdout.write(f"pyeonji {__version__}\n")
    return EX_OK


ACTIONS = {
    "deliver": deliver,
    "smtp": smtp,
    "list": show_queue,
    "aliases": rebuild_aliases,
    "verify": verify,
    "flush": flush,
    "hoststat": hoststat,
    "help": say_help,
    "version": say_version,
}


def exit_code(reply: str) -> int:
    """What a reply means to a caller of sendmail(8)."""
    status = reply[4:].split(" ")[0]
    if reply.startswith("4"):
        return EX_TEMPFAIL
    if status in ("5.1.2", "5.4.4", "5.1.10"):
        return EX_NOHOST
    if status in ("5.1.3", "5.1.7", "5.6.0", "5.6.7", "5.5.2", "5.3.4") or reply.startswith(("500", "501", "553")):
        return EX_DATAERR
    if status.startswith("5.1."):
        return EX_NOUSER
    return EX_NOPERM if status.startswith("5.7.") else EX_UNAVAILABLE


def _checked(recipients: "list[str]") -> "list[str]":
    """Addresses from a header get the same look as those from arguments."""
    for text in recipients:
        if any(char in text for char in "\r\n\0"):
            raise Misuse("sendmail.control_octets", EX_DATAERR)
        if text.startswith("-"):
            raise Misuse("sendmail.dash_recipient", EX_DATAERR, value=text)
    return recipients


def _qualified(sender: str, recipients: "list[str]", notify: str, domain: str) -> "tuple[str, list[tuple[str, str]]]":
    """Whole addresses; raises Misuse when there is no domain for a name without one."""

    def whole(text: str) -> str:
        bare = _bare(text)
        if "@" in bare or not bare:
            return bare
        if not domain:
            raise Misuse("sendmail.no_domain", EX_CONFIG, value=bare)
        return f"{bare}@{domain}"

    return whole(sender), [(whole(text), notify) for text in recipients]


def _bare(text: str) -> str:
    """Without the brackets around it."""
    return text.removeprefix("<").removesuffix(">") if text.startswith("<") else text


def _named(content: bytes, name: str, sender: str) -> bytes:
    from pyeonji.cli.sendmail_letter import with_author

    return with_author(content, name, sender)


def _plausible(text: str) -> bool:
    """Enough of an address to be kept; the server looks closely later.  The null reverse-path is one."""
    return not text or (not any(char in text for char in "<>\r\n\0\t") and (" " not in text or '"' in text))


def _caller() -> str:
    """The name of whoever runs us."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid{os.getuid()}"


def _run(call: Call, data: str, *arguments: str) -> int:
    """One of the full commands."""
    from pyeonji.cli import main as full

    return full(["--data", data, "--lang", language(call.language), *arguments])


def _tell(key: str, spoken: str, **slots: str) -> None:
    from pyeonji.catalog.cli import say

    sys.stderr.write(f"sendmail: {say(spoken, key, **slots)}\n")


if __name__ == "__main__":
    sys.exit(main())
