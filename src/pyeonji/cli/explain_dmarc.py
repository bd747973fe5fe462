"""`pyeonji explain dmarc FILE.eml|DOMAIN`: does the author's domain stand behind a letter, and what does it want?"""

import argparse
import ipaddress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pyeonji.catalog.cli import say
from pyeonji.catalog.whys import why
from pyeonji.cli import NO, OK, UNDECIDED
from pyeonji.cli.asking import Heard, add_resolver, ask, asked_data, show_asked
from pyeonji.cli.explain_dkim import digested, read_letter
from pyeonji.cli.explain_spf import RECEIVER, reverse_path
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import domain_of, now_us
from pyeonji.message.author import NotOneAuthor, author
from pyeonji.message.edit import with_crlf
from pyeonji.message.header import Header, parse_header
from pyeonji.msgauth.dkim.bodies import Bodies
from pyeonji.msgauth.dkim.verify import verify
from pyeonji.msgauth.dmarc.evaluate import evaluate
from pyeonji.msgauth.dmarc.record import parse_record
from pyeonji.msgauth.spf import check
from pyeonji.msgauth.verdict import Dkim, Dmarc, Spf
from pyeonji.proto.dns import Asking

Found = tuple[Spf, tuple[Dkim, ...], Dmarc]
NO_SPF = Spf(result="none", domain="")


def configure(parser: Parser) -> None:
    parser.argument("what", metavar="FILE.eml|DOMAIN", key="dmarc_what")
    parser.argument("--ip", default="", metavar="IP", key="dmarc_ip")
    parser.argument("--mail-from", default="", metavar="ADDRESS", key="dmarc_path")
    parser.argument("--helo", default="unknown", metavar="NAME", key="spf_helo")
    add_resolver(parser)


def run(args: argparse.Namespace, out: Out) -> int:
    """0 for a letter that passes and a domain that has a record, 75 when nobody could say, 1 for all else."""
    if args.what == "-" or Path(args.what).is_file():
        return _of_letter(args, out)
    return _of_domain(domain_of(args.what), args, out)


# ── a letter ──


def _of_letter(args: argparse.Namespace, out: Out) -> int:
    letter = with_crlf(read_letter(args.what))
    header = parse_header(letter)
    if not header.fields:
        raise Problem("explain.no_letter", code=2, file=args.what)
    try:
        address = author(header)[0].address
    except NotOneAuthor as error:
        raise Problem("dmarc.no_author", why=why(out.language, str(error))) from error
    domain = address.domain if address else ""
    heard = ask(checked(header, digested(header, letter), domain, args), args, out)
    spf, dkims, dmarc = heard.found
    if out.json:
        out.data(_data(dmarc, heard) | {"spf": asdict(spf), "dkim": [asdict(one) for one in dkims]})
    else:
        show_asked(heard, out)
        out.line(f"SPF    {spf.result if args.ip else out.words('dmarc.no_ip')}  {spf.domain}".rstrip())
        for one in dkims:
            out.line(f"DKIM   {one.result}  {one.domain}".rstrip())
        if not dkims:
            out.line("DKIM   none")
        out.line(f"DMARC  {dmarc.result}  {dmarc.domain}")
        out.line(f"  {sentence(dmarc, out.language)}")
        _show_wish(dmarc, out)
    return {"pass": OK, "temperror": UNDECIDED}.get(dmarc.result, NO)


def checked(header: Header, bodies: Bodies, domain: str, args: argparse.Namespace) -> "Asking[Found]":
    """SPF where the address is known, the signatures, and what follows."""
    now_s = now_us() // 1_000_000
    spf = NO_SPF
    if args.ip:
        spf = yield from check(_ip(args.ip), _path(args, header), args.helo, RECEIVER, now_s)
    dkims = yield from verify(header, bodies, now_s)
    return spf, dkims, (yield from evaluate(domain, spf, dkims))


def _ip(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise Problem("explain.no_ip", code=2, value=text) from error


def _path(args: argparse.Namespace, header: Header) -> str:
    """The reverse-path: as it was said, or as the server wrote it down."""
    return reverse_path(args.mail_from or header.text(b"return-path").strip() or "<>")


def sentence(found: Dmarc, language: str) -> str:
    """Why the result is what it is."""
    aligned = ", ".join(found.aligned)
    return say(language, f"dmarc.{found.result}", domain=found.domain, aligned=aligned, why=why(language, found.why))


# ── a domain ──


def _of_domain(domain: str, args: argparse.Namespace, out: Out) -> int:
    heard = ask(evaluate(domain, NO_SPF, ()), args, out)
    found = heard.found
    if out.json:
        out.data(_data(found, heard))
    else:
        show_asked(heard, out)
        if found.result in ("none", "temperror", "permerror"):
            out.line(sentence(found, out.language))
        _show_wish(found, out)
    return UNDECIDED if found.result == "temperror" else NO if found.result in ("none", "permerror") else OK


def _show_wish(found: Dmarc, out: Out) -> None:
    """What the owner wants done with forged letters, and where that is written."""
    if not found.record:
        return
    out.line(out.words("dmarc.record", domain=found.found_at, record=found.record))
    if found.result != "permerror":
        out.line(f"  {out.words(f'dmarc.wish.{found.policy}', domain=found.domain)}")
    if found.testing:
        out.line(f"  {out.words('dmarc.testing')}")
    out.line(f"  {out.words('dmarc.organization', domain=found.domain, organization=found.organization)}")
    record = parse_record(found.record)
    for mistake in record.mistakes if record else ():
        out.line(f"  {out.words('dmarc.mistake', mistake=mistake)}")


def _data(found: Dmarc, heard: Heard[Any]) -> dict[str, Any]:
    told = {language: sentence(found, language) for language in ("ko", "en")}
    return {"dmarc": asdict(found), "sentence": told, "asked": asked_data(heard)}
