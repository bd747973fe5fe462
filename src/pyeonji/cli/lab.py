"""`pyeonji lab`: the whole internet on this laptop, and what can be done to it while it runs."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser, Run
from pyeonji.cli.place import Place
from pyeonji.cli.where import VARIABLE, own_folder
from pyeonji.config.values import WrongValue, read_time
from pyeonji.store.home import DATABASE

ACTIONS = ("send", "break", "heal", "warp", "scene", "status")


def configure(parser: Parser) -> None:
    parser.argument("action", nargs="?", choices=ACTIONS, metavar="ACTION", key="lab_action")
    parser.argument("what", nargs="*", metavar="WORD", key="lab_what")
    parser.argument("--once", action="store_true")
    parser.argument("--catch", action="store_true")
    parser.argument("--port-offset", type=int, default=0, metavar="N")
    parser.argument("--reset", action="store_true")
    parser.argument("--ending", default="", metavar="NAME")
    parser.argument("--from", dest="author", default="", metavar="ADDRESS", key="from")
    parser.argument("--to", action="append", default=[], metavar="ADDRESS")
    parser.argument("--subject", default="", metavar="TEXT")
    parser.argument("--text", default="", metavar="TEXT")


def run(args: argparse.Namespace, out: Out) -> int:
    data = lab_folder(args)
    return DOING[args.action](args, out) if args.action else _open(args, out, data)


def lab_folder(args: argparse.Namespace) -> Path:
    """`--data`, PYEONJI_DATA, or the lab's own folder: never that of a server by accident."""
    import os

    return Path(getattr(args, "data", "") or os.environ.get(VARIABLE, "") or own_folder("pyeonji-lab")).absolute()


def _open(args: argparse.Namespace, out: Out, data: Path) -> int:
    from pyeonji.lab.run import main

    if (data / DATABASE).exists():
        raise Problem("lab.is_a_server", data=str(data))
    if Place(data).ask({"do": "status"}) is not None:
        raise Problem("lab.runs", data=str(data))
    return main(
        data, once=args.once, port_offset=args.port_offset, language=out.language, afresh=args.reset,
        catch=args.catch, command=_command(data), out=out.line,
    )  # fmt: skip


def _command(data: Path) -> str:
    """What to type for this lab here: `make run` leaves no `pyeonji` on the PATH."""
    import os
    import shutil
    import sys

    program = "pyeonji"
    if not shutil.which(program):
        path = os.path.relpath(sys.argv[0])
        program = sys.argv[0] if path.startswith(os.pardir) else path
    return f"{program} lab" if data == Path(own_folder("pyeonji-lab")) else f"{program} lab --data {data}"


def _send(args: argparse.Namespace, out: Out) -> int:
    request = {"do": "send", "from": args.author, "to": args.to or args.what, "subject": args.subject}
    return _ask(args, out, {**request, "body": f"{args.text}\n" if args.text else ""})


def _break(args: argparse.Namespace, out: Out) -> int:
    host, how = [*args.what, "", ""][:2]
    if not host:
        raise Problem("cli.required", code=2, names="HOST")
    return _ask(args, out, {"do": "break", "host": host, "how": how})


def _heal(args: argparse.Namespace, out: Out) -> int:
    return _ask(args, out, {"do": "heal", "host": args.what[0] if args.what else ""})


def _warp(args: argparse.Namespace, out: Out) -> int:
    if not args.what:
        raise Problem("cli.required", code=2, names="TIME")
    text = args.what[0]
    try:
        seconds = read_time(text).total_seconds()
    except WrongValue as error:
        raise Problem("lab.no_time", code=2, value=text) from error
    return _ask(args, out, {"do": "warp", "seconds": seconds})


def _scene(args: argparse.Namespace, out: Out) -> int:
    """In the lab that runs; with --once and none running, in one that is opened for it."""
    name = args.what[0] if args.what else "opening"
    status = Place(lab_folder(args)).ask({"do": "status"})
    if name == "by-hand" and not args.once and status is not None:
        return _by_hand(status, out)
    request = {"name": name, "ending": args.ending}
    if status is not None or not args.once:
        return _watched(args, out, request)
    return _alone(name, args.ending, args.port_offset, out)


def _watched(args: argparse.Namespace, out: Out, request: dict[str, Any]) -> int:
    """Told as it takes place, with --json in a line for each beat: a scene may take as long as the letters in it do."""
    answer, after = _answer(args, out, {**request, "do": "play"}), 0
    run = answer.get("run", "")
    while "error" not in answer and not answer.get("over"):
        answer = _answer(args, out, {"do": "beats", "run": run, "after": after, "facts": out.json})
        after = answer.get("next", after)
        for beat in answer.get("beats") or ():
            out.record(beat)
        if answer.get("text") and not out.json:
            out.line(str(answer["text"]))
    if "error" in answer and out.json:
        out.record({"error": answer["error"]})
    elif "error" in answer:
        out.error("cli.as_is", text=str(answer["error"]))
    return 1 if "error" in answer or answer.get("problems") else 0


def _alone(name: str, ending: str, offset: int, out: Out) -> int:
    from pyeonji.lab.beat import printed, told_as_json
    from pyeonji.lab.detective import ENDINGS
    from pyeonji.lab.perform import SCENES
    from pyeonji.lab.terminal import scene_once
    from pyeonji.lab.voice import Voice

    voice = Voice(out.language)
    if name not in SCENES:
        raise Problem("cli.as_is", code=2, text=voice("lab.no_such_scene", name=name, known=", ".join(SCENES)))
    if ending and ending not in ENDINGS:
        raise Problem("cli.as_is", code=2, text=voice("lab.no_such_ending", name=ending, known=", ".join(ENDINGS)))
    return scene_once(name, ending, out.language, offset, out.line, told_as_json if out.json else printed)


def _by_hand(status: dict[str, Any], out: Out) -> int:
    import sys

    from pyeonji.lab.byhand import HOST
    from pyeonji.lab.terminal import by_hand

    port = next(int(one["port"]) for one in status["listeners"] if one.get("name") == HOST)
    return by_hand(port, out.language, sys.stdin.readline, out.line)


def _status(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.cli.status import tell

    return tell(Place(lab_folder(args)), out)


DOING: dict[str, Run] = {
    "send": _send, "break": _break, "heal": _heal, "warp": _warp, "scene": _scene, "status": _status,
}  # fmt: skip


def _ask(args: argparse.Namespace, out: Out, request: dict[str, Any]) -> int:
    return _show(out, _answer(args, out, request), out.line)


def _answer(args: argparse.Namespace, out: Out, request: dict[str, Any]) -> dict[str, Any]:
    answer = Place(lab_folder(args)).ask({**request, "lang": out.language})
    if answer is None:
        raise Problem("lab.not_running", data=str(lab_folder(args)))
    if answer.get("unknown"):
        raise Problem("lab.is_no_lab", data=str(lab_folder(args)))
    return answer


def _show(out: Out, answer: dict[str, Any], line: Callable[[str], None]) -> int:
    if out.json:
        out.data(answer)
    elif "error" in answer:
        if answer.get("text"):
            line(str(answer["text"]))
        out.error("cli.as_is", text=str(answer["error"]))
    else:
        line(str(answer.get("text", "")))
    return 1 if "error" in answer or answer.get("problems") else 0
