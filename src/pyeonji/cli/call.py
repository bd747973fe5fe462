"""From the words of a command line to the command, and from whatever went wrong to one sentence."""

import contextlib
import errno
import os
import sys
from importlib import import_module

from pyeonji.cli import COMMANDS, INTERRUPTED, NO, UNDECIDED, USAGE
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import HelpWanted, Misunderstood, Parser, add_global_options, suggestion
from pyeonji.cli.where import data_folder, language

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def call(verb: str, before: list[str], rest: list[str]) -> int:
    """Run `verb` with the options said before it and everything after it; the exit code."""
    spoken_as = _said(before + rest, "--lang")
    spoken = language(spoken_as)
    out = Out(spoken, json="--json" in before + rest, plain="--plain" in before + rest)
    try:
        if not verb and any(word in ("-h", "--help") for word in before):
            from pyeonji.cli.overview import overview

            return overview(out)
        if spoken_as and not spoken_as.lower().startswith(("ko", "en")):
            raise Misunderstood("cli.no_verb", value=f"--lang {spoken_as}", choices="ko, en")
        if "--version" in before:
            from pyeonji import __version__

            out.line(f"pyeonji {__version__}")
            return 0
        for word in (*before, verb, *rest):
            if any("\ud800" <= char <= "\udfff" for char in word):
                raise Misunderstood("cli.not_utf8", word=word)
        if verb and verb not in COMMANDS:
            guess = suggestion(verb, COMMANDS)
            raise Misunderstood("cli.unknown_command" if guess else "cli.no_command", verb=verb, guess=guess)
        return _run(verb, before, rest, out)
    except Misunderstood as error:
        out.error(error.key, **error.slots)
        if verb in COMMANDS:
            out.error("cli.see_help", command=f"{error.prog or f'pyeonji {verb}'} --help")
        return USAGE
    except HelpWanted as wanted:
        out.line(str(wanted).rstrip("\n"))
        return 0
    except Problem as error:
        out.error(error.key, **error.slots)
        return error.code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _say_no_more()
        return NO
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno in NO_ROOM and error.filename is None:  # not of a file that was named
            _say_no_more()
            out.error("cli.unheard", reason=reason)
        else:
            out.error("cli.os_error", name=str(error.filename or ""), reason=reason)
        return NO


def _say_no_more() -> None:
    """Standard output leads nowhere from here on, or Python would complain at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(verb: str, before: list[str], rest: list[str], out: Out) -> int:
    from pyeonji.store.engine.base import Damaged, Full, StoreError, Unavailable
    from pyeonji.store.home import NotThere, NotUsable, Unsafe
    from pyeonji.store.schema import OlderVersion, WrongVersion

    parser = build(verb or "overview", out.language)
    args = parser.parse_args([*before, *rest])
    try:
        return int(args.run(args, out))
    except NotThere as error:
        raise Problem("cli.no_data", data=str(error)) from error
    except NotUsable as error:
        if error.is_full:
            raise Problem("cli.full", code=UNDECIDED, data=str(error.data)) from error
        raise Problem("cli.cannot_use", data=str(error.data), reason=error.reason) from error
    except Unsafe as error:
        raise Problem("cli.unsafe_data", data=str(error)) from error
    except Damaged as error:
        raise Problem("cli.damaged", data=data_folder(getattr(args, "data", "")), reason=str(error)) from error
    except OlderVersion as error:
        folder = data_folder(getattr(args, "data", ""))
        raise Problem("cli.older_version", data=folder, version=str(error.found)) from error
    except WrongVersion as error:
        raise Problem("cli.other_version", data=data_folder(getattr(args, "data", "")), reason=str(error)) from error
    except Full as error:
        raise Problem("cli.full", code=UNDECIDED, data=data_folder(getattr(args, "data", ""))) from error
    except Unavailable as error:
        raise Problem("cli.unavailable", code=UNDECIDED, reason=str(error)) from error
    except StoreError as error:
        raise Problem("cli.store", reason=str(error)) from error


def build(verb: str, spoken: str) -> Parser:
    """The parser of one command."""
    module = import_module(f"pyeonji.cli.{verb}")
    name = "" if verb == "overview" else verb
    parser = Parser(f"pyeonji {name}".strip(), verb, spoken)
    add_global_options(parser)
    if hasattr(module, "run"):
        parser.set_defaults(run=module.run)
    module.configure(parser)
    return parser


def _said(words: list[str], option: str) -> str:
    for at, word in enumerate(words):
        if word == option and at + 1 < len(words):
            return words[at + 1]
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return ""
