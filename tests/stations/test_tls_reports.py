"""What encryption came to is counted for each domain, and told to those that ask for it (RFC 8460)."""

import gzip
import json
from email import message_from_bytes, policy

import pytest

from kit.sending import DAY, START_US, FakeMx, ZoneResolver, run, sending
from kit.web import FakeWeb, page, served_by, trusting
from pyeonji.net.http import Fetcher
from pyeonji.proto.dns import SERVFAIL, answer_from
from pyeonji.relay.trust.report import places_of
from pyeonji.relay.trust.reporter import TRIED_DAYS, Reporter
from pyeonji.store import tlsrpt
from stations.test_relay_trust import DOMAIN, HOST, PROMISES, roots, server

RECORD = ("_smtp._tls.one.example", "TXT")
TODAY = START_US // (DAY * 1_000_000)

PLACES = [
    ("v=TLSRPTv1; rua=mailto:tls@one.example", ["tls@one.example"], []),
    ("v=TLSRPTv1;rua=https://one.example/tls", [], ["https://one.example/tls"]),
    ("v=TLSRPTv1; rua=mailto:a@one.example, https://one.example/x", ["a@one.example"], ["https://one.example/x"]),
    ("v=TLSRPTv1; rua=mailto:nobody, mailto:a@one.example!10m", [], []),
    ("v=TLSRPTv1; rua=http://one.example/x", [], []),
    ("v=TLSRPTv1; rua=file:///etc/passwd", [], []),
    ("v=TLSRPTv1;", [], []),
    ("v=TLSRPTv2; rua=mailto:a@one.example", [], []),
]


@pytest.mark.parametrize(("record", "addresses", "urls"), PLACES)
def test_a_record_says_where_reports_go(record, addresses, urls):
    found = answer_from({RECORD: (record,)}, places_of(DOMAIN))
    assert ([str(address) for address in found.addresses], list(found.urls)) == (addresses, urls)


def test_two_records_are_as_good_as_none_and_so_is_silence():
    assert not answer_from({RECORD: (PLACES[0][0], PLACES[1][0])}, places_of(DOMAIN)).addresses
    assert not answer_from({RECORD: SERVFAIL}, places_of(DOMAIN)).addresses


async def counted(tmp_path, promise, mx, then, letters=2):
    zone, text, settings = PROMISES[promise]
    zone = dict(zone)
    async with FakeWeb(page(text), served_by("mta-sts.one.example", "one.example")) as web:

        def fetcher(resolver):
            return Fetcher(resolver, context=trusting(), route=lambda *_: ("127.0.0.1", web.port))

        async with sending(tmp_path, {HOST: mx}, zone=zone, relay=settings, roots=roots, fetcher=fetcher) as node:
            for _ in range(letters):
                node.queue(f"kim@{DOMAIN}")
                await node.manager.settle()
            await node.courier.close()
            return await then(node, zone, web, fetcher)


async def rows(node, zone, web, fetcher):
    found = node.home.engine.read_now(tlsrpt.results, TODAY, DOMAIN)
    return [(one.policy_type, one.mx, one.result, sessions) for one, sessions in found]


COUNTS = [
    ("nothing", "good", ("no-policy-found", HOST, "", 2)),
    ("nothing", "unknown", ("no-policy-found", HOST, "", 2)),
    ("nothing", "none", ("no-policy-found", HOST, "starttls-not-supported", 2)),
    ("nothing", "broken", ("no-policy-found", HOST, "validation-failure", 2)),
    ("sts enforce", "good", ("sts", HOST, "", 2)),
    ("sts enforce", "none", ("sts", HOST, "starttls-not-supported", 2)),
    ("sts enforce", "expired", ("sts", HOST, "certificate-expired", 2)),
    ("sts enforce", "wrong name", ("sts", HOST, "certificate-host-mismatch", 2)),
    ("sts testing", "unknown", ("sts", HOST, "certificate-not-trusted", 2)),
    ("sts, other host", "good", ("sts", HOST, "validation-failure", 2)),
    ("dane good", "good", ("tlsa", HOST, "", 2)),
    ("dane good", "unknown", ("tlsa", HOST, "validation-failure", 2)),
    ("dane, no answer", "good", ("tlsa", HOST, "dnssec-invalid", 2)),
]


@pytest.mark.parametrize(("promise", "kind", "row"), COUNTS)
def test_sessions_are_counted_by_policy_and_result(tmp_path, promise, kind, row):
    assert run(counted(tmp_path, promise, server(kind), rows)) == [row]


def test_a_policy_that_cannot_be_fetched_is_counted(tmp_path):
    async def go(node, zone, web, fetcher):
        return await rows(node, zone, web, fetcher)

    broken = dict(PROMISES["sts enforce"][0])
    PROMISES["sts broken"] = (broken, "<html>", {})
    try:
        found = run(counted(tmp_path, "sts broken", server("good"), go))
    finally:
        del PROMISES["sts broken"]
    assert found == [("no-policy-found", HOST, "sts-policy-invalid", 2)]


