"""Envelope against header: the envelope decides who gets it, To and Cc only tell, and Bcc tells nobody."""

from pyeonji.catalog.say import Words
from pyeonji.lab.play import NotPlayed
from pyeonji.lab.stage import Stage, plain
from pyeonji.web.archive import Archive

WRITER, TO, CC, BCC = "chulsoo@1ban.test", "younghee@2ban.test", "john@test.com", "alice@test.com"
READERS = (TO, CC, BCC)


async def play(stage: Stage) -> None:
    mark = stage.mark()
    content = plain(WRITER, f"<{TO}>", "party", "토요일에 만나자\n", f"Cc: <{CC}>", f"Bcc: <{BCC}>",
                    f"Message-ID: <{mark}@1ban.test>")  # fmt: skip
    stage.act("scene.to_cc_bcc.write")
    stage.screen("scene.to_cc_bcc.header", content.decode().split("\r\n\r\n")[0].split("\r\n"))
    sent = await stage.send(WRITER, READERS, content)
    await stage.carried(sent)
    stage.act("scene.to_cc_bcc.read")
    for reader in READERS:
        await _read(stage, reader, mark)
    await _seen(stage, sent)


async def _read(stage: Stage, reader: str, mark: str) -> None:
    found = await stage.mailbox(reader, mark)
    if not stage.check(len(found) == 1, "scene.to_cc_bcc.arrived", address=reader):
        return
    head = found[0].partition(b"\r\n\r\n")[0].lower()
    hidden = b"\r\nbcc:" not in head and (reader == BCC or BCC.encode() not in head)
    stage.check(hidden, "scene.to_cc_bcc.hidden", address=reader)


async def _seen(stage: Stage, sent: tuple[str, int]) -> None:
    """What each may see of the journey at the writer's server."""
    archive = Archive({domain: node.home for domain, node in stage.world.nodes.items()})
    found = await archive.letter(sent[1])
    if found is None:
        raise NotPlayed("scene.no_story", domain=sent[0], number=sent[1])
    stage.act("scene.to_cc_bcc.seen")
    rows: list[tuple[str | Words, ...]] = []
    for viewer in (WRITER, *READERS):
        told = await archive.seen_by(found, viewer)
        named = {one.address for one in told.recipients} if told else set()
        rows.append((viewer, ", ".join(one for one in READERS if one in named)))
        if viewer in (TO, CC):
            stage.check(BCC not in named, "scene.to_cc_bcc.not_seen", address=viewer)
    stage.table("scene.to_cc_bcc.table", ("scene.to_cc_bcc.viewer", "scene.to_cc_bcc.sees"), rows)
