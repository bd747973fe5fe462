"""`pyeonji explain spf IP MAIL-FROM`: may this address send for this domain, and what was asked to know it?"""

import argparse
import ipaddress
from dataclasses import asdict

from pyeonji.catalog.cli import say
from pyeonji.catalog.whys import why
from pyeonji.cli import NO, OK, UNDECIDED
from pyeonji.cli.asking import add_resolver, ask, asked_data, show_asked
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import address_of, domain_of, now_us
from pyeonji.msgauth.spf import check
from pyeonji.msgauth.verdict import Spf

RECEIVER = "unknown"  # what RFC 7208 §7.3 says for %{r} where no server checks


def configure(parser: Parser) -> None:
    parser.argument("ip", metavar="IP", key="spf_ip")
    parser.argument("path", metavar="MAIL-FROM", key="spf_path")
    parser.argument("--helo", default="", metavar="NAME", key="spf_helo")
    add_resolver(parser)


def run(args: argparse.Namespace, out: Out) -> int:
    """0 for a pass, 75 when nobody could say, 1 for all else."""
    try:
        ipaddress.ip_address(args.ip)
    except ValueError as error:
        raise Problem("explain.no_ip", code=2, value=args.ip) from error
    path = reverse_path(args.path)
    if not path and not args.helo:
        raise Problem("explain.no_helo", code=2)
    heard = ask(check(args.ip, path, args.helo or "unknown", RECEIVER, now_us() // 1_000_000), args, out)
    found = heard.found
    if out.json:
        told = {language: sentence(found, args.ip, language) for language in ("ko", "en")}
        out.data({"ip": args.ip, **asdict(found), "sentence": told, "asked": asked_data(heard)})
    else:
        show_asked(heard, out)
        out.line(f"{out.words('asking.result')}  {found.result}")
        out.line(f"  {sentence(found, args.ip, out.language)}")
        if found.explanation:
            out.line(f"  {out.words('spf.explained', domain=found.domain, text=found.explanation)}")
    return {"pass": OK, "temperror": UNDECIDED}.get(found.result, NO)


def reverse_path(text: str) -> str:
    """ "kim@example.com", a domain alone, or <> for the null path; raises Problem."""
    text = text.removeprefix("<").removesuffix(">")
    if not text:
        return ""
    return str(address_of(text)) if "@" in text else domain_of(text)


def sentence(found: Spf, ip: str, language: str) -> str:
    """Why the result is what it is."""
    return say(
        language, f"spf.{found.result}", ip=ip, domain=found.domain, why=why(language, found.why or found.mechanism)
    )
