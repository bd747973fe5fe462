"""A real server reads the reports of others in a process of its own, and knows afterwards what they say."""

import json
import smtplib
import subprocess

import pytest

from kit.aggregate import letter, packed, row, xml
from kit.server import BIN, HOST, KIM, Server, until

pytestmark = pytest.mark.system


def test_a_report_that_comes_in_is_read(tmp_path):
    server = Server(tmp_path / "d", (KIM,))
    server.start()
    try:
        octets = letter(packed(xml(row(letters=5))))
        with smtplib.SMTP(HOST, server.port("smtp")) as client:
            assert client.sendmail("dmarc@far.test", [KIM], octets) == {}
        words = [BIN / "pyeonji", "dmarc", "report", "here.test", "--json", "--data", tmp_path / "d"]
        until(lambda: '"letters"' in subprocess.run(words, capture_output=True, text=True).stdout)
        told = json.loads(subprocess.run(words, capture_output=True, text=True).stdout)
    finally:
        server.stop()
    assert [one["letters"] for one in told] == [5]
