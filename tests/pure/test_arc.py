"""ARC, RFC 8617: the cases of others where they are there, our seals, and chains of several hops."""

from types import SimpleNamespace

import pytest

from kit.arc_suite import cases
from kit.sealed import chain_of, checked, hop, ours, zone_of
from kit.signed import BODY, LETTER, NOW_S, body_digest, keys, signed, zone
from pyeonji.message.header import parse_header
from pyeonji.msgauth.arc import seal as sealing
from pyeonji.msgauth.arc.seal import seal
from pyeonji.msgauth.arc.validate import validate
from pyeonji.msgauth.dkim import sign
from pyeonji.msgauth.dkim.sign import MAX_LINE, signing_key
from pyeonji.msgauth.dkim.tags import parse_tags
from pyeonji.proto.dns import SERVFAIL, answer_in

VALIDATING = cases("arc-draft-validation-tests.yml")
SIGNING = cases("arc-draft-sign-tests.yml")
THERE = pytest.mark.skipif(not VALIDATING, reason="the ARC cases are not beside this checkout")


def letter_of(case):
    return case["message"].replace("\n", "\r\n").encode()


def zone_in(case):
    records = case.get("txt-records") or {}
    return {(name.lower(), "TXT"): (text.replace("\n", ""),) for name, text in records.items()}


@THERE
def test_all_cases_are_there():
    assert (len(VALIDATING), len(SIGNING)) == (171, 17)


@pytest.mark.parametrize("name", VALIDATING)
def test_others_chains_are_judged_as_others_judge_them(name):
    """Three cases of a chain found broken by somebody before us expect nothing: RFC 8617 §5.2 says "fail" by now."""
    case = VALIDATING[name]
    expected = (case["cv"] or "fail").strip().lower() or "fail"
    assert checked(letter_of(case), zone_in(case), 12345).result == expected


def tags_in(text):
    return {name: value.replace(" ", "") for name, value in parse_tags(" ".join(text.split())).items()}


def results_of(header, authserv_id):
    """What all fields of the sealer's own say together (RFC 8617 §4.1.1); ours is one."""
    found = [value.partition(b";") for value in header.all(b"authentication-results")]
    own = [payload.strip(b" \t;") for name, _, payload in found if name.strip().decode() == authserv_id]
    return b"; ".join([authserv_id.encode(), *own])


@pytest.mark.parametrize("name", SIGNING)
def test_our_seals_are_those_of_others_to_the_last_octet(name, monkeypatch):
    """They sort their tags and do not break b=; we put the instance first, as the grammar has it, and fold."""
    monkeypatch.setattr(sealing, "in_order", sorted)
    monkeypatch.setattr(sign, "BASE64_LINE", 10_000)
    case = SIGNING[name]
    letter = letter_of(case)
    header = parse_header(letter)
    results = results_of(header, case["srv-id"])
    chain = "fail" if b" arc=fail" in results else "pass" if b" arc=pass" in results else "none"
    key = signing_key(case["domain"], case["sel"], case["privatekey"])
    names = tuple(case["sig-headers"].encode().split(b":"))
    digest = body_digest(letter[header.body :])
    made = sealing.seal_over(header, digest, key, int(case["t"]), results, chain, names)
    if not (case["AS"] or "").strip():
        assert made == b""
        return
    found = parse_header(made)
    assert tags_in(found.text(b"arc-seal")) == tags_in(case["AS"])
    assert tags_in(found.text(b"arc-message-signature")) == tags_in(case["AMS"])
    assert " ".join(found.text(b"arc-authentication-results").split()) == " ".join(case["AAR"].split())


# ── chains of ours ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("hops", [1, 2, 3, 50])
def test_a_chain_of_ours_is_whole(hops):
    letter = chain_of(hops)
    found = checked(letter, zone_of(hops))
    assert (found.result, found.oldest_pass, found.why) == ("pass", 0, "")
    assert found.sealers == tuple(f"hop{number}.test" for number in range(1, hops + 1))


def test_our_set_is_written_as_the_grammar_has_it():
    header = parse_header(chain_of(1))
    assert [field.name for field in header.fields[:3]] == [
        b"arc-seal", b"arc-message-signature", b"arc-authentication-results",
    ]  # fmt: skip
    for field in header.fields[:3]:
        assert header.value(field).startswith(b"i=1; ")
        assert max(map(len, header.raw(field).split(b"\r\n"))) <= MAX_LINE
    assert b"dkim-signature" in header.get(b"arc-message-signature")


