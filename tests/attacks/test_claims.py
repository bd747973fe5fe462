"""S25: nobody outside writes our test results or a second Return-Path; what others wrote in their own name stays."""

import pytest

from kit.inprocess import HOSTNAME, attack
from pyeonji.message import claims
from pyeonji.message.claims import without_claims
from pyeonji.message.header import parse_header

OURS = (
    b"Authentication-Results: mx.here.test; dkim=pass header.d=bank.test\r\n",
    b"authentication-results:MX.Here.Test 1; spf=pass\r\n",
    b"Authentication-Results : mx.here.test;\r\n dmarc=pass\r\n",
    b"Authentication-Results:\r\n mx.here.test; arc=pass\r\n",
    b'Authentication-Results: "mx.here.test"; dkim=pass\r\n',
    b'Authentication-Results: "mx.\\here.test"; dkim=pass\r\n',
    b"Authentication-Results: (a (nested) one) mx.here.test (two); dkim=pass\r\n",
    b"Authentication-Results: (one) (\\)) mx.here.test; dkim=pass\r\n",
    b"Authentication-Results: mx.here.test.; dkim=pass\r\n",
    b"Authentication-Results: mx.here.test\r\n",
    b"Authentication-Results: ; dkim=pass\r\n",  # no reader knows whose that is
    b"Authentication-Results: (never closed mx.here.test; dkim=pass\r\n",
    b"Authentication-Results: x mx.here.test; dkim=pass\r\n",
    b"Return-Path: <boss@bank.test>\r\n",
    b"return-path:<>\r\n",
)
THEIRS = (
    b"Authentication-Results: mx.elsewhere.test; dkim=pass header.d=bank.test\r\n",
    b"Authentication-Results: mx.here.test.evil.test; dkim=fail\r\n",
    b"Authentication-Results: elsewhere.test (mx.here.test;); spf=none\r\n",
    b"ARC-Authentication-Results: i=1; mx.here.test; dkim=pass\r\n",  # its seal is what is believed (RFC 8617 §4.1.1)
    b"X-Authentication-Results: mx.here.test; dkim=pass\r\n",
    b"Subject: Authentication-Results: mx.here.test; dkim=pass\r\n",
)


@pytest.mark.parametrize("field", OURS)
def test_what_speaks_in_our_name_goes(field):
    octets = THEIRS[0] + field + b"Subject: x\r\n\r\n"
    assert without_claims(octets, parse_header(octets), HOSTNAME)[0] == THEIRS[0] + b"Subject: x\r\n\r\n"


@pytest.mark.parametrize("field", THEIRS)
def test_what_others_say_in_their_own_name_stays(field):
    octets = field + b"From: a@b.test\r\n\r\n"
    assert without_claims(octets, parse_header(octets), HOSTNAME) == (octets, ())


async def stored(stations, service):
    client = await stations.client(service, hello=True, login=service == "submission")
    content = b"".join(OURS) + b"From: kim@here.test\r\nSubject: x\r\n\r\nx\r\n"
    said = await client.last(
        b"MAIL FROM:<kim@here.test>\r\nRCPT TO:<lee@here.test>\r\nBDAT %d LAST\r\n%b" % (len(content), content)
    )
    assert b"queued as" in said, said
    return stations.letters()[-1].lower()


@pytest.mark.parametrize(("service", "kept"), [("smtp", 0), ("submission", 0), ("sendmail", 0), ("lmtp", 13)])
def test_a_letter_brings_no_results_of_ours_from_outside(tmp_path, service, kept):
    async def story(stations):
        letter = await stored(stations, service)
        assert letter.count(b"dkim=pass") + letter.count(b"spf=pass") > 0 if kept else b"=pass" not in letter
        assert letter.count(b"\nauthentication-results") == kept
        assert letter.startswith(b"return-path: <kim@here.test>\r\n")
        assert letter.count(b"return-path:") == 1

    attack(tmp_path, story)


def test_without_the_guard_the_forged_result_would_be_read(tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(claims, "_is_claim", lambda *_: False)

    async def story(stations):
        letter = await stored(stations, "smtp")
        assert b"authentication-results: mx.here.test; dkim=pass" in letter
        assert letter.count(b"return-path:") == 3

    attack(tmp_path, story)
