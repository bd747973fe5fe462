"""How strangers' letters fared is counted here and told once a day to the domains that ask (RFC 9990)."""

import gzip
from email import message_from_bytes, policy

import pytest

from kit.sending import DAY, START_US, ZoneResolver, run, sending
from pyeonji.address import parse_address
from pyeonji.filters import judging
from pyeonji.filters.authenticate import Authenticate
from pyeonji.filters.judging import Judging
from pyeonji.filters.pipeline import Offered
from pyeonji.filters.trust import TrustSettings
from pyeonji.message.header import parse_header
from pyeonji.message.packed import packed_reports
from pyeonji.msgauth.dmarc.report import parse_aggregate
from pyeonji.proto.dns import SERVFAIL
from pyeonji.store import directory, dmarc, judged
from pyeonji.submission.judged_reports import SPREAD_US, TRIED_DAYS, JudgedReports, due_us

GOOD, BAD = "192.0.2.1", "192.0.2.66"
RECORD = "v=DMARC1; p=reject; rua=mailto:reports@good.test"
ZONE = {
    ("good.test", "TXT"): (f"v=spf1 ip4:{GOOD} -all",), ("_dmarc.good.test", "TXT"): (RECORD,),
    ("mild.test", "TXT"): (f"v=spf1 ip4:{GOOD} -all",), ("_dmarc.mild.test", "TXT"): ("v=DMARC1; p=none",),
}  # fmt: skip
TODAY = START_US // (DAY * 1_000_000)