def test_nothing_is_counted_where_that_is_switched_off(tmp_path):
    zone = PROMISES["nothing"][0]

    async def go():
        async with sending(tmp_path, {HOST: FakeMx()}, zone=zone, relay={"tls_reports": False}) as node:
            node.queue(f"kim@{DOMAIN}")
            await node.manager.settle()
            await node.courier.close()
            return node.home.engine.read_now(tlsrpt.results, TODAY, DOMAIN)

    assert run(go()) == []


def told(record, promise="sts enforce", kind="expired", answer=None, days=1, today=True):
    """(what was sent, letters that wait to be sent, requests at the web server, what is left)."""

    async def then(node, zone, web, fetcher):
        if record:
            zone[RECORD] = (record,)
        zone[("one.example", "A")] = ("8.8.8.8",)
        if answer is not None:
            web.answer = answer
        resolver = ZoneResolver(zone)
        reporter = Reporter(node.door, resolver, fetcher(resolver))
        before = await reporter.send_all()  # the day is not over yet
        web.requests.clear()
        node.clock.push(days * DAY)
        sent = await reporter.send_all()
        again = await reporter.send_all()
        drafts = node.home.engine.read_now(
            lambda tx: tx.all(
                "SELECT c.octets, m.tls, r.address FROM message m JOIN content c ON c.id = m.content_id"
                " JOIN recipient r ON r.message_id = m.id WHERE m.via = 'report'"
            )
        )
        left = node.home.engine.read_now(tlsrpt.results, TODAY, DOMAIN)
        return before, sent, again, drafts, list(web.requests), len(left)

    return lambda tmp_path: run(counted(tmp_path, promise, server(kind), then))


def test_a_report_goes_by_mail_once_the_day_is_over_and_never_twice(tmp_path):
    before, sent, again, drafts, _, left = told("v=TLSRPTv1; rua=mailto:tls@one.example")(tmp_path)
    assert (before, sent, again, left) == (0, 1, 0, 0)
    ((octets, tls, address),) = drafts
    assert (tls, address) == ("optional", "tls@one.example")  # it must arrive although TLS is broken there
    letter = message_from_bytes(bytes(octets), policy=policy.default)
    assert letter.get_content_type() == "multipart/report"
    assert letter.get_param("report-type") == "tlsrpt"
    assert letter["TLS-Report-Domain"] == DOMAIN
    assert letter["TLS-Report-Submitter"] == "us.example"
    assert letter["From"] == "postmaster@us.example"
    assert str(letter["Subject"]).startswith("Report Domain: one.example Submitter: us.example Report-ID: <")
    part = list(letter.iter_parts())[1]
    assert part.get_content_type() == "application/tlsrpt+gzip"
    assert part.get_filename().startswith("us.example!one.example!1699920000!1700006399!")
    report = json.loads(gzip.decompress(part.get_content()))
    assert report["date-range"] == {"start-datetime": "2023-11-14T00:00:00Z", "end-datetime": "2023-11-14T23:59:59Z"}
    (found,) = report["policies"]
    assert found["policy"] == {
        "policy-type": "sts",
        "policy-domain": DOMAIN,
        "mx-host": [HOST],
        "policy-string": ["version: STSv1", "mode: enforce", f"mx: {HOST}", "max_age: 604800"],
    }
    assert found["summary"] == {"total-successful-session-count": 0, "total-failure-session-count": 2}
    assert found["failure-details"] == [
        {
            "result-type": "certificate-expired", "receiving-mx-hostname": HOST, "receiving-ip": "127.0.0.1",
            "failed-session-count": 2,
        }
    ]  # fmt: skip


def test_a_report_is_posted_where_a_page_takes_it(tmp_path):
    record = "v=TLSRPTv1; rua=https://one.example/tls"
    _, sent, again, drafts, requests, left = told(record, answer=page("", "201 Created"))(tmp_path)
    assert (sent, again, drafts, len(requests), left) == (1, 0, [], 1, 0)
    head, _, body = requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /tls HTTP/1.1\r\nHost: one.example")
    assert b"Content-Type: application/tlsrpt+gzip" in head
    assert json.loads(gzip.decompress(body))["organization-name"] == "us.example"


def test_a_page_that_does_not_take_it_is_tried_again_for_some_days(tmp_path):
    record = "v=TLSRPTv1; rua=https://one.example/tls"
    broken = page("", "503 Unavailable")
    assert told(record, answer=broken)(tmp_path / "1")[5] == 1
    assert told(record, answer=broken, days=TRIED_DAYS + 2)(tmp_path / "2")[5] == 0


def test_who_does_not_ask_is_told_nothing(tmp_path):
    _, sent, _, drafts, requests, left = told("")(tmp_path)
    assert (sent, drafts, requests, left) == (0, [], [], 0)
