"""The metrics of a real server: several workers added up, and kill -9 of any process takes nothing along."""

import os
import signal
import smtplib
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from kit.patience import PATIENCE_S
from kit.server import KIM, Server, until

pytestmark = pytest.mark.system
LETTERS = 12


def scraped(server):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port('http')}/metrics", timeout=PATIENCE_S) as answer:
        text = answer.read().decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def deliver(server, count):
    for _ in range(count):  # each on a connection of its own: the kernel spreads them over the workers
        with smtplib.SMTP("127.0.0.1", server.port("smtp")) as client:
            client.sendmail("lee@b.test", [KIM], "From: lee@b.test\r\nSubject: hi\r\n\r\nHello\r\n")


def taken(server):
    return scraped(server).get(("pyeonji_messages_accepted_total", "smtp"), 0)


def test_every_letter_is_counted_once_whoever_dies(tmp_path):
    with Server(tmp_path / "data", (KIM,)) as server:
        deliver(server, LETTERS)
        until(lambda: taken(server) == LETTERS)
        for pids in (server.workers, server.indexers, server.writers):
            os.kill(next(iter(pids())), signal.SIGKILL)
        deliver(server, LETTERS)
        until(lambda: taken(server) == 2 * LETTERS)
        before = server.workers() | server.indexers()
        os.kill(server.process.pid, signal.SIGHUP)  # all workers are replaced, and so is who counts
        until(lambda: server.workers() and not before & (server.workers() | server.indexers()))
        deliver(server, LETTERS)
        until(lambda: taken(server) == 3 * LETTERS)
        assert server.stop() == 0
        server.start()
        assert taken(server) == 3 * LETTERS
        found = scraped(server)
        assert found["pyeonji_smtp_commands_total", "content", "250"] == 3 * LETTERS
        assert found["pyeonji_fsync_duration_seconds_count",] > 0
        until(lambda: scraped(server)["pyeonji_events_behind",] == 0)
