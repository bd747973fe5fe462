"""What stands in docs/api.md, docs/client.md and the README to be typed is typed here, at a real server.

A block that is neither tried nor named below with a reason is a failure: nothing in them rots unseen.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from kit.patience import PATIENCE_S
from kit.server import BIN, HOST, Server

pytestmark = pytest.mark.system
ROOT = Path(__file__).resolve().parents[2]
DOCS = ("docs/api.md", "docs/client.md", "README.md")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
WRITER, READER, SHOP = "noreply@board.example", "minsu@school.example", "shop@example.org"
NUMBER, CODE = "K7M32QXD9TAB", "9QWE-RTY2-3ABC"  # as the pages write them
CURL = "fail-with-body\nsilent\nmax-time = 60\nshow-error\n"
# Lines that are not run here, by how they begin, and why.
NOT_HERE = {
    "make": "it builds what runs this test",
    ".venv/bin/pyeonji serve": "the server of this test is one",
    ".venv/bin/pyeonji lab": "tests/lab tries the lab and its commands",
    ".venv/bin/pyeonji explain spf": "it asks the DNS of the world",
    "sudo pyeonji setup": "tests/system/test_setup.py does it, in networks of its own",
    "pyeonji dns watch": "it waits for the DNS of the world",
    "sudo systemctl": "tests/system/test_setup.py and test_activation.py",
    "pyeonji check": "it asks the DNS of the world",
    "pyeonji top": "tests/cli/test_watching.py",
    "pyeonji backup": "tests/system/test_backup.py",
}


ANSWERS = {"search": (0, 1), "undelete": (0, 1)}  # that nothing is found is an answer


def blocks(doc):
    """(language, text) of each."""
    return [(match[1], match[2]) for match in BLOCK.finditer((ROOT / doc).read_text("utf-8"))]


def block(doc, language, word):
    (found,) = [text for kind, text in blocks(doc) if kind == language and word in text]
    return found


def compact(number):
    return number.replace("-", "")


# ── docs/api.md ──


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("docs") / "data", (WRITER, READER, SHOP)) as running:
        yield running


@pytest.fixture(scope="module")
def shell(server, tmp_path_factory):
    """Runs what a page says with $API and with $KEY of the app that the page makes; numbers become this server's."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    folder = tmp_path_factory.mktemp("here")
    (folder / ".curlrc").write_text(CURL)
    (folder / "표.csv").write_text("이름,나이\n", "utf-8")
    letter = f"From: {WRITER}\r\nTo: {READER}\r\nSubject: hi\r\n\r\nhello\r\n"
    (folder / "letter.eml").write_bytes(letter.encode())
    add, export = block("docs/api.md", "sh", "pyeonji app add").strip().splitlines()
    assert re.fullmatch(r"export KEY=pj_live_… API=https://\S+/api/v1 +#.*", export)
    made = server.run(*shlex.split(add, comments=True)[1:])
    assert made.returncode == 0, made.stderr
    environment = {
        **os.environ, "HOME": str(folder), "CURL_HOME": str(folder), "LANG": "C.UTF-8",
        "KEY": re.search(rb"pj_live_\S+", made.stdout)[0].decode(),
        "API": f"http://{HOST}:{server.port('http')}/api/v1",
    }  # fmt: skip
    known = {}

    def run(text):
        for old, new in known.items():
            text = text.replace(old, new)
        ended = subprocess.run(
            ["sh", "-e", "-c", text], cwd=folder, env=environment, capture_output=True, timeout=PATIENCE_S, check=False
        )
        assert ended.returncode == 0, (text, ended.stdout.decode(), ended.stderr.decode())
        return ended.stdout.decode()

    first = json.loads(run(block("docs/api.md", "sh", "Idempotency-Key")))
    known[NUMBER], known["K7M3-2QXD-9TAB"] = first["id"], first["display_id"]
    support = json.loads(run(block("docs/api.md", "sh", "support-codes").splitlines()[0]))
    known[CODE] = support["display_code"]
    run.first = first
    return run


def test_the_answer_that_is_shown_has_the_fields_of_a_real_one(shell):
    shown = block("docs/api.md", "http", "202 Accepted")
    names = set(re.findall(r'"(\w+)":', shown))
    real = set(shell.first) | set(shell.first["recipients"][0])
    assert names <= real and len(names) > 8
    assert shell.first["ref"] == "reset-91827"


