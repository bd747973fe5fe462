"""`pyeonji serve`: run the server in the foreground (what systemd calls)."""

import argparse
import errno
import os
from pathlib import Path

from pyeonji.address.host import MAX_PORT
from pyeonji.cli import UNDECIDED
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import Place
from pyeonji.cli.where import server_folder

NOT_OPENED = {errno.EACCES: "serve.may_not_listen", errno.EADDRNOTAVAIL: "serve.not_our_address"}


def configure(parser: Parser) -> None:
    parser.argument("--port-offset", type=int, default=0, metavar="N")
    parser.argument("--config", metavar="FILE", default="")


def run(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.cli.config import settings_of
    from pyeonji.config.load import ConfigError
    from pyeonji.config.model import Settings
    from pyeonji.daemon.public import NotSafe
    from pyeonji.daemon.supervisor import RunsAlready, main
    from pyeonji.net.certificates import BadCertificate
    from pyeonji.net.listener import PortTaken
    from pyeonji.store.engine.base import Full
    from pyeonji.store.upgrade import Upgraded

    data = Path(server_folder(getattr(args, "data", "")))
    here = Place(data)
    if here.is_lab:
        raise Problem("serve.is_a_lab", data=str(data))

    def read() -> Settings:
        return settings_of(data, args.config, args.port_offset, out.language)

    try:
        settings = read()
    except ConfigError as error:
        out.error("config.not_used", mistakes=error.in_words(out.language), path=str(error.path))
        return 2

    if here.ask({"do": "status"}) is not None:
        raise Problem("serve.running", data=str(data))
    for listen in settings.listeners:
        if not 1 <= listen.port <= MAX_PORT:
            raise Problem("serve.no_port", code=2, service=listen.service, port=str(listen.port))

    def first(account: str) -> None:
        smtp = next((one.port for one in settings.listeners if one.service == "smtp"), 0)
        out.line(out.words("serve.first", account=account, smtp=smtp))

    def ready() -> None:
        for listen in settings.listeners:
            out.line(f"  {listen.service:<12} {listen.host}:{listen.port}")
        out.line(out.words("serve.data", data=str(data)))
        if os.geteuid() == 0:
            out.line(out.words("serve.as_root", data=str(data)))

    def upgraded(older: Upgraded) -> None:
        out.line(out.words("upgrade.done", data=str(data), version=older.version, copy=str(older.copy)))

    try:
        return main(settings, read, ready, first, upgraded)
    except RunsAlready as error:
        raise Problem("serve.running", data=str(data)) from error
    except Full as error:
        raise Problem("cli.full", code=UNDECIDED, data=str(data)) from error
    except BadCertificate as error:
        raise Problem(error.key, 1, **error.slots) from error
    except NotSafe as error:
        raise Problem(error.key, path=str(error.path), reason=error.reason) from error
    except PortTaken as error:
        key = NOT_OPENED.get(error.errno or 0, "serve.cannot_listen")
        raise Problem(key, place=str(error.filename), reason=error.strerror or str(error)) from error
