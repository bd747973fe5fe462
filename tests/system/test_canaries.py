"""One server, two tenants, and a word of its own in everything that is not for everybody: who can get which of them?

All that there is to ask is asked as each person and with each key: pages in every form, searches, the API, a public
link, the metrics, the log, the mailbox.  Slow because servers are started and some thousand questions are asked.
"""

import http.client
import imaplib
import json
import re
import smtplib
import sqlite3
import urllib.parse
from html import unescape

import pytest

from kit.patience import PATIENCE_S
from kit.server import HOST, PASSWORD, Server, until
from pyeonji.journey.receipt import compact

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]
KIM, LEE, EVE, BOSS = "kim@here.test", "lee@here.test", "canary-bcc-eve@here.test", "boss@here.test"
ZOE, YU = "canary-zoe@there.test", "canary-yu@there.test"
FAR = "canary-bcc-far@simulator.test"
BCC = ("canary-bcc-eve", "canary-bcc-far")
SUBJECT, BODY, HEADER, META, REF = "CANARY-subject", "CANARY-body", "CANARY-header", "CANARY-meta", "CANARY-ref"
CONTENT = (BODY, HEADER)
OF_ZOE = ("OTHER-subject", "OTHER-body", "OTHER-ref", "canary-zoe", "canary-yu")
FORMS = ("", ".json", ".txt", ".txt?level=raw", "?level=plain", "?level=tech", "?level=raw", "?lang=ko", "?r=2",
         f"?as={EVE}")  # fmt: skip
ADMIN = ("/admin/", "/admin/queue", "/admin/queue?domain=simulator.test", "/admin/refused", "/admin/unexplained",
         "/admin/attempts")  # fmt: skip
SOUGHT = (
    EVE,
    FAR,
    "canary-bcc",
    SUBJECT,
    BODY,
    META,
    REF,
    ZOE,
    "OTHER-subject",
    "OTHER-ref",
    "simulator.test",
    "board",
)
OPERATIONS = ("/messages", f"/messages?to={EVE}", f"/messages?to={ZOE}", f"/messages?ref={REF}", "/events", "/webhooks",
              "/suppressions", "/inbound-routes", "/domains", "/accounts", "/apps", "/keys", "/aliases")  # fmt: skip
OF_LETTER = ("", "/journey", "/raw", "/parts/1", "/recipients/1", "/recipients/2", "/recipients/3")


class World:
    """A server in which letters were sent; `asked` is everything that somebody can get."""

    def __init__(self, server):
        self.server = server
        assert server.run("account", "admin", BOSS, "on").returncode == 0
        self.keys = {"board": self.made("app", "add", "board", "--account", KIM)["key"]}
        self.keys["shop"] = self.made("app", "add", "shop", "--account", ZOE)["key"]
        self.keys["read"] = self.made("app", "keys", "board", "--add", "--scopes", "read")["key"]
        self.keys["admin"] = self.made("app", "keys", "board", "--add", "--scopes", "admin")["key"]
        for to in (LEE, "alumni@simulator.test"):
            assert server.run("alias", "add", "team@here.test", to).returncode == 0
        fields = f'X-Pyeonji-Ref: {REF}\r\nX-Pyeonji-Metadata: {{"user": "{META}"}}\r\nX-Other: {HEADER}\r\n'
        self.send(KIM, self.keys["board"], [LEE, EVE, FAR], SUBJECT, BODY, fields)
        self.send(KIM, PASSWORD, ["team@here.test", EVE, "bounce-later@simulator.test"], SUBJECT, BODY)
        self.send(KIM, PASSWORD, ["nosuchuser@simulator.test", EVE], SUBJECT, BODY)
        self.send(ZOE, self.keys["shop"], [YU], "OTHER-subject", "OTHER-body", "X-Pyeonji-Ref: OTHER-ref\r\n")
        until(lambda: len(self.letters()) >= 5)  # a bounce is one, too
        self.numbers = self.letters()

    def made(self, *words):
        done = self.server.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def send(self, who, password, to, subject, body, fields=""):
        octets = (
            f"From: {who}\r\nTo: {to[0]}\r\nBcc: {', '.join(to[1:])}\r\nSubject: {subject}\r\n{fields}\r\n{body}\r\n"
        )
        with smtplib.SMTP(HOST, self.server.port("submission")) as client:
            client.login(who, password)
            client.sendmail(who, to, octets)

    def letters(self):
        store = sqlite3.connect(self.server.data / "mail.db")
        try:
            return [compact(row[0]) for row in store.execute("SELECT id FROM message ORDER BY id")]
        finally:
            store.close()

    def ask(self, method, path, body=None, **fields):
        """(status, all that was said but what only repeats the question, cookies)."""
        client = http.client.HTTPConnection(HOST, self.server.port("http"), timeout=PATIENCE_S)
        try:
            client.request(method, path, body, {name.replace("_", "-"): value for name, value in fields.items()})
            answer = client.getresponse()
            text = unescape(answer.read().decode("utf-8", "replace"))
            text += "".join(f"\n{name}: {value}" for name, value in answer.getheaders())
            cookies = re.findall(r"\nset-cookie: ([^=;]+)=([^;]*)", text, re.IGNORECASE)
        finally:
            client.close()
        for _, said in urllib.parse.parse_qsl(urllib.parse.urlsplit(path).query):
            for form in (said, urllib.parse.quote(said), urllib.parse.quote_plus(said)):
                text = text.replace(form, "")
        return answer.status, text, cookies

    def pages(self, who):
        """Everything that somebody can get in a browser."""
        _, page, before = self.ask("GET", "/signin")
        token = re.search(r'name="token" value="([^"]*)"', page)[1]
        form = urllib.parse.urlencode({"token": token, "login": who, "password": PASSWORD, "next": "/"})
        kind = "application/x-www-form-urlencoded"
        cookies = "; ".join("=".join(pair) for pair in before)
        status, _, mine = self.ask("POST", "/signin", form, Cookie=cookies, Content_Type=kind)
        assert status == 303
        cookies = "; ".join("=".join(pair) for pair in mine)
        paths = ["/", "/account", *ADMIN, *(f"/?q={urllib.parse.quote(word)}" for word in (*SOUGHT, *self.numbers))]
        paths += [f"/j/{number}{form}" for number in self.numbers for form in FORMS]
        return {path: self.ask("GET", path, Cookie=cookies)[1] for path in paths}

    def answers(self, key):
        """Everything that an app can get."""
        paths = [*OPERATIONS, *(f"/messages/{number}{part}" for number in self.numbers for part in OF_LETTER)]
        fields = {"Authorization": f"Bearer {self.keys[key]}"}
        found = {path: self.ask("GET", f"/api/v1{path}", **fields)[1] for path in paths}
        for number in self.numbers:
            text = self.ask("GET", f"/api/v1/messages/{number}/journey", Accept="text/plain", **fields)[1]
            found[f"{number} as text"] = text
        return found

    def mailbox(self, who):
        client = imaplib.IMAP4(HOST, self.server.port("imap"))
        client.login(who, PASSWORD)
        client.select()
        _, parts = client.fetch("1:*", "(BODY.PEEK[] ENVELOPE)")
        client.logout()
        return {"mailbox": b"".join(part if isinstance(part, bytes) else b"".join(part) for part in parts).decode()}


