"""The plugin as people use it: pytest in a process of its own, with the example, and with tests that fail."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kit.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parent.parent.parent
SENDS = """
import os, smtplib

def send(to, subject="hello"):
    with smtplib.SMTP(os.environ["SMTP_HOST"], int(os.environ["SMTP_PORT"])) as client:
        client.sendmail("a@board.test", [to], f"From: a@board.test\\nTo: {to}\\nSubject: {subject}\\n\\ntext")
"""


def run(*args, folder=ROOT):
    # No options of ours: this is somebody else's project.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "pyeonji_client.pytest_plugin", "-p", "no:cacheprovider"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [*command, "-c", os.devnull, f"--rootdir={folder}", *map(str, args)],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip


@pytest.fixture
def project(tmp_path):
    """Somebody's tests, from a text."""

    def make(text):
        (tmp_path / "test_it.py").write_text(SENDS + text)
        return tmp_path

    return make


def test_the_example_passes():
    found = run("examples/pytest")
    assert found.returncode == 0, found.stdout
    assert "2 passed" in found.stdout


def test_a_failure_tells_what_did_arrive_and_what_became_of_it(project):
    folder = project("""
def test_fails(pyeonji):
    send("minsu@2ban.test", "something else")
    pyeonji.wait_for(to="minsu@2ban.test")
    assert pyeonji.wait_for(to="minsu@2ban.test", subject="the reset mail", timeout=0.1)
""")
    found = run("test_it.py", folder=folder)
    assert found.returncode == 1
    assert "minsu@2ban.test: 'something else'" in found.stdout
    assert "1 letters arrived" in found.stdout and "mx.everywhere.test" in found.stdout


def test_tests_do_not_see_each_others_letters(project):
    folder = project("""
def test_first(pyeonji):
    pyeonji.rcpt("b@2ban.test").answers("550 5.1.1 no", times=5)
    send("b@2ban.test")
    assert pyeonji.outcome(to="b@2ban.test").cause == "addr.no_such_user"

def test_second(pyeonji):
    assert pyeonji.letters == []
    send("b@2ban.test")
    assert pyeonji.wait_for(to="b@2ban.test").subject == "hello"
    assert len(pyeonji.letters) == 1
""")
    found = run("test_it.py", folder=folder)
    assert "2 passed" in found.stdout, found.stdout


def test_tests_written_for_other_plugins_go_on(project):
    folder = project("""
def test_localserver(smtpserver):
    send("b@2ban.test", "x")
    smtpserver._post.wait_for(to="b@2ban.test")
    assert smtpserver.outbox[0]["Subject"] == "x"

def test_smtpdfix(smtpd):
    send("b@2ban.test", "y")
    smtpd._post.wait_for(to="b@2ban.test")
    assert (smtpd.hostname, len(smtpd.messages)) == (os.environ["SMTP_HOST"], 1)
""")
    assert "2 passed" in run("--pyeonji-compat", "test_it.py", folder=folder).stdout
    assert "fixture 'smtpd' not found" in run("test_it.py", folder=folder).stdout


def test_the_client_finds_the_lab_and_its_clock_decides(project):
    folder = project("""
from pyeonji_client import Pyeonji

def test_it(pyeonji):
    pyeonji.rcpt("b@2ban.test").answers("452 4.2.2 full", times=1)
    with Pyeonji() as mail:
        letter = mail.send(from_="shop@board.test", to="b@2ban.test", subject="주문", text="x", ref="o-1")
        pyeonji.outcome(to="b@2ban.test")
        assert letter.wait(timeout=0).pending
        pyeonji.clock.advance("20m")
        assert letter.wait(timeout=20).delivered and mail.find(ref="o-1")[0].delivered
    assert pyeonji.wait_for(to="b@2ban.test").subject == "주문"
""")
    found = run("test_it.py", folder=folder)
    assert "1 passed" in found.stdout, found.stdout


def test_django_sends_to_the_lab_while_the_fixture_is_there(project):
    folder = project("""
import pytest
from django.conf import settings
from django.core.mail import send_mail
settings.configure(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend")

def test_it(pyeonji):
    send_mail("비밀번호", "text", "a@board.test", ["minsu@2ban.test"])
    assert pyeonji.wait_for(to="minsu@2ban.test").subject == "비밀번호"
    assert settings.EMAIL_HOST == pyeonji.smtp.host
""")
    found = run("test_it.py", folder=folder)
    assert "1 passed" in found.stdout, found.stdout
