"""S25: nobody outside writes our test results or a second Return-Path; what others wrote in their own name stays."""

import email

import pytest

from kit.inprocess import HOSTNAME, attack
from pyeonji.intake import rules
from pyeonji.message import claims
from pyeonji.message.author import author
from pyeonji.message.claims import without_claims
from pyeonji.message.header import MAX_FIELDS, parse_header

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


SPAM = b"X-Spam-Status: No, score=-99\r\nx-spam:no\r\nX-Spam-Flag: NO\r\nX-Spammer: me\r\n"


@pytest.mark.parametrize(("stranger", "left"), [(True, b"X-Spammer: me\r\n"), (False, SPAM)])
def test_no_stranger_says_that_his_letter_is_no_spam(stranger, left):
    """Thunderbird believes X-Spam-Status.  The second row is the negative control: a scanner of ours in front may."""
    octets = SPAM + b"From: a@b.test\r\n\r\n"
    kept, done = without_claims(octets, parse_header(octets), HOSTNAME, stranger=stranger)
    assert kept == left + b"From: a@b.test\r\n\r\n"
    assert done == (("x-spam removed",) if stranger else ())


@pytest.mark.parametrize("hostname", ["mx.편지.kr", "mx.xn--9b6b95p.kr", "MX.XN--9B6B95P.KR"])
def test_our_name_is_ours_in_all_its_spellings(hostname):
    for name in ("mx.편지.kr", "mx.xn--9b6b95p.kr", "MX.편지.kr.", '"mx.편지.kr"'):
        octets = f"Authentication-Results: {name}; dkim=pass\r\n\r\n".encode()
        assert without_claims(octets, parse_header(octets), hostname)[0] == b"\r\n", name


BEHIND = b"From: a@b.test\r\n" + b"X:\r\n" * MAX_FIELDS  # what stands behind these is read by nobody here


@pytest.mark.parametrize(
    "field", [OURS[0], b"From: boss@bank.test\r\n", b"Return-Path: <boss@bank.test>\r\n", b""], ids=range(4)
)
def test_nothing_hides_behind_more_fields_than_are_read(tmp_path, field):
    """S25, A01, A05: results in our name, another author, a field that was signed as not there."""

    async def story(stations):
        assert (await posted(stations, BEHIND + field + b"\r\nx\r\n")).startswith(b"552 5.3.4")
        assert (await posted(stations, BEHIND + field + b"\r\n")).startswith(b"552 5.3.4")  # without a body
        assert (await posted(stations, BEHIND + field)).startswith(b"552 5.3.4")  # without an empty line

    attack(tmp_path, story)


def test_without_that_limit_it_would(tmp_path, monkeypatch):
    """Negative control: nobody here sees the second author, and any other program does."""
    monkeypatch.setattr(rules, "MAX_FIELDS", 1 << 30)
    octets = BEHIND + b"From: boss@bank.test\r\n" + OURS[0] + b"\r\nx\r\n"
    assert author(parse_header(octets))[0].addr_spec == "a@b.test"
    assert email.message_from_bytes(octets).get_all("from") == ["a@b.test", "boss@bank.test"]

    async def story(stations):
        assert b"queued as" in await posted(stations, octets)
        assert b"mx.here.test; dkim=pass" in stations.letters()[-1]

    attack(tmp_path, story)


async def posted(stations, content):
    client = await stations.client("smtp", hello=True)
    said = b"MAIL FROM:<a@b.test>\r\nRCPT TO:<kim@here.test>\r\nBDAT %d LAST\r\n%bQUIT\r\n" % (len(content), content)
    return (await client.last(said)).split(b"\r\n")[2]


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
    monkeypatch.setattr(claims, "_is_claim", lambda *_, **__: False)

    async def story(stations):
        letter = await stored(stations, "smtp")
        assert b"authentication-results: mx.here.test; dkim=pass" in letter
        assert letter.count(b"return-path:") == 3

    attack(tmp_path, story)