def those_in(found, words):
    """(where, which) of all words."""
    return [(where, word) for where, text in found.items() for word in words if word in text]


@pytest.fixture(scope="module", params=["json", "postfix"])
def world(request, tmp_path_factory):
    config = f'workers = 2\nlog.style = "{request.param}"\nlog.level = "debug"\n'
    with Server(tmp_path_factory.mktemp("canaries") / "d", (KIM, LEE, EVE, BOSS, ZOE, YU), config) as server:
        yield World(server)


PEOPLE = [
    (LEE, (*BCC, META, *OF_ZOE), (SUBJECT,)),
    (EVE, (BCC[1], META, *OF_ZOE), (SUBJECT,)),
    (KIM, (*CONTENT, *OF_ZOE), (SUBJECT, *BCC)),
    (ZOE, (*BCC, SUBJECT, *CONTENT, META, REF, KIM, LEE, "OTHER-body"), ("OTHER-subject", YU)),
    (BOSS, (SUBJECT, *CONTENT, META, "OTHER-subject", "OTHER-body"), (*BCC, ZOE)),
]


@pytest.mark.parametrize(("who", "never", "sees"), PEOPLE)
def test_nobody_reads_on_a_page_what_is_not_theirs(world, who, never, sees):
    """`sees` is the control: what is theirs they find, so that we would have found the rest."""
    found = world.pages(who)
    assert those_in(found, never) == []
    assert {word for _, word in those_in(found, sees)} == set(sees)


APPS = [
    ("board", OF_ZOE, (SUBJECT, META, REF, *BCC)),
    ("read", OF_ZOE, (SUBJECT, META, REF, *BCC)),
    ("shop", (*BCC, SUBJECT, *CONTENT, META, REF, KIM, LEE), ("OTHER-subject", "OTHER-ref", YU)),
    ("admin", ("OTHER-subject", "OTHER-body"), (REF, *BCC, ZOE)),
]


@pytest.mark.parametrize(("key", "never", "sees"), APPS)
def test_no_key_reads_what_is_not_its_apps(world, key, never, sees):
    found = world.answers(key)
    assert those_in(found, never) == []
    assert {word for _, word in those_in(found, sees)} == set(sees)


@pytest.mark.parametrize("who", [LEE, YU])
def test_no_letter_says_for_whom_else_it_was(world, who):
    found = world.mailbox(who)
    assert those_in(found, (*BCC, "X-Pyeonji", META, REF)) == []
    assert those_in(found, (BODY, "OTHER-body")) != []


def test_a_public_link_names_nobody(world):
    asked = world.ask("GET", f"/api/v1/messages?ref={REF}", Authorization=f"Bearer {world.keys['board']}")[1]
    number = json.loads(asked.partition("\n")[0])["data"][0]["id"]
    path = re.search(r"/p/\S+", world.server.run("journey", "link", number).stdout.decode())[0]
    found = {form: world.ask("GET", path + form)[1] for form in ("", "?level=raw", "?level=tech", "?r=2", "?as=" + EVE)}
    assert those_in(found, (*BCC, SUBJECT, *CONTENT, META, KIM, LEE, *OF_ZOE)) == []
    assert all("l***@here.test" in text for text in found.values())


def test_metrics_and_log_have_no_content_and_metrics_no_names(world):
    metrics = {"metrics": world.ask("GET", "/metrics")[1]}
    assert those_in(metrics, (*BCC, SUBJECT, *CONTENT, META, REF, *OF_ZOE, "@", "here.test")) == []
    log = {"log": world.server.log.read_text()}
    content = (SUBJECT, *CONTENT, META, REF, "OTHER-subject", "OTHER-body", *world.keys.values())
    assert those_in(log, content) == []
    assert those_in(metrics, ("pyeonji_",)) != [] != those_in(log, (LEE,))
