"""You speak SMTP yourself.  Here a visitor types who makes the usual mistakes and does what the coach whispers."""

from pyeonji.journey.receipt import compact
from pyeonji.lab.beat import Tell, Wire
from pyeonji.lab.byhand import HOST, begin
from pyeonji.lab.play import NotPlayed
from pyeonji.lab.stage import Stage, queued_as

READER = "younghee@2ban.test"
# What is typed, and the hint that must come ("": none but what comes next).
TYPED = (
    ("HELLO mx.1ban.test", "hello_spelling"),
    ("EHLO mx.1ban.test", ""),
    ("DATA", "order"),
    ("MAIL FROM chulsoo@1ban.test", "colon"),
    ("MAIL FROM:<chulsoo@1ban.test>", ""),
    ("RCPT FROM:<younghee@2ban.test>", "rcpt_to"),
    ("RCPT TO:<yeonghee@2ban.test>", ""),
    ("RCPT TO:<younghee@2ban.test>", ""),
    ("SUBJECT: hello", "header_outside"),
    ("DATA", ""),
    ("Subject: by hand", ""),
    ("", "blank"),
    ("손으로 썼어요", ""),
    ("QUIT", "still_content"),
    (".점으로 시작해요", ""),
    (".", ""),
    ("QUIT", ""),
)


async def play(stage: Stage) -> None:
    stage.act("scene.visit", host=HOST)
    try:
        session = await begin(stage.world.hosts[HOST].port)
    except (OSError, TimeoutError) as error:
        raise NotPlayed("scene.unreachable", what=HOST, why=error) from error
    for beat in session.beats:
        stage.heard(beat)
    missing, number = [], 0
    try:
        for line, hint in TYPED:
            beats = await session.type(line)
            for beat in beats:
                stage.heard(beat)
            whispered = {beat.key for beat in beats if isinstance(beat, Tell)}
            if hint and f"lab.hint.{hint}" not in whispered:
                missing.append(line)
            number = number or queued_as([beat.text for beat in beats if isinstance(beat, Wire)][-1:] or [""])
    finally:
        await session.close()
    stage.check(not missing, "scene.by_hand.hints", lines=", ".join(missing) or str(len(TYPED)))
    stage.check(session.is_over, "scene.by_hand.over")
    found = await stage.mailbox(READER, compact(number)) if number else []
    good = len(found) == 1 and "손으로 썼어요\r\nQUIT\r\n.점으로 시작해요\r\n".encode() in found[0]
    stage.check(good, "scene.by_hand.arrived", address=READER)
