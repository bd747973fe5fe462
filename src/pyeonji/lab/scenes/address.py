"""What user@server means: the DNS knows the class, only the class knows who sits in it."""

from pyeonji.catalog.say import Words
from pyeonji.lab.stage import Stage

ADDRESS, DOMAIN, HOST = "younghee@2ban.test", "2ban.test", "mx1.2ban.test"
# How the address is written, and whether the class knows who is meant.
SPELLINGS = (
    (ADDRESS, True),
    ("Younghee@2BAN.TEST", True),
    ("younghee+lunch@2ban.test", True),
    ("yeonghee@2ban.test", False),
)


async def play(stage: Stage) -> None:
    stage.act("scene.address.parts", address=ADDRESS)
    rows: list[tuple[str | Words, ...]] = [
        ("younghee", Words(("scene.address.local_part",))), ("@", Words(("scene.address.at",))),
        (DOMAIN, Words(("scene.address.domain",))),
    ]  # fmt: skip
    stage.table("scene.address.table", ("scene.address.piece", "scene.address.meaning"), rows)
    stage.act("scene.address.where", domain=DOMAIN)
    hosts = await stage.lookup(DOMAIN)
    addresses = await stage.lookup(HOST, "A")
    stage.check(bool(hosts and addresses), "scene.address.found", domain=DOMAIN, count=len(hosts))
    asked = [name for name, _ in stage.world.dns.asked]
    stage.check(not any("younghee" in name for name in asked), "scene.address.not_asked")
    stage.act("scene.address.who")
    await _ask(stage)


async def _ask(stage: Stage) -> None:
    talk = await stage.talk(HOST)
    try:
        await talk.say("EHLO mx.1ban.test")
        await talk.say("MAIL FROM:<chulsoo@1ban.test>")
        answers = [(await talk.say(f"RCPT TO:<{spelling}>"))[-1] for spelling, _ in SPELLINGS]
        await talk.say("QUIT")
    finally:
        await talk.close()
    for (spelling, known), answer in zip(SPELLINGS, answers, strict=True):
        key = "scene.address.known" if known else "scene.address.unknown"
        stage.check(answer.startswith("250" if known else "550"), key, address=spelling)
