"""A key of an app is the password of its account for submission, and opens nothing else; its letters are the app's."""

import pytest

from attacks.test_app_passwords import KIM, heard
from attacks.test_logins import plain
from attacks.test_sasl import IN, SERVICES, begun
from kit.inprocess import attack
from pyeonji.directory.app_keys import new_key
from pyeonji.directory.login import make_credentials
from pyeonji.store import apps, directory, logins, sent

HAND_IN = (
    b"MAIL FROM:<kim@here.test>\r\n", b"RCPT TO:<lee@here.test>\r\n", b"DATA\r\n",
    b"From: kim@here.test\r\nSubject: hi\r\n\r\nhello\r\n.\r\n",
)  # fmt: skip


def key(stations, *scopes, person=0, name="board", test=False):
    made, home = new_key(test=test), stations.home
    app = home.engine.read_now(apps.named, name)
    number = app.id if app else home.engine.write_now(apps.add, name, stations.people[person].id, 1)
    home.engine.write_now(apps.add_key, number, made.digest, made.hint, 1, scopes=scopes, test=test)
    return made, number


@pytest.mark.parametrize("service", SERVICES)
def test_a_key_opens_submission_only_and_only_the_account_of_its_app(tmp_path, service):
    async def story(stations):
        made, _ = key(stations, "send")
        text = made.text.encode()
        said = await heard(stations, service, KIM, text)
        assert (IN[service] in said) is (service == "submission")
        for name, word in ((b"lee@here.test", text), (KIM, text[:-1] + b"?"), (b"nobody@here.test", text)):
            assert IN[service] not in await heard(stations, service, name, word)
        stations.home.engine.write_now(directory.disable, stations.people[0].id, True)
        assert IN[service] not in await heard(stations, service, KIM, text)

    attack(tmp_path, story)


def test_a_key_that_may_not_send_hands_in_nothing(tmp_path):
    async def story(stations):
        made, _ = key(stations, "read", "manage", "admin")
        assert IN["submission"] not in await heard(stations, "submission", KIM, made.text.encode())
        await stations.logins.attempts.flush()
        rows = stations.home.engine.read_now(logins.attempts, KIM.decode(), stations.logins.attempts.secret, 20)
        assert [(one.outcome, one.credential) for one in rows] == [("scope", made.hint)]

    attack(tmp_path, story)


def test_a_password_that_looks_like_a_key_is_a_password(tmp_path):
    async def story(stations):
        odd = "pj_live_is_what_i_chose"
        stations.home.engine.write_now(
            directory.set_credentials, stations.people[0].id, make_credentials(odd, cheap=True)
        )
        assert IN["imap"] in await heard(stations, "imap", KIM, odd.encode())

    attack(tmp_path, story)


async def handed_in(stations, word, recipient=b"lee@here.test"):
    client = await begun(stations, "submission")
    await client.send(plain(b"", KIM, word) + b"\r\n")
    assert IN["submission"] in await client.until(b"\r\n")
    for line in HAND_IN:
        await client.send(line.replace(b"lee@here.test", recipient))
        said = await client.until(b"\r\n")
    assert said.startswith(b"250 ")
    return stations.home.engine.read_now(lambda tx: tx.one("SELECT MAX(id) FROM message"))[0]


def test_what_is_handed_in_with_a_key_is_the_apps_and_with_a_password_nobodys(tmp_path):
    async def story(stations):
        made, board = key(stations, "send")
        trial, _ = key(stations, "send", test=True)
        number = await handed_in(stations, made.text.encode())
        assert stations.home.engine.read_now(sent.of, number) == sent.Sent(board)
        number = await handed_in(stations, trial.text.encode(), b"delivered@simulator.test")
        assert stations.home.engine.read_now(sent.of, number) == sent.Sent(board, test=True)
        assert stations.home.engine.read_now(sent.of, await handed_in(stations, b"secret")) is None
        await stations.logins.attempts.flush()
        assert [bool(one.used_us) for one in stations.home.engine.read_now(apps.keys, board)] == [True, True]

    attack(tmp_path, story)
