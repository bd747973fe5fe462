"""The teacher takes a note away: once at the door, with a reply, and once into a drawer where nobody looks."""

from pyeonji.journey.event import Bounced, Failed
from pyeonji.journey.receipt import compact
from pyeonji.lab.play import events_of
from pyeonji.lab.roster import FORGER, QUIET
from pyeonji.lab.stage import Stage, plain, queued_as

WRITER, SPAM = "chulsoo@1ban.test", "spam@3ban.test"
STRICT, READER = "mx.4ban.test", "minsu@4ban.test"
JUNK = "Junk"


async def play(stage: Stage) -> None:
    await _refused(stage)
    await _filed_as_junk(stage)
    stage.tell("scene.confiscated.moral")


async def _refused(stage: Stage) -> None:
    stage.act("scene.confiscated.refused")
    sent = await stage.send(WRITER, (SPAM,), plain(WRITER, SPAM, "cheap", "싸게 팔아요!!!\n"))
    await stage.carried(sent, must="bounced")
    events = await events_of(stage.world.nodes[sent[0]].home, sent[1])
    failed = [event for event in events if isinstance(event, Failed)]
    stage.check(
        [(event.cause, event.phase) for event in failed] == [("content.refused", "content")], "scene.confiscated.why",
        reply=failed[0].reply if failed else "-",
    )  # fmt: skip
    bounces = [event.bounce for event in events if isinstance(event, Bounced)]
    found = await stage.mailbox(WRITER, compact(bounces[0])) if bounces else []
    stage.check(len(found) == 1, "scene.confiscated.told", address=WRITER)


async def _filed_as_junk(stage: Stage) -> None:
    """The domain asks for its forged letters to be put aside (p=quarantine)."""
    stage.act("scene.confiscated.junk")
    await stage.lookup(f"_dmarc.{QUIET}", "TXT")
    author = f"noreply@{QUIET}"
    talk = await stage.talk(STRICT)
    try:
        await talk.say("EHLO mx.3ban.test")
        await talk.say(f"XCLIENT ADDR={FORGER}")
        await talk.say("EHLO mx.3ban.test")
        await talk.say(f"MAIL FROM:<{author}>")
        await talk.say(f"RCPT TO:<{READER}>")
        await talk.say("DATA")
        reply = await talk.read_out(plain(author, READER, "news", "아무도 안 읽는 소식\n"))
        await talk.say("QUIT")
    finally:
        await talk.close()
    number = queued_as(reply)
    stage.check(reply[-1].startswith("250"), "scene.confiscated.taken")
    inbox = await stage.mailbox(READER, compact(number))
    junk = await stage.mailbox(READER, compact(number), JUNK)
    stage.check((len(inbox), len(junk)) == (0, 1), "scene.confiscated.drawer", mailbox=JUNK)
    stage.letter(number)
