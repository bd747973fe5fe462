"""`pyeonji explain dnsbl IP [LIST...]`: is this address on a list of bad or good addresses, and what follows here?"""

import argparse
import ipaddress
from dataclasses import asdict
from pathlib import Path

from pyeonji.cli import NO, OK, UNDECIDED
from pyeonji.cli.asking import add_resolver, ask, asked_data, show_asked
from pyeonji.cli.config import settings_of
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.where import data_folder
from pyeonji.config.load import ConfigError
from pyeonji.filters.dnsbl import DnsList, NotAList, Standing, parse_list, standing_of
from pyeonji.filters.front import FrontSettings


def configure(parser: Parser) -> None:
    parser.argument("ip", metavar="IP", key="dnsbl_ip")
    parser.argument("lists", nargs="*", metavar="LIST", key="dnsbl_lists")
    add_resolver(parser)


def run(args: argparse.Namespace, out: Out) -> int:
    """0 where nothing bad is known, 1 for a listed address, 75 when no list answered."""
    try:
        ipaddress.ip_address(args.ip)
    except ValueError as error:
        raise Problem("explain.no_ip", code=2, value=args.ip) from error
    settings = _settings(args, out)
    lists = _lists(args, settings)
    heard = ask(standing_of(lists, args.ip), args, out)
    found = heard.found
    if out.json:
        out.data({"ip": args.ip, "score": found.score, **asdict(found), "asked": asked_data(heard)})
    else:
        show_asked(heard, out)
        _tell(found, settings, args.ip, out)
    if len(found.troubles) == len(lists):
        return UNDECIDED
    return NO if found.score > 0 else OK


def _tell(found: Standing, settings: FrontSettings, ip: str, out: Out) -> None:
    for zone, trouble in found.troubles:
        out.say("dnsbl.ignored", zone=zone, why=trouble)
    for hit in found.hits:
        out.say("dnsbl.listed", zone=hit.zone, records=", ".join(hit.records), weight=f"{hit.weight:+d}", why=hit.why)
    if not found.hits:
        out.say("dnsbl.nowhere", ip=ip)
        return
    score = found.score
    outcome = "refused" if score >= settings.refuse_score else "junk" if score >= settings.junk_score else "taken"
    out.say(f"dnsbl.{outcome}", score=score)


def _lists(args: argparse.Namespace, settings: FrontSettings) -> tuple[DnsList, ...]:
    texts = args.lists or settings.lists
    if not texts:
        raise Problem("dnsbl.no_lists", code=2)
    try:
        return tuple(parse_list(text) for text in texts)
    except NotAList as error:
        raise Problem("dnsbl.no_list", code=2, value=str(error)) from error


def _settings(args: argparse.Namespace, out: Out) -> FrontSettings:
    try:
        return settings_of(Path(data_folder(getattr(args, "data", ""))), "", 0, out.language).front
    except ConfigError as error:
        raise Problem("asking.no_settings", code=2, mistakes=error.in_words(out.language)) from error
