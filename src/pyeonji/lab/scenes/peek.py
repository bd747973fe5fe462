"""The same letter twice through the hands of somebody who listens: in the clear, and locked."""

from pyeonji.journey.receipt import compact
from pyeonji.lab.eavesdropper import Eavesdropper
from pyeonji.lab.stage import Stage, plain

HOST, READER, WRITER = "mx1.2ban.test", "younghee@2ban.test", "chulsoo@1ban.test"
SECRET = "떡볶이는 비밀이야"
SHOWN = 44  # lines of the listener's screen
WIDTH = 24  # octets in one line of it


async def play(stage: Stage) -> None:
    content = plain(WRITER, READER, "secret", f"{SECRET}\n")
    for lock in (False, True):
        stage.act("scene.peek.locked" if lock else "scene.peek.clear")
        async with Eavesdropper(stage.world.hosts[HOST].port) as ear:
            number = await stage.deliver(HOST, WRITER, (READER,), content, lock=lock, port=ear.port)
        captured = ear.captured()
        stage.screen("scene.peek.screen", screen(captured), octets=len(captured))
        heard = SECRET.encode() in captured
        stage.check(heard is not lock, "scene.peek.hidden" if lock else "scene.peek.read", secret=SECRET)
        stage.check(
            (READER.encode() in captured) is not lock, "scene.peek.envelope_hidden" if lock else "scene.peek.envelope"
        )
        arrived = await stage.mailbox(READER, compact(number))
        stage.check(len(arrived) == 1 and SECRET.encode() in arrived[0], "scene.peek.arrived")
    stage.tell("scene.peek.still")


def screen(captured: bytes) -> list[str]:
    """What a listener has before him: words where there are any, octets in hexadecimal where there are none."""
    lines: list[str] = []
    for piece in captured.split(b"\r\n"):
        try:
            text = piece.decode("utf-8")
        except UnicodeDecodeError:
            text = ""
        if text.isprintable() and (text or not piece):
            lines.append(text)
        else:
            lines += [piece[at : at + WIDTH].hex(" ") for at in range(0, len(piece), WIDTH)]
        if len(lines) > SHOWN:
            return [*lines[:SHOWN], "…"]
    return lines