def test_a_hop_that_changes_the_letter_is_the_oldest_that_still_fits():
    changed = chain_of(2).replace(BODY, BODY + b"-- \r\nthe list\r\n")
    assert checked(changed, zone_of(2)).why == "the body was changed"
    found = checked(hop(changed, 3, chain="pass"), zone_of(3))
    assert (found.result, found.oldest_pass, len(found.sealers)) == ("pass", 3, 3)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"hop1.test;\r\n spf=pass", b"hop1.test;\r\n spf=fail", "the seal of hop 3 is broken"),
        (b"cv=none", b"cv=pass", "hop 1 says something else of those before it"),
        (b"cv=none; ", b"cv=none; h=from; ", "the seal of hop 1 has h="),
        (b"ARC-Seal: i=2", b"ARC-Seal: i=4", "a hop lacks one of its three fields"),
        (b"ARC-Seal: i=2", b"ARC-Seal: i=3", "a hop has two fields of one kind"),
        (b"ARC-Seal: i=2", b"ARC-Seal: i=51", "i= is no number of a hop"),
        (b"ARC-Seal: i=2", b"ARC-Seal: i=02", "i= is no number of a hop"),
        (b"ARC-Seal: i=2", b"X-Seal: i=2", "a hop lacks one of its three fields"),
        (b"Results: i=2;", b"Results: i=2", "i= is no number of a hop"),
        (b"ARC-Seal: i=3; a=rsa-sha256", b"ARC-Seal: i=3; a=rsa-sha1", "SHA-1 proves nothing any more"),
        (b"ARC-Seal: i=2; a=", b"ARC-Seal: i=2; a=; a=", "arc-seal: a= comes twice"),
        (b"Subject:", b"Subject: Re:", "the header was changed"),
    ],
)
def test_whatever_is_changed_breaks_the_chain(old, new, why):
    letter = chain_of(3)
    assert old in letter
    found = checked(letter.replace(old, new, 1) if b"cv=none" not in old else letter.replace(old, new), zone_of(3))
    assert (found.result, found.why, found.sealers) == ("fail", why, ())


def test_a_name_server_that_fails_breaks_it_for_good():
    """RFC 8617 §5.2.1."""
    zone = zone_of(2) | {("s._domainkey.hop1.test", "TXT"): SERVFAIL}
    assert checked(chain_of(2), zone).result == "fail"


def test_each_key_is_asked_for_once():
    """Its seal and its signature share it."""
    header, bodies = ours(chain_of(3))
    asking, asked = validate(header, bodies, NOW_S), []
    try:
        question = next(asking)
        while True:
            asked.append(question.name)
            question = asking.send(answer_in(zone_of(3), question))
    except StopIteration:
        assert asked == [f"s._domainkey.hop{number}.test" for number in (3, 2, 1)]


def test_a_chain_that_is_broken_is_sealed_once_more_and_then_left_alone():
    """RFC 8617 §5.1.2: the seal that says so covers its own set only; nobody seals behind it (§5.1, step 2)."""
    broken = chain_of(2).replace(BODY, b"!")
    said = hop(broken, 3, chain="fail")
    assert len(said) > len(broken)
    assert checked(said, zone_of(3)).why == "the last hop found the chain broken"
    assert hop(said, 4, chain="fail") == said


def test_no_set_is_added_to_what_is_no_chain_or_is_full():
    lacking = chain_of(2).replace(b"ARC-Seal: i=2", b"X-Seal: i=2")
    assert hop(lacking, 3, chain="fail") == lacking
    full = chain_of(50)
    assert hop(full, 51, chain="pass") == full


def test_dkimpy_finds_our_chain_whole(monkeypatch):
    dkim = pytest.importorskip("dkim", reason="dkimpy is not installed")
    monkeypatch.setattr(dkim, "time", SimpleNamespace(time=lambda: NOW_S))
    zone = zone_of(3)

    def dnsfunc(name, timeout=5):
        return zone[name.decode().rstrip("."), "TXT"][0].encode()

    assert dkim.ARC(chain_of(3)).verify(dnsfunc=dnsfunc)[0] == b"pass"


def test_signed_letters_may_be_sealed_by_an_ed25519_key_too():
    key = keys("hop.test")[1]
    letter = signed()
    made = seal(parse_header(letter), body_digest(BODY), key, NOW_S, b"hop.test; dkim=pass", "none")
    assert checked(made + letter, zone(key)).result == "pass"
    assert letter.endswith(LETTER)
