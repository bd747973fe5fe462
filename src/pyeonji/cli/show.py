"""`pyeonji show ID`: a letter as a person reads it, its header and text decoded."""

import argparse
import sys

from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import place
from pyeonji.cli.trace import numbers
from pyeonji.message.header import parse_header
from pyeonji.message.mime import scan
from pyeonji.message.text import attachments, readable
from pyeonji.message.words import decode_words
from pyeonji.store import journey
from pyeonji.store.home import Home
from pyeonji.store.messages import content


def configure(parser: Parser) -> None:
    parser.argument("id", key="letter")
    parser.argument("--source", action="store_true")


def run(args: argparse.Namespace, out: Out) -> int:
    with place(args).homes() as homes:
        found = numbers(args.id, homes)
        if not found:
            raise Problem("trace.unknown", what=args.id)
        _, home, number = found[0]
        octets = _octets(home, number)
    if args.source:
        sys.stdout.buffer.write(octets)
        sys.stdout.buffer.flush()
        return 0
    header = parse_header(octets)
    fields = [(_name(header.raw(field)), decode_words(header.value(field))) for field in header]
    text = readable(octets)
    if out.json:
        files = [{"name": part.filename, "type": f"{part.type}/{part.subtype}"} for part in attachments(scan(octets))]
        out.data({"headers": [list(pair) for pair in fields], "text": text, "attachments": files})
        return 0
    for name, value in fields:
        out.line(f"{name}: {value}")
    out.line()
    out.line(text.rstrip("\n"))
    return 0


def _name(field: bytes) -> str:
    """The name of a field as it was written."""
    return field.partition(b":")[0].strip().decode("latin-1")


def _octets(home: Home, number: int) -> bytes:
    facts = home.engine.read_now(journey.message, number)
    if facts is None or not facts.content_id:
        raise Problem("show.gone", id=str(number))
    return home.engine.read_now(content, home.blobs, number)