CURLS = [text for kind, text in blocks("docs/api.md") if kind == "sh" and "curl" in text]


@pytest.mark.parametrize("text", CURLS, ids=range(len(CURLS)))
def test_what_the_page_of_the_api_says_works(shell, text):
    said = shell(text)
    assert said
    if "/journey/stream" in text:
        assert "event: final" in said
    if "wait=final" in text:
        assert '"status":"final"' in said


def test_a_block_that_is_wrong_is_noticed(shell):
    """The negative control."""
    with pytest.raises(AssertionError):
        shell('curl -s $API/massages -H "Authorization: Bearer $KEY"')


def test_the_mistake_that_is_shown_is_a_real_one(shell):
    shown = json.loads(block("docs/api.md", "json", "from_domain_not_yours"))
    asked = (
        'curl -s --no-fail $API/messages -H "Authorization: Bearer $KEY" -H "Accept-Language: ko" -H "Content-Type:'
        """ application/json" -d '{"from": "admin@bord.example", "to": "minsu@school.example", "text": "x"}'"""
    )
    real = json.loads(shell(asked.replace("--no-fail", "--no-fail-with-body")))
    assert {name: real[name] for name in ("type", "status", "code", "title", "near", "en")} == {
        name: shown[name] for name in ("type", "status", "code", "title", "near", "en")
    }
    assert real.keys() == shown.keys()
    assert real["detail"] == shown["detail"]


# ── docs/client.md ──


def key_of(server, app):
    made = server.run("app", "add", app, "--account", SHOP, "--json")
    assert made.returncode == 0, made.stderr
    return re.search(rb"pj_live_[\w-]+", made.stdout)[0].decode()


@pytest.fixture(scope="module")
def shop(server):
    return f"http://{HOST}:{server.port('http')}", key_of(server, "shop")


def test_the_client_is_used_as_its_page_says(shop, capsys):
    url, key = shop
    text = block("docs/client.md", "python", "from pyeonji_client import Pyeonji")
    text = text.replace('"https://mail.example.org"', repr(url)).replace('"pj_live_…"', repr(key))
    found = {}
    exec(compile(text, "docs/client.md", "exec"), found)
    assert (found["outcome"].delivered, found["outcome"].certainty) == (True, "in_mailbox")
    assert found["letter"].journey_url in capsys.readouterr().out
    found["mail"].close()


DJANGO = """
import os, sys
import django
from django.conf import settings
from django.urls import include, path

env = os.environ.__getitem__
urlpatterns = []
here = {"path": path, "include": include, "env": env}
text = sys.stdin.read().replace("[..., ", "[")
settings_, urls = text.rsplit("urlpatterns", 1)
exec(settings_, here)
here["PYEONJI"]["url"] = env("URL")
settings.configure(
    ROOT_URLCONF=__name__, SECRET_KEY="x", ALLOWED_HOSTS=["*"],
    **{name: here[name] for name in ("INSTALLED_APPS", "EMAIL_BACKEND", "PYEONJI")},
)
django.setup()
exec("urlpatterns" + urls, here)
urlpatterns = here["urlpatterns"]

from django.core.mail import EmailMessage
from django.template import engines, Template, Context
from django.test import Client

message = EmailMessage("hi", "text", "shop@example.org", ["minsu@school.example"], headers={"X-Pyeonji-Ref": "order-1"})
assert message.send() == 1
assert message.pyeonji.wait(timeout=30).delivered and message.pyeonji.journey_url
assert Client().post("/hooks/mail/", b"{}", content_type="application/json").status_code == 400  # nobody signed it
print(django.get_version())
"""


