"""`pyeonji clients`: how a mail program is set up for an address; what programs also read by themselves."""

import argparse
import sys

from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import address_of, place
from pyeonji.config.model import reachable
from pyeonji.zone.clients import outlook, profile, servers, thunderbird

FORMATS = ("thunderbird", "outlook", "apple")


def configure(parser: Parser) -> None:
    parser.argument("address", key="account")
    parser.argument("--format", default="", choices=FORMATS, metavar="FORMAT", key="clients_format")


def run(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.cli.config import settings_at
    from pyeonji.daemon.certificate import files_of
    from pyeonji.net.clock import SystemClock
    from pyeonji.net.signing import CannotSign, signed
    from pyeonji.store.directory import domain_exists

    address = address_of(args.address)
    with place(args).home(address.domain) as home:
        settings = settings_at(home.data, out)
        if not home.engine.read_now(domain_exists, address.domain):
            raise Problem("domain.unknown", domain=address.domain)
    found = servers(settings.hostname, reachable(settings))
    if args.format == "thunderbird":
        out.line(thunderbird(address.domain, found).rstrip("\n"))
    elif args.format == "outlook":
        out.line(outlook(address, found).rstrip("\n"))
    elif args.format == "apple":
        octets = profile(address, found)
        try:
            files = files_of(settings, SystemClock().now_us())[0]
            octets = signed(octets, files.chain, files.key)
        except CannotSign as error:
            out.error("clients.not_signed", reason=str(error))
        sys.stdout.buffer.write(octets)
    elif out.json:
        out.data({"login": str(address), "servers": [
            {"protocol": one.protocol, "host": one.host, "port": one.port, "lock": one.lock} for one in found
        ]})  # fmt: skip
    else:
        out.say("clients.login", address=address)
        out.table(("protocol", "host", "port", "lock"), [(one.protocol, one.host, one.port, one.lock) for one in found])
    return 0
