"""`pyeonji explain "550 5.7.26 …"`: what a reply means, without a server or a network.

Its other forms ask the DNS and say what they asked: `pyeonji explain spf …`.
"""

import argparse
import sys

from pyeonji.catalog.say import say
from pyeonji.cli import explain_dkim, explain_dmarc, explain_dnsbl, explain_spf, explain_tls
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.journey.explain import explain

MAX_INPUT = 64 * 1024  # characters read from standard input
SHOWN = 60  # characters of something that is no reply
FORMS = {"spf": explain_spf, "dkim": explain_dkim, "dmarc": explain_dmarc, "dnsbl": explain_dnsbl, "tls": explain_tls}


def configure(parser: Parser) -> None:
    parser.argument("reply", nargs="+")
    parser.argument("--phase", default="", metavar="PHASE")
    for name, form in FORMS.items():
        parser.form(name, form.configure, form.run)


def run(args: argparse.Namespace, out: Out) -> int:
    """0 when we know what it means, 1 when we do not."""
    reply = " ".join(args.reply)
    if reply == "-":
        reply = sys.stdin.read(MAX_INPUT)
    found = explain(reply, phase=args.phase)
    if not found.cause and not found.code and not found.enhanced:
        raise Problem("explain.no_reply", text=reply.strip()[:SHOWN])
    if out.json:
        out.data(
            {
                "cause": found.cause,
                "code": found.code or None,
                "enhanced": found.enhanced,
                "text": found.text,
                "actor": found.actor,
                "permanent": found.permanent,
                "explanation": {language: found.sentence(language) for language in ("ko", "en")},
                "action": {language: found.action(language) for language in ("ko", "en")},
            }
        )
        return 0 if found.understood else 1
    spoken = out.language
    again = "" if found.agreed else out.words("explain.no_use" if found.permanent else "explain.later")
    out.line(
        "  ·  ".join(part for part in (found.cause or ("" if found.understood else "?"), found.enhanced, again) if part)
    )
    out.line()
    for title, text in (
        ("explain.meaning", found.sentence(spoken)),
        ("explain.who", say(spoken, f"actor.{found.actor}")),
        ("explain.what", found.action(spoken)),
        ("explain.words", found.text),
    ):
        if text:
            out.line(f"  {out.words(title)}  {text}")
    return 0 if found.understood else 1
