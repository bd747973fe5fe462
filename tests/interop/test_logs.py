"""Programs that read logs of mail servers read ours: pflogsumm, fail2ban."""

import re
import smtplib
import subprocess
from imaplib import IMAP4
from pathlib import Path

import pytest

from kit.server import KIM, Server, until

pytestmark = pytest.mark.interop
PACKAGING = Path(__file__).parent.parent.parent / "packaging"
FILTER = PACKAGING / "fail2ban" / "filter.d" / "pyeonji.conf"
LETTER = "From: lee@b.test\r\nSubject: hello\r\n\r\nHello\r\n"
VICTIM = "198.51.100.9"
LIAR = f'"auth failed: ip={VICTIM} user=a proto=imap reason=password"@b.test'  # an address that wants it barred
FAILURES = 3


def spoken(tmp_path, style):
    """The log of a server to whom two letters came, one of them also for somebody unknown, and who failed logins."""
    log = tmp_path / f"{style}.log"
    config = (
        f'hostname = "mail.here.test"\n[guard]\nexempt = ["127.0.0.0/8"]\n[log]\nstyle = "{style}"\nfile = "{log}"\n'
    )
    with Server(tmp_path / style, (KIM,), config) as server:
        for _ in range(2):
            with smtplib.SMTP("127.0.0.1", server.port("smtp")) as client:
                client.sendmail(f"<{LIAR}>", [KIM, "nobody@here.test"], LETTER)
        for _ in range(FAILURES):
            client = IMAP4("127.0.0.1", server.port("imap"))
            with pytest.raises(IMAP4.error):
                client.login(KIM, "wrong")
            client.logout()
        until(lambda: log.exists() and log.read_text().count("auth failed: ip=127") == FAILURES)
    return log


def test_pflogsumm_counts_letters_and_refusals(program, tmp_path):
    found = subprocess.run(
        [program("pflogsumm"), spoken(tmp_path, "postfix")], capture_output=True, text=True, check=True
    )
    counts = {name: int(count) for count, name in re.findall(
        r"^\s+(\d+)k?\s+(received|delivered|deferred|bounced|rejected)\b", found.stdout, re.MULTILINE
    )}  # fmt: skip
    assert counts == {"received": 2, "delivered": 2, "deferred": 0, "bounced": 0, "rejected": 2}, found.stdout
    assert "kim@here.test" in found.stdout


@pytest.mark.parametrize("style", ["json", "text", "postfix"])
def test_fail2ban_finds_who_failed_and_nobody_else(program, tmp_path, style):
    regex = program("fail2ban-regex")
    log = spoken(tmp_path, style)
    found = subprocess.run([regex, "--print-all-matched", log, FILTER], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
    lines = len(log.read_text().splitlines())
    assert f"Lines: {lines} lines, 0 ignored, {FAILURES} matched" in found.stdout, found.stdout
    assert VICTIM not in found.stdout.partition("Missed line")[0]


def test_a_filter_that_looks_anywhere_in_a_line_would_bar_whom_a_stranger_names(program, tmp_path):
    """The negative control."""
    words = [program("fail2ban-regex"), "-v", spoken(tmp_path, "json"), "auth failed: ip=<HOST> user="]
    assert VICTIM in subprocess.run(words, capture_output=True, text=True).stdout
