"""`pyeonji explain "550 5.7.26 …"`: what a reply means, without a server or a network.

A line of a log may be given for the reply, and `pyeonji explain FILE.eml` finds it in a bounce.  Its other forms ask
the DNS and say what they asked: `pyeonji explain spf …`.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import Any

from pyeonji.catalog.say import LANGUAGES, say
from pyeonji.cli import NO, OK, explain_dkim, explain_dmarc, explain_dnsbl, explain_spf, explain_tls, explain_unknown
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Misunderstood, Parser
from pyeonji.journey.explain import Explanation, explain
from pyeonji.message.bounced import MAX_READ, Told, told
from pyeonji.message.charset import decode

MAX_NAME = 250  # characters of what may be a file's name
SHOWN = 60  # characters of something that is no reply
LETTER = re.compile(rb"From |[!-9;-~]{1,70}:")  # how a letter begins
FORMS = {"spf": explain_spf, "dkim": explain_dkim, "dmarc": explain_dmarc, "dnsbl": explain_dnsbl, "tls": explain_tls}


def configure(parser: Parser) -> None:
    parser.argument("reply", nargs="*")
    parser.argument("--phase", default="", metavar="PHASE")
    parser.argument("--unexplained", action="store_true")
    parser.argument("--since", default="30d", metavar="TIME", key="unexplained_since")
    for name, form in FORMS.items():
        parser.form(name, form.configure, form.run)


def run(args: argparse.Namespace, out: Out) -> int:
    """0 when we know what it means, 1 when we do not; raises OSError, Problem."""
    if args.unexplained:
        return explain_unknown.run(args, out)
    if not args.reply:
        raise Misunderstood("cli.required", "pyeonji explain", names="REPLY")
    octets = _read(args.reply[0]) if len(args.reply) == 1 else None
    letter = octets is not None and LETTER.match(octets) is not None
    if octets is not None and letter and (people := _told(octets)):
        return _bounce(people, out)
    reply = " ".join(args.reply) if octets is None else decode(octets).text
    found = explain(reply, phase=args.phase)
    coded = bool(found.code or found.enhanced)
    if letter and not coded:  # what a letter of a person says is nobody's reply
        raise Problem("explain.no_bounce", file=args.reply[0])
    if not found.cause and not coded:
        raise Problem("explain.no_reply", text=reply.strip()[:SHOWN])
    if out.json:
        out.data(_data(found))
    else:
        _show(found, out)
    return OK if found.understood else NO


def _read(name: str) -> bytes | None:
    """What stands in the file or on standard input; None for a name of neither."""
    if name == "-":
        return sys.stdin.buffer.read(MAX_READ)
    if name.endswith(".eml") or (len(name) <= MAX_NAME and Path(name).is_file()):
        with Path(name).open("rb") as opened:
            return opened.read(MAX_READ)
    return None


def _told(octets: bytes) -> list[tuple[Told, Explanation]]:
    """Whom a bounce speaks of and what was meant; empty for a letter that is none."""
    people = [(one, _meant(one)) for one in told(octets)]
    return people if any(found.cause or found.code or found.enhanced for _, found in people) else []


def _bounce(people: list[tuple[Told, Explanation]], out: Out) -> int:
    if out.json:
        out.data({"recipients": [{"address": one.address, "host": one.host, **_data(found)} for one, found in people]})
    else:
        for one, found in people:
            out.line("  ".join(part for part in (one.address, one.host) if part))
            _show(found, out)
            out.line()
    return OK if all(found.understood for _, found in people) else NO


def _meant(one: Told) -> Explanation:
    found = explain(one.reply, host=one.host, rcpt=one.address)
    return found.given_up() if one.over else found


def _data(found: Explanation) -> dict[str, Any]:
    return {
        "cause": found.cause,
        "code": found.code or None,
        "enhanced": found.enhanced,
        "text": found.text,
        "actor": found.actor,
        "permanent": found.permanent,
        "explanation": {language: found.sentence(language) for language in LANGUAGES},
        "action": {language: found.action(language) for language in LANGUAGES},
    }


def _show(found: Explanation, out: Out) -> None:
    spoken = out.language
    again = "" if found.agreed else out.words("explain.no_use" if found.permanent else "explain.later")
    name = found.cause or ("" if found.understood else "?")
    out.line("  ·  ".join(part for part in (name, found.enhanced, again) if part))
    out.line()
    for title, text in (
        ("explain.meaning", found.sentence(spoken)),
        ("explain.who", say(spoken, f"actor.{found.actor}")),
        ("explain.what", found.action(spoken)),
        ("explain.words", found.text),
    ):
        if text:
            out.line(f"  {out.words(title)}  {text}")