def test_django_is_set_up_as_the_page_says(shop):
    url, key = shop
    ended = subprocess.run(
        [sys.executable, "-c", DJANGO], input=block("docs/client.md", "python", "INSTALLED_APPS"), text=True,
        capture_output=True, timeout=PATIENCE_S, check=False,
        env={**os.environ, "URL": url, "PYEONJI_KEY": key, "HOOK": "whsec_" + "A" * 32},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr


PYTEST = '''
import os, smtplib
import pytest
from email.message import EmailMessage

@pytest.fixture
def client():
    """An application that sends the link it is asked for."""
    class App:
        def post(self, path, form):
            letter = EmailMessage()
            letter["From"], letter["To"], letter["Subject"] = "a@board.test", form["email"], "비밀번호"
            letter.set_content("https://board.test/r/1")
            with smtplib.SMTP(os.environ["SMTP_HOST"], int(os.environ["SMTP_PORT"])) as smtp:
                smtp.send_message(letter)
    return App()

'''


def test_pytest_is_used_as_the_page_says(tmp_path):
    (tmp_path / "test_it.py").write_text(PYTEST + block("docs/client.md", "python", "def test_the_reset_mail"), "utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ended = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-p", "pyeonji_client.pytest_plugin", "-p", "no:cacheprovider",
            "-c", os.devnull, f"--rootdir={tmp_path}", "test_it.py",
        ],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert (ended.returncode, "1 passed" in ended.stdout) == (0, True), ended.stdout


def test_the_versions_that_the_page_names_are_those_that_were_tried():
    page = (ROOT / "docs/client.md").read_text("utf-8")
    names = ("httpx", "Django", "Flask")
    tried = re.search(f"Tried by our tests: {', '.join(rf'{name} ([0-9]+[.][0-9]+)' for name in names)}", page).groups()
    assert tried == tuple(".".join(version(name).split(".")[:2]) for name in names)
    wanted = (ROOT / "packaging/client/pyproject.toml").read_text("utf-8")
    (least,) = re.findall(r"Asked for: Python (\S+), httpx (\S+), Django (\S+), Flask (\S+), pytest (\S+)\.", page)
    for said, pattern in zip(
        least, ('requires-python = ">={}"', '"httpx>={},', '"django>={}"', '"flask>={}"', '"pytest>={}"'), strict=True
    ):
        assert pattern.format(said) in wanted


# ── README.md ──


def lines_of_readme():
    return [
        line for kind, text in blocks("README.md") if kind in ("sh", "") for line in text.splitlines() if line.strip()
    ]


def test_the_readme_is_typed_from_top_to_bottom(tmp_path):
    (tmp_path / "old-mail.mbox").write_bytes(
        b"From lee@b.test Mon Nov 23 10:00:00 2026\nFrom: lee@b.test\nTo: kim@example.org\nSubject: old\n\nx\n"
    )
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(BIN)
    typed, known = 0, {}
    with Server(tmp_path / "data") as server:
        environment = {**os.environ, "PYEONJI_DATA": str(server.data), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        for line in lines_of_readme():
            if any(line.startswith(words) for words in NOT_HERE):
                continue
            for old, new in known.items():
                line = line.replace(old, new)
            ended = subprocess.run(
                ["sh", "-e", "-c", line], cwd=tmp_path, env=environment, capture_output=True, timeout=PATIENCE_S,
                check=False,
            )  # fmt: skip
            said = ended.stdout.decode() + ended.stderr.decode()
            assert ended.returncode in (ANSWERS.get(line.split()[1], (0,)) if " " in line else (0,)), (line, said)
            if "pyeonji send " in line:
                known["K7M3-2QXD-9TAB"] = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", said)[0]
            typed += 1
    assert typed >= 9


def test_what_is_not_run_here_is_there_all_the_same():
    """Its command has a help page, and a reason stands for nothing that is gone."""
    lines = lines_of_readme()
    for words in NOT_HERE:
        assert any(line.startswith(words) for line in lines), words
    typed = [shlex.split(line, comments=True) for line in lines]
    commands = {words[words.index("pyeonji") + 1] for words in typed if "pyeonji" in words[:2]}
    for command in sorted(commands):
        ended = subprocess.run([BIN / "pyeonji", command, "--help"], capture_output=True, check=False)
        assert ended.returncode == 0, command


def test_every_block_is_tried_or_has_a_reason():
    tried = {"docs/api.md": ("sh", "http", "json"), "docs/client.md": ("python",), "README.md": ("sh", "")}
    for doc in DOCS:
        assert {kind for kind, _ in blocks(doc)} <= set(tried[doc]), doc
    assert len([1 for kind, _ in blocks("docs/client.md") if kind == "python"]) == 3
    assert len([1 for kind, _ in blocks("docs/api.md") if kind in ("http", "json")]) == 2
