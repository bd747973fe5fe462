"""A return address names a letter and a recipient: nobody makes one up, and such a letter returns by nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.inprocess import attack
from kit.reports import status_report, words_for_people
from kit.sending import FakeMx, run, sending
from pyeonji.address import Address, parse_address, verp
from pyeonji.address.path import MAX_LOCAL_PART
from pyeonji.address.verp import NotOurs, Returning
from pyeonji.delivery.plan import Wanted
from pyeonji.journey.event import Returned
from pyeonji.journey.receipt import compact
from pyeonji.store import apps, directory, journey, told
from pyeonji.store.sent import Sent
from pyeonji.submission.door import Draft
from stations.test_late_bounces import delivered, handed_over
from stations.test_late_bounces import told as events_of

OURS = Returning(b"s" * 32)
LEE, FAR = "lee@us.example", "kim@one.example"


def path(number=7, n=1, ours=OURS):
    return ours.path(verp.base(compact(number), "here.test"), n)


@given(st.integers(0, (1 << 60) - 1), st.integers(1, 1_000), st.sampled_from([str.upper, str.lower, str.swapcase]))
def test_it_is_read_as_it_was_made_in_any_case(number, n, case):
    made = path(number, n)
    assert len(made.local_part) <= MAX_LOCAL_PART
    assert OURS.read(Address(case(made.local_part), made.domain)) == (compact(number), n)


@given(st.integers(0, 36), st.sampled_from("ABCXYZ0179=2"))
def test_whatever_is_changed_in_it_makes_it_nobodys(at, char):
    made = path()
    changed = made.local_part[:at] + char + made.local_part[at + 1 :]
    if changed.lower() != made.local_part.lower():
        with pytest.raises(NotOurs):
            OURS.read(Address(changed, made.domain))


def test_another_server_made_it_in_vain():
    with pytest.raises(NotOurs):
        OURS.read(path(ours=Returning(b"t" * 32)))


def test_each_recipient_of_an_app_gets_the_letter_with_an_address_of_his_own(tmp_path):
    async def go(mx, node, account, verps):
        board = node.home.engine.write_now(apps.add, f"board{verps}", account, 1)
        node.home.engine.write_now(apps.set_verp, board, verps)
        draft = Draft(
            content=f"From: {LEE}\r\nSubject: hi\r\n\r\nHello\r\n".encode(), reverse_path=parse_address(LEE),
            recipients=tuple(Wanted(parse_address(one)) for one in (FAR, "park@one.example")), via="api", login=LEE,
            sent=Sent(board),
        )  # fmt: skip
        number = (await node.door.submit(draft)).number
        await node.manager.settle()
        return number

    async def story():
        mx = FakeMx()
        async with sending(tmp_path, {"mx1": mx}) as node:
            account = node.home.engine.read_now(directory.account, LEE).id
            number = await go(mx, node, account, True)
            secret = node.home.engine.read_now(directory.kept_secret, verp.SECRET)
            named = {}
            for letter in mx.letters:
                (to,) = letter.recipients
                address = parse_address(letter.mail.partition("<")[2].partition(">")[0])
                named[to.partition("<")[2].partition(">")[0]] = Returning(secret.encode()).read(address)
                assert b"pb=" not in letter.content.partition(b"\r\n\r\n")[0]
            assert named == {FAR: (compact(number), 1), "park@one.example": (compact(number), 2)}
            mx.letters.clear()
            await go(mx, node, account, False)
            assert [(len(letter.recipients), LEE in letter.mail) for letter in mx.letters] == [(2, True)]

    run(story())


async def with_address(stations):
    """A letter of an app that was handed over with a return address; its number and that address."""
    number, header = await handed_over(stations)
    secret = stations.home.engine.write_now(directory.secret, verp.SECRET, "v" * 32)
    account = stations.home.engine.read_now(directory.account, "kim@here.test").id

    def kept(tx):
        tx.run(
            "UPDATE message SET onward_path = :path WHERE id = :id",
            {"path": verp.base(compact(number), "here.test"), "id": number},
        )
        board = apps.add(tx, "board", account, 1)
        tx.run("INSERT INTO sent (message_id, app_id) VALUES (:id, :app)", {"id": number, "app": board})

    stations.home.engine.write_now(kept)
    return number, header, path(number, 1, Returning(secret.encode()))


def finals(stations, number):
    items = stations.home.engine.read_now(told.of_letter, number)
    return [one.facts["outcome"] for one in items if one.type == "email.final"]


@pytest.mark.parametrize("returned", [b"\r\n", b"Subject: somebody else's\r\n\r\n"])
def test_what_comes_to_it_is_about_its_recipient_whatever_the_report_quotes(tmp_path, returned):
    async def story(stations):
        number, _, back = await with_address(stations)
        to = str(back).encode()
        report = await delivered(stations, status_report(returned, final="forwarded@else.test"), to=to)
        assert [event.recipient for event in events_of(stations, number, Returned)] == [1]
        assert finals(stations, number) == ["bounced"]
        (there,) = stations.home.engine.read_now(journey.recipients, report)
        assert there.state == "done"  # and it lies in the writer's mailbox, too

    attack(tmp_path, story)


def test_what_a_program_wrote_for_people_is_about_its_recipient_too(tmp_path):
    async def story(stations):
        number, header, back = await with_address(stations)
        to = str(back).encode()
        away = b"From: lee@far.test\r\nSubject: away\r\nAuto-Submitted: auto-replied\r\n\r\n550 5.1.1 no such user\r\n"
        await delivered(stations, away, to=to)
        await delivered(stations, words_for_people(header))  # to the writer: nothing of this letter comes there
        assert events_of(stations, number, Returned) == []
        await delivered(stations, words_for_people(b"", failed="forwarded@else.test"), to=to)
        assert [event.recipient for event in events_of(stations, number, Returned)] == [1]

    attack(tmp_path, story)


async def forged(stations):
    """Who has guessed a letter's number, or knows it, tries to make it come back."""
    number, header, back = await with_address(stations)
    wrong = Address(back.local_part[:-1] + ("a" if back.local_part[-1] != "a" else "b"), back.domain)
    await delivered(stations, status_report(b"\r\n"), to=str(wrong).encode(), answer=b"550 ")
    other = Address(back.local_part.replace("=1=", "=2="), back.domain)
    await delivered(stations, status_report(b"\r\n"), to=str(other).encode(), answer=b"550 ")
    reverse_path = b"lee@far.test"  # no bounce: whoever sees the address may not write to the writer through it
    await delivered(stations, status_report(b"\r\n"), to=str(back).encode(), reverse_path=reverse_path, answer=b"550 ")
    await delivered(stations, status_report(header))  # to the writer himself, where no report of this letter comes
    return events_of(stations, number, Returned)


def test_nobody_makes_a_letter_come_back_by_guessing(tmp_path):
    async def story(stations):
        assert await forged(stations) == []

    attack(tmp_path, story)


def test_without_the_mark_he_would(tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(verp.hmac, "compare_digest", lambda first, second: True)

    async def story(stations):
        number, _, back = await with_address(stations)
        wrong = Address(back.local_part[:-1] + ("a" if back.local_part[-1] != "a" else "b"), back.domain)
        await delivered(stations, status_report(b"\r\n"), to=str(wrong).encode())
        assert len(events_of(stations, number, Returned)) == 1

    attack(tmp_path, story)
