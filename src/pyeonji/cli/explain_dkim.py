"""`pyeonji explain dkim FILE.eml`: who signed this letter, is it still what was signed, and what was asked for that?"""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pyeonji.catalog.cli import say
from pyeonji.catalog.whys import why
from pyeonji.cli import NO, OK, UNDECIDED
from pyeonji.cli.asking import Heard, add_resolver, ask, asked_data, show_asked
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import now_us
from pyeonji.message.edit import with_crlf
from pyeonji.message.header import Header, parse_header
from pyeonji.msgauth.arc.validate import validate
from pyeonji.msgauth.dkim.bodies import Bodies
from pyeonji.msgauth.dkim.verify import verify
from pyeonji.msgauth.verdict import Arc, Dkim
from pyeonji.proto.dns import Asking

MAX_LETTER = 256 << 20  # octets
STEP = 1 << 20  # octets of the body looked at together

Found = tuple[tuple[Dkim, ...], Arc]


def configure(parser: Parser) -> None:
    parser.argument("file", metavar="FILE.eml", key="signed_letter")
    add_resolver(parser)


def run(args: argparse.Namespace, out: Out) -> int:
    """0 when one signature is good, 75 when nobody could say, 1 for all else."""
    letter = with_crlf(read_letter(args.file))
    header = parse_header(letter)
    if not header.fields:
        raise Problem("explain.no_letter", code=2, file=args.file)
    heard = ask(checked(header, digested(header, letter), now_us() // 1_000_000), args, out)
    signatures, chain = heard.found
    if out.json:
        out.data(_data(heard))
    else:
        show_asked(heard, out)
        if not signatures:
            out.line(out.words("dkim.unsigned"))
        for number, one in enumerate(signatures, 1):
            named = f"d={one.domain} s={one.selector} {one.algorithm}".rstrip() if one.domain else "?"
            out.line(f"{out.words('dkim.signature', number=number)}  {one.result}  {named}")
            out.line(f"  {sentence(one, out.language)}")
        if chain.result != "none":
            out.line(f"{out.words('dkim.chain')}  {chain.result}")
            out.line(f"  {chain_sentence(chain, out.language)}")
    results = {one.result for one in signatures}
    return OK if "pass" in results else UNDECIDED if "temperror" in results else NO


def digested(header: Header, letter: bytes) -> Bodies:
    """The digests that the signatures of a letter ask for."""
    bodies = Bodies(header)
    for at in range(header.body, len(letter), STEP):
        bodies.feed(letter[at : at + STEP])
    bodies.finish()
    return bodies


def checked(header: Header, bodies: Bodies, now_s: int) -> "Asking[Found]":
    """Both in one go: they share questions."""
    signatures = yield from verify(header, bodies, now_s)
    return signatures, (yield from validate(header, bodies, now_s))


def sentence(found: Dkim, language: str) -> str:
    """Why the result of one signature is what it is."""
    key = "dkim.good" if found.result == "pass" else f"dkim.result.{found.result}"
    told = say(language, key, domain=found.domain or "?", bits=found.bits, why=why(language, found.why))
    return told + (" " + say(language, "dkim.testing") if found.testing else "")


def chain_sentence(found: Arc, language: str) -> str:
    """The same of the chain."""
    key = "dkim.chain_good" if found.result == "pass" else "dkim.chain_broken"
    return say(language, key, sealers=" → ".join(found.sealers), why=why(language, found.why))


def _data(heard: Heard[Found]) -> dict[str, Any]:
    signatures, chain = heard.found
    return {
        "dkim": [
            asdict(one) | {"sentence": {language: sentence(one, language) for language in ("ko", "en")}}
            for one in signatures
        ],
        "arc": asdict(chain),
        "asked": asked_data(heard),
    }


def read_letter(file: str) -> bytes:
    """The letter in a file, "-" for standard input; raises OSError, Problem."""
    if file == "-":
        octets = sys.stdin.buffer.read(MAX_LETTER + 1)
    else:
        with Path(file).open("rb") as opened:
            octets = opened.read(MAX_LETTER + 1)
    if len(octets) > MAX_LETTER:
        raise Problem("explain.too_large", code=2, file=file)
    return octets