class Here:
    """A server that gets letters of strangers, and reports on them."""

    def __init__(self, node, zone, *, active=True):
        self.node = node
        self.zone = {**ZONE, **zone}
        self.judging = Judging(node.home, node.clock, active=active)
        self.filter = Authenticate(TrustSettings(), ZoneResolver(self.zone), node.clock, "mx.us.example", self.judging)
        self.reports = JudgedReports(node.door, ZoneResolver(self.zone), active=active)

    async def gets(self, octets, ip=GOOD, path="kim@good.test"):
        letter = Offered(
            ip=ip, hello="mx.good.test", reverse_path=parse_address(path), forward_paths=(),
            header=parse_header(octets), size=len(octets), read=lambda start, size: octets[start : start + size],
        )  # fmt: skip
        return (await self.filter.look(letter)).action

    async def next_day(self):
        await self.judging.flush()
        self.node.clock.push(DAY + SPREAD_US // 1_000_000)
        return await self.reports.send_all()

    def written(self):
        """(octets, recipients) of each report that was sent."""
        rows = self.node.home.engine.read_now(
            lambda tx: tx.all(
                "SELECT c.octets, m.reverse_path, r.address, r.notify FROM message m JOIN content c"
                " ON c.id = m.content_id JOIN recipient r ON r.message_id = m.id WHERE m.via = 'report' ORDER BY r.n"
            )
        )
        return [(bytes(row[0]), *row[1:]) for row in rows]


def with_server(tmp_path, scenario, zone=None, **how):
    async def go():
        async with sending(tmp_path, {}, zone={("x.example", "A"): ()}) as node:
            return await scenario(Here(node, zone or {}, **how))

    return run(go())


def letter(author="kim@good.test", subject="x"):
    return f"From: {author}\r\nTo: lee@us.example\r\nSubject: {subject}\r\n\r\nHello\r\n".encode()


def test_once_a_day_the_owner_learns_how_letters_in_his_name_fared(tmp_path):
    async def scenario(here):
        actions = [await here.gets(letter()) for _ in range(3)]
        actions.append(await here.gets(letter(), BAD))
        actions.append(await here.gets(letter("kim@mild.test"), path="kim@mild.test"))  # asks for nothing
        await here.judging.flush()
        early = await here.reports.send_all()
        sent = await here.next_day()
        again = await here.reports.send_all()
        left = here.node.home.engine.read_now(judged.rows, TODAY, "good.test")
        return actions, (early, sent, again), left, here.written()

    actions, counts, left, drafts = with_server(tmp_path, scenario)
    assert actions == ["accept"] * 3 + ["refuse", "accept"]
    assert (counts, left) == ((0, 1, 0), [])
    ((octets, path, address, notify),) = drafts
    assert (path, address, notify) == ("", "reports@good.test", "NEVER")  # never bounced
    found = message_from_bytes(octets, policy=policy.default)
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["From"] == "postmaster@us.example"
    assert str(found["Subject"]).startswith("Report Domain: good.test Submitter: us.example Report-ID: <")
    assert found["Message-ID"] in str(found["Subject"])
    attached = list(found.iter_attachments())
    begins = TODAY * DAY
    assert [one.get_content_type() for one in attached] == ["application/gzip"]
    assert attached[0].get_filename().startswith(f"us.example!good.test!{begins}!{begins + DAY - 1}!")
    assert gzip.decompress(attached[0].get_content()).startswith(b"<?xml")
    (unpacked,) = packed_reports(octets)  # as our own intake reads it
    report = parse_aggregate(unpacked)
    told = {(row.ip, row.letters, row.disposition, row.dkim, row.spf, row.sent) for row in report.rows}
    assert told == {
        (GOOD, 3, "none", "fail", "pass", "good.test=pass"), (BAD, 1, "reject", "fail", "fail", "good.test=fail")
    }  # fmt: skip


def test_what_was_seen_of_a_domain_here_stands_among_what_others_saw(tmp_path):
    async def scenario(here):
        here.node.home.engine.write_now(directory.add_domain, "good.test", START_US)
        await here.gets(letter(), BAD)
        await here.next_day()
        return here.node.home.engine.read_now(dmarc.domains, 0)

    (found,) = with_server(tmp_path, scenario)
    assert (found.of, found.letters, found.passed, found.stopped) == ("good.test", 1, 0, 1)


@pytest.mark.parametrize(
    ("record", "zone", "sent"),
    [
        (RECORD, {}, 1),
        (RECORD.replace("good.test", "victim.test"), {}, 0),
        (RECORD.replace("good.test", "far.test"), {("good.test._report._dmarc.far.test", "TXT"): ("v=DMARC1",)}, 1),
        (RECORD + "!10m", {}, 1),
        (RECORD + "!100", {}, 0),
    ],
)
def test_nobody_is_written_to_who_does_not_want_it(tmp_path, record, zone, sent):
    async def scenario(here):
        await here.gets(letter())
        count = await here.next_day()
        return count, here.node.home.engine.read_now(judged.waiting, TODAY + 9)

    assert with_server(tmp_path, scenario, {("_dmarc.good.test", "TXT"): (record,), **zone}) == (sent, [])


def test_who_switches_it_off_counts_and_tells_nothing(tmp_path):
    async def scenario(here):
        await here.gets(letter())
        return await here.next_day(), here.node.home.engine.read_now(judged.waiting, TODAY + 9)

    assert with_server(tmp_path, scenario, active=False) == (0, [])


def test_a_destination_whose_dns_is_silent_is_asked_again_for_some_days(tmp_path):
    silent = {("good.test._report._dmarc.far.test", "TXT"): SERVFAIL,
              ("_dmarc.good.test", "TXT"): (RECORD.replace("good.test", "far.test"),)}  # fmt: skip

    async def scenario(here):
        await here.gets(letter())
        found = [await here.next_day()]
        here.zone["good.test._report._dmarc.far.test", "TXT"] = ("v=DMARC1",)
        found.append(await here.reports.send_all())  # not at once: it holds up nobody
        found.append(await here.next_day())
        return found

    async def forever(here):
        await here.gets(letter())
        for _ in range(TRIED_DAYS + 2):
            await here.next_day()
        return here.node.home.engine.read_now(judged.waiting, TODAY + 99)

    assert with_server(tmp_path / "1", scenario, silent) == [0, 0, 1]
    assert with_server(tmp_path / "2", forever, silent) == []


def reporting_to_each_other(tmp_path, days=4):
    """How many reports a server writes when all it gets is the answer to its last one."""

    async def scenario(here):
        await here.gets(letter())
        counts = []
        for _ in range(days):
            counts.append(await here.next_day())
            if counts[-1]:
                await here.gets(letter("postmaster@good.test", "Report Domain: us.example Submitter: good.test"))
        return counts

    return with_server(tmp_path, scenario)


def test_a_report_is_not_reported_on(tmp_path):
    assert reporting_to_each_other(tmp_path) == [1, 0, 0, 0]


def test_without_the_guard_two_servers_would_report_to_each_other_for_ever(tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(judging, "says_report", lambda header: False)
    assert reporting_to_each_other(tmp_path) == [1, 1, 1, 1]


def test_who_only_calls_his_forgery_a_report_is_told_of(tmp_path):
    async def scenario(here):
        await here.gets(letter(subject="Report Domain: x"), BAD)
        return await here.next_day()

    assert with_server(tmp_path, scenario) == 1


def test_a_flood_of_kinds_is_held_to_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(judging, "MAX_COUNTED", 5)

    async def scenario(here):
        for n in range(20):
            await here.gets(letter(), f"192.0.2.{n}")
        await here.judging.flush()
        return len(here.node.home.engine.read_now(judged.rows, TODAY, "good.test"))

    assert with_server(tmp_path, scenario) == 5


def test_the_hour_of_a_report_is_its_own():
    hours = {due_us(20_000, f"d{n}.test", "mx.test") // 3_600_000_000 - 20_001 * 24 for n in range(100)}
    assert hours == {0, 1, 2, 3, 4, 5}
    assert due_us(20_000, "d.test", "mx.test") == due_us(20_000, "d.test", "mx.test")
