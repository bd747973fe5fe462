"""A stranger's letter that an alias sends on leaves with an address of ours, and what comes back goes to its writer."""

import pytest

from kit.inprocess import attack
from kit.reports import status_report
from pyeonji.address import parse_address
from pyeonji.address.srs import Rewriter
from pyeonji.intake.settings import IntakeSettings
from pyeonji.journey.event import Decided, Returned
from pyeonji.store import directory, journey, messages

CONTENT = b"From: writer@far.test\r\nSubject: hi\r\nMessage-ID: <1@far.test>\r\n\r\nHello\r\n"


def alias(stations, name="team@here.test", target="park@gone.test"):
    stations.home.engine.write_now(directory.add_alias, name, target)


async def sent(stations, *, reverse_path=b"writer@far.test", to=b"team@here.test", content=CONTENT, service="smtp"):
    """The answers to RCPT and to the letter, and what is kept of it."""
    client = await stations.client(service, hello=True, login=service == "submission")
    said = await client.last(
        b"MAIL FROM:<%b>\r\nRCPT TO:<%b>\r\nBDAT %d LAST\r\n%bQUIT\r\n" % (reverse_path, to, len(content), content)
    )
    numbers = stations.home.engine.read_now(journey.latest)
    facts = stations.home.engine.read_now(journey.message, numbers[0]) if numbers else None
    return said.split(b"\r\n")[1], facts


def decided(stations, number, rule):
    rows = stations.home.engine.read_now(journey.of_message, number)
    return [e for row in rows for e in row.events if isinstance(e, Decided) and e.rule == rule]


def test_it_leaves_with_an_address_of_ours_that_leads_back(tmp_path):
    async def story(stations):
        alias(stations)
        _, facts = await sent(stations)
        assert facts.reverse_path == "writer@far.test"  # it is still who is told by us
        assert facts.onward_path.startswith("SRS0=")
        assert facts.onward_path.endswith("=far.test=writer@here.test")
        assert [(e.value, e.outcome) for e in decided(stations, facts.number, "srs")] == [
            ("writer@far.test", f"onward: {facts.onward_path}")
        ]
        answer, back = await sent(stations, reverse_path=b"", to=facts.onward_path.encode())
        assert answer.startswith(b"250 2.1.5")
        (recipient,) = stations.home.engine.read_now(journey.recipients, back.number)
        assert (recipient.address, recipient.state, back.onward_path) == ("writer@far.test", "waiting", "")

    attack(tmp_path, story)


@pytest.mark.parametrize(
    "facts",
    [
        {"reverse_path": b""},  # a bounce is nobody's
        {"reverse_path": b"kim@here.test"},  # it is ours already
        {"to": b"kim@here.test"},  # it stays here
        {"reverse_path": b"k" * 60 + b"@far.test"},
    ],
)
def test_nothing_else_is_rewritten(tmp_path, facts):
    async def story(stations):
        alias(stations)
        _, kept = await sent(stations, **facts)
        assert kept.onward_path == ""

    attack(tmp_path, story)


def test_what_a_trusted_peer_sends_elsewhere_was_not_sent_on_by_us(tmp_path):
    async def story(stations):
        _, kept = await sent(stations, to=b"park@gone.test")
        assert kept.onward_path == ""

    attack(tmp_path, story, trusted=("127.0.0.0/8",))


def test_it_can_be_switched_off(tmp_path):
    """Negative control."""

    async def story(stations):
        alias(stations)
        _, kept = await sent(stations)
        assert kept.onward_path == ""

    attack(tmp_path, story, intake=IntakeSettings(rewrite_forwarded=False))


@pytest.mark.parametrize(
    "how", ["forged", "another's", "of another secret", "with a reverse-path", "of another domain", "in lower case"]
)
def test_only_what_we_made_and_only_what_comes_back_is_sent_on(tmp_path, how):
    """S16: nobody sends through us to whom he likes.  The last row is the control."""

    async def story(stations):
        alias(stations)
        _, facts = await sent(stations)
        made = facts.onward_path
        day = stations.clock.now_us() // 86_400_000_000
        reverse_path, address = b"", made
        if how == "forged":
            address = "SRS0=AAAAAA=AA=victim.test=victim@here.test"
        elif how == "another's":
            address = made.replace("=writer@", "=victim@")
        elif how == "of another secret":
            address = str(Rewriter(b"x").onward(parse_address("victim@far.test"), "here.test", day))
        elif how == "with a reverse-path":
            reverse_path = b"spam@far.test"
        elif how == "of another domain":
            address = made.replace("@here.test", "@elsewhere.test")
        else:
            address = made.lower()
        answer, _ = await sent(stations, reverse_path=reverse_path, to=address.encode())
        assert answer.startswith(b"250 2.1.5" if how == "in lower case" else b"550 5."), answer
        assert stations.count("message") == (2 if how == "in lower case" else 1)

    attack(tmp_path, story)


def test_a_catch_all_does_not_swallow_what_comes_back(tmp_path):
    async def story(stations):
        alias(stations)
        stations.home.engine.write_now(directory.set_catch_all, "here.test", "kim@here.test")
        _, facts = await sent(stations)
        _, back = await sent(stations, reverse_path=b"", to=facts.onward_path.encode())
        (recipient,) = stations.home.engine.read_now(journey.recipients, back.number)
        assert recipient.address == "writer@far.test"

    attack(tmp_path, story)


def test_two_workers_make_one_secret(tmp_path):
    from pyeonji.intake.forwarding import Forwarding

    async def story(stations):
        alias(stations)
        other = Forwarding(stations.home, stations.clock, stations.ids)
        _, facts = await sent(stations)
        found = await other.comes_back(parse_address(facts.onward_path), null_path=True)
        assert str(found.targets[0].address) == "writer@far.test"

    attack(tmp_path, story)


def test_a_letter_sent_on_that_comes_back_is_told_in_its_journey(tmp_path):
    async def story(stations):
        alias(stations)
        _, facts = await sent(stations)
        stations.home.engine.write_now(
            lambda tx: tx.run("UPDATE recipient SET state = 'done' WHERE message_id = :id", {"id": facts.number})
        )
        whole = stations.home.engine.read_now(messages.content, stations.home.blobs, facts.number)
        report = status_report(whole[facts.relay_at : facts.body_at], to=facts.onward_path, final="park@gone.test")
        answer, back = await sent(stations, reverse_path=b"", to=facts.onward_path.encode(), content=report)
        assert answer.startswith(b"250")
        rows = stations.home.engine.read_now(journey.of_message, facts.number)
        assert [e.letter for row in rows for e in row.events if isinstance(e, Returned)] == [back.number]

    attack(tmp_path, story)
