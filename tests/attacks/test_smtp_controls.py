"""S08, S14-S19, S26, S28: with one guard switched off, the attacks of the other files are seen to work."""

from fnmatch import fnmatchcase

import pytest

from attacks.test_relaying import ODD, taken
from attacks.test_smuggling import COMMANDS
from kit.inprocess import attack
from kit.stored import person
from pyeonji.acceptance import recorder
from pyeonji.delivery.expand import Expansion
from pyeonji.delivery.memory import Expansions
from pyeonji.directory.login import make_credentials
from pyeonji.intake import rules
from pyeonji.journey.event import unpack
from pyeonji.proto.smtp import commands
from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.grammar import Violation
from pyeonji.store import directory


async def first_reply(stations, command):
    client = await stations.client("smtp", hello=True)
    return await client.last(command)


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.startswith((b"EHLO", b"NOOP"))])
def test_control_characters_would_be_taken(tmp_path, command, monkeypatch):
    """S08: of test_control_characters_in_a_command_are_refused."""
    monkeypatch.setattr(commands, "has_controls", lambda octets: False)

    async def story(stations):
        assert (await first_reply(stations, command)).startswith(b"250")

    attack(tmp_path, story)


def test_odd_local_parts_would_be_taken(tmp_path, monkeypatch):
    """S14: of test_strangers_send_to_nobody_but_us."""
    monkeypatch.setattr(rules, "forward_path_refusal", lambda *args, **facts: None)
    monkeypatch.setattr(Expansion, "is_nobody", property(lambda self: False))

    async def story(stations):
        found = [path for path in ODD if await taken(stations, "smtp", b"<>", path)]
        assert len(found) >= 10, found

    attack(tmp_path, story)


def test_a_name_that_is_a_pattern_would_find_somebody(tmp_path, monkeypatch):
    """S15: of test_strangers_send_to_nobody_but_us, where the directory asks with LIKE."""

    inbox = directory.inbox

    def by_pattern(tx, address):
        names = [one.address for one in directory.accounts(tx) if fnmatchcase(one.address, address.replace("%", "*"))]
        return inbox(tx, names[0]) if names else None

    async def story(stations):
        assert not await taken(stations, "smtp", b"<>", b"<ki%@here.test>")
        monkeypatch.setattr(directory, "inbox", by_pattern)
        assert await taken(stations, "smtp", b"<>", b"<ki%@here.test>")

    attack(tmp_path, story)


def test_a_letter_for_nobody_would_be_taken_and_its_bounce_go_to_the_victim(tmp_path, monkeypatch):
    """S16: of test_nothing_that_was_refused_comes_back_to_a_stranger."""
    monkeypatch.setattr(rules, "forward_path_refusal", lambda *args, **facts: None)
    monkeypatch.setattr(Expansion, "is_nobody", property(lambda self: False))

    async def story(stations):
        client = await stations.client("smtp", hello=True)
        said = await client.last(
            b"MAIL FROM:<victim@bank.test>\r\nRCPT TO:<nobody@here.test>\r\nBDAT 6 LAST\r\nA: b\r\n"
        )
        assert b"queued as" in said

    attack(tmp_path, story)


def telling(session, line, argument):
    """VRFY of a server that knows and says so."""
    if "nobody" in argument:
        raise Violation(replies.NO_SUCH_MAILBOX)
    return commands._verify(session, line, argument)


def test_a_vrfy_that_tells_would_be_noticed(tmp_path, monkeypatch):
    """S18: of test_vrfy_tells_nothing."""
    monkeypatch.setitem(commands.SMTP_COMMANDS, b"VRFY", (telling, {}))

    async def story(stations):
        assert (await first_reply(stations, b"VRFY nobody@here.test\r\n")).startswith(b"550")
        assert (await first_reply(stations, b"VRFY kim@here.test\r\n")).startswith(b"252")

    attack(tmp_path, story)


@pytest.mark.parametrize("verb", [b"XCLIENT", b"ETRN", b"WIZ", b"DEBUG"])
def test_an_old_door_that_is_open_would_be_noticed(tmp_path, verb, monkeypatch):
    """S28: of test_old_doors_are_closed."""
    monkeypatch.setitem(commands.SMTP_COMMANDS, verb, (commands._noop, {}))

    async def story(stations):
        assert (await first_reply(stations, verb + b" here.test\r\n")).startswith(b"250")

    attack(tmp_path, story)


# ── S19: what was refused once is asked again ──


async def refused_and_then_born(stations):
    """Is a letter taken for somebody who was nobody a moment ago, because a stranger asked early?"""
    assert not await taken(stations, "smtp", b"<>", b"<park@here.test>")
    person(stations.home, "park@here.test", credentials=make_credentials("x", cheap=True))
    return await taken(stations, "smtp", b"<a@b.test>", b"<park@here.test>")


def test_a_probe_that_was_refused_keeps_nobodys_mail_away(tmp_path):
    async def story(stations):
        assert await refused_and_then_born(stations)

    attack(tmp_path, story)


def test_a_memory_of_nobodies_would_keep_it_away(tmp_path, monkeypatch):
    """Negative control."""
    ask, remembered = Expansions.of, {}

    async def hoarding(self, address):
        if address not in remembered:
            remembered[address] = await ask(self, address)
        return remembered[address]

    monkeypatch.setattr(Expansions, "of", hoarding)

    async def story(stations):
        assert not await refused_and_then_born(stations)

    attack(tmp_path, story)


# ── S26 ──


async def kept_lines(stations):
    """Everything the journeys hold of a hostile conversation."""
    client = await stations.client("smtp")
    await client.last(b"EHLO x\x1b[2J\x00\r\nVRFY \x1b]0;owned\x07\r\n")
    for listener in stations.listeners:
        await listener.stop(0.5)
    rows = stations.home.engine.read_now(lambda tx: tx.all("SELECT events FROM journey", {}))
    return [getattr(event, "text", "") for (packed,) in rows for event in unpack(packed)]


@pytest.mark.parametrize("guarded", [True, False])
def test_what_a_stranger_says_steers_no_terminal(tmp_path, guarded, monkeypatch):
    """The second row is the negative control, of test_what_is_kept_of_hostile_lines_is_printable too."""
    if not guarded:
        monkeypatch.setattr(commands, "shown", lambda octets: octets.decode("utf-8", "replace"))
        monkeypatch.setattr(recorder, "printable", lambda text: text)

    async def story(stations):
        texts = await kept_lines(stations)
        assert any("owned" in text for text in texts)
        assert all(text.isprintable() for text in texts) is guarded

    attack(tmp_path, story)
