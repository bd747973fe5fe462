"""Somebody of class 3 writes in Chulsoo's name: once where nobody checks, then where SPF, DKIM and DMARC do."""

import asyncio

from pyeonji.catalog.say import Words
from pyeonji.journey.event import Decided
from pyeonji.journey.receipt import compact
from pyeonji.lab.roster import FORGER
from pyeonji.lab.stage import Stage, plain, queued_as
from pyeonji.lab.writer import Conversation
from pyeonji.store import journey

WRITER, EVE = "chulsoo@1ban.test", "eve@3ban.test"
CAREFREE, TRUSTING = "mx1.2ban.test", "younghee@2ban.test"
STRICT, READER = "mx.4ban.test", "minsu@4ban.test"
WRITTEN_S = 10.0  # seconds until a connection that has ended is told
LOOK_S = 0.02
RULES = ("spf", "dkim", "dmarc")
COLUMNS = ("scene.forge.case", "scene.forge.spf", "scene.forge.dkim", "scene.forge.dmarc", "scene.forge.result")


async def play(stage: Stage) -> None:
    stage.act("scene.forge.records")
    for name in ("1ban.test", "_dmarc.1ban.test"):
        await stage.lookup(name, "TXT")
    rows = [await _real(stage)]
    await _unchecked(stage)
    for key, reverse_path, spf in (("scene.forge.forged", WRITER, "fail"), ("scene.forge.own_envelope", EVE, "pass")):
        rows.append(await _checked(stage, key, reverse_path, spf))
    stage.table("scene.forge.table", COLUMNS, rows)


async def _real(stage: Stage) -> tuple[str | Words, ...]:
    stage.act("scene.forge.real")
    sent = await stage.send(WRITER, (READER,), plain(WRITER, READER, "lunch", "점심 같이 먹자. 진짜 철수가\n"))
    delivered = (await stage.carried(sent))[0]
    domain, number = await stage.play.arrived(delivered)
    found = await stage.decisions(domain, number)
    verdicts = tuple(found.get(rule, "-").partition(":")[0] for rule in RULES)
    stage.check(verdicts == ("pass",) * 3, "scene.forge.all_pass", found=" ".join(verdicts))
    return Words(("scene.forge.real",)), *verdicts, delivered.reply[:3]


async def _unchecked(stage: Stage) -> None:
    """Where nobody checks, what is written is believed."""
    stage.act("scene.forge.unchecked")
    talk = await stage.talk(CAREFREE)
    try:
        await talk.say("EHLO mx.3ban.test")
        reply = await forged(talk, WRITER, TRUSTING)
    finally:
        await talk.close()
    found = await stage.mailbox(TRUSTING, compact(queued_as([reply])))
    stage.check(len(found) == 1 and f"From: <{WRITER}>".encode() in found[0], "scene.forge.believed")


async def _checked(stage: Stage, key: str, reverse_path: str, spf: str) -> tuple[str | Words, ...]:
    stage.act(key)
    stage.tell("scene.forge.introduced", ip=FORGER)
    before = await _last(stage)
    talk = await stage.talk(STRICT)
    try:
        await talk.say("EHLO mx.3ban.test")
        await talk.say(f"XCLIENT ADDR={FORGER}")
        await talk.say("EHLO mx.3ban.test")
        reply = await forged(talk, reverse_path, READER)
    finally:
        await talk.close()
    verdicts = await _verdicts(stage, before) if reply.startswith("5") else ("-", "-", "-")
    stage.check(verdicts[0] == spf, "scene.forge.spf_said", found=verdicts[0])
    stage.check(verdicts[2] == "fail", "scene.forge.dmarc_said", found=verdicts[2])
    stage.check(reply.startswith("550 5.7.26"), "scene.forge.refused")
    return Words((key,)), *verdicts, reply[:10]


async def forged(talk: Conversation, reverse_path: str, reader: str) -> str:
    await talk.say(f"MAIL FROM:<{reverse_path}>")
    await talk.say(f"RCPT TO:<{reader}>")
    await talk.say("DATA")
    reply = await talk.read_out(plain(WRITER, reader, "money", "돈 좀 빌려줘. 철수가\n"))
    await talk.say("QUIT")
    return reply[-1]


async def _last(stage: Stage) -> int:
    """The latest connection to the strict server that brought no letter, 0 for none."""
    found = await stage.world.nodes["4ban.test"].home.engine.scan(journey.sessions_without_message, ("smtp",), 1)
    return found[0].id if found else 0


async def _verdicts(stage: Stage, before: int) -> tuple[str, str, str]:
    """What the strict server found out about the letter it has just refused; it is written down after the goodbye."""
    engine = stage.world.nodes["4ban.test"].home.engine
    deadline = asyncio.get_running_loop().time() + WRITTEN_S
    found: dict[str, str] = {}
    while "dmarc" not in found and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(LOOK_S)
        session = await _last(stage)
        rows = await engine.read(journey.of_session, session) if session != before else []
        decided = [event for row in rows for event in row.events if isinstance(event, Decided)]
        found = {event.rule: event.outcome.partition(":")[0] for event in decided}
    return found.get("spf", "-"), found.get("dkim", "-"), found.get("dmarc", "-")
