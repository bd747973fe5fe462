"""The twelve lines: what two servers say to each other, word for word, in the clear."""

from pyeonji.journey.receipt import compact
from pyeonji.lab.stage import Stage, plain, queued_as

HOST, READER, WRITER = "mx1.2ban.test", "younghee@2ban.test", "chulsoo@1ban.test"
TEXT = "점심 같이 먹자\n.점으로 시작하는 줄\n"
# What is said, and how the answer begins; the letter goes between DATA and QUIT.
LINES = (
    ("EHLO mx.1ban.test", "250"),
    (f"MAIL FROM:<{WRITER}>", "250"),
    (f"RCPT TO:<{READER}>", "250"),
    ("DATA", "354"),
)


async def play(stage: Stage) -> None:
    talk = await stage.talk(HOST)
    try:
        answers = [(await talk.say(line))[-1] for line, _ in LINES]
        taken = await talk.read_out(plain(WRITER, READER, "lunch", TEXT))
        bye = await talk.say("QUIT")
    finally:
        await talk.close()
    expected = [code for _, code in LINES]
    good = [answer[:3] for answer in answers] == expected and bye[-1].startswith("221")
    stage.check(good, "scene.dialogue.codes", codes=" ".join(["220", *expected, "250", "221"]))
    number = queued_as(taken)
    stage.check(number > 0, "scene.dialogue.number", number=compact(number))
    found = await stage.mailbox(READER, compact(number))
    body = TEXT.replace("\n", "\r\n").encode()
    stage.check(len(found) == 1 and found[0].endswith(b"\r\n\r\n" + body), "scene.dialogue.arrived", octets=len(body))
    stage.tell("scene.dialogue.dot")
