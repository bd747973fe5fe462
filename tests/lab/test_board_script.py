"""The board's PHP script on its loopback port: what a browser, or a form with line ends, gets from it."""

import asyncio
import shutil
import urllib.error
import urllib.parse
import urllib.request

import pytest

from kit.patience import PATIENCE_S
from pyeonji.lab.board.post import DIRECTLY, ByPhp, NotHandedIn, ResetLetter

pytestmark = pytest.mark.skipif(shutil.which("php") is None, reason="php is not installed")
GOOD = {"to": "john@test.com", "number": "abcdefgh", "subject": "reset", "text": "x", "sender": "noreply@board.test"}
NOT_TAKEN = [
    ({}, {"Origin": "https://evil.example"}),
    ({}, {"Sec-Fetch-Site": "cross-site"}),
    ({"sender": "noreply@board.test\n"}, {}),
    ({"number": "abcdefgh\n"}, {}),
    ({"sender": "noreply@board.test -X/tmp/x"}, {}),
    ({"sender": "root@board.test"}, {}),
    ({"to": "john@test.com\nBcc: a@b.example"}, {}),
    ({"to": "john@test.com, a@b.example"}, {}),
]


def asked(office, form, headers):
    request = urllib.request.Request(
        f"http://127.0.0.1:{office._port}/reset.php", urllib.parse.urlencode(form).encode()
    )
    for name, value in headers.items():
        request.add_header(name, value)
    try:
        with DIRECTLY.open(request, timeout=PATIENCE_S) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        return error.code


def test_only_the_board_has_letters_sent_and_nothing_in_them_is_another_field(tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # where nobody listens: it is not asked

    async def story():
        office = ByPhp(shutil.which("php"), ["/bin/true"], tmp_path)
        await office.start()
        try:
            await office.hand_in(ResetLetter("john@test.com", "abcdefgh", "안녕", "x"))  # the control
            found = [await asyncio.to_thread(asked, office, GOOD | form, headers) for form, headers in NOT_TAKEN]
            assert found == [400] * len(NOT_TAKEN)
            with pytest.raises(NotHandedIn):
                await office.hand_in(ResetLetter("john@test.com", "abcdefgh\n", "안녕", "x"))
        finally:
            await office.stop()

    asyncio.run(story())
