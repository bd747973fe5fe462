"""`lab --catch`: every letter is caught and shown, and programs that know Mailpit find what they look for."""

import base64
import contextlib
import http.client
import json
import smtplib
import urllib.parse
from email.message import EmailMessage

import pytest

from kit.patience import PATIENCE_S
from lab.browser import Browser
from lab.opened import Opened
from pyeonji.lab import roster
from pyeonji.lab.mailpit.app import OWN, PREFIX

HTML = "<h1>안녕</h1><script>alert(1)</script><img src='https://evil.example/pixel.gif'>"


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    opened = Opened(tmp_path_factory.mktemp("caught"), catch=True)
    yield opened
    opened.close()


@pytest.fixture
def browser(opened):
    browser = Browser(roster.HTTP + opened.world.offset)
    mailpit(browser, "DELETE", "/messages")
    return browser


def mailpit(browser, method, path, body=None, prefix=OWN, **headers):
    browser._ask(method, prefix + path, json.dumps(body) if body is not None else "", headers)
    with contextlib.suppress(ValueError):
        return json.loads(browser.page)
    return browser.page


def send(opened, subject="비밀번호 찾기", to=("minsu@anywhere.example",), **more):
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "게시판 <noreply@board.example>", ", ".join(to), subject
    letter["Reply-To"] = "help@board.example"
    if "cc" in more:
        letter["Cc"] = more["cc"]
    letter.set_content("안녕하세요.\n아래를 열어 주세요: https://board.example/r/1\n")
    letter.add_alternative(HTML, subtype="html")
    letter.add_attachment(b"1,2\n", maintype="text", subtype="csv", filename="표.csv")
    with smtplib.SMTP("127.0.0.1", roster.SMTP + opened.world.offset, timeout=PATIENCE_S) as client:
        client.send_message(letter, to_addrs=[*to, *more.get("hidden", ()), *([more["cc"]] if "cc" in more else [])])


@pytest.mark.parametrize("prefix", [OWN, PREFIX])
def test_programs_that_know_mailpit_list_read_and_delete(opened, browser, prefix):
    send(opened, cc="jia@anywhere.example", hidden=("bora@anywhere.example",))
    send(opened, "other")
    found = mailpit(browser, "GET", "/messages", prefix=prefix)
    assert (found["total"], found["messages_count"], found["unread"], found["count"]) == (2, 2, 2, 2)
    newest, first = found["messages"]
    assert (newest["Subject"], first["Subject"]) == ("other", "비밀번호 찾기")
    assert first["From"] == {"Name": "게시판", "Address": "noreply@board.example"}
    assert [one["Address"] for one in first["To"]] == ["minsu@anywhere.example"]
    assert [one["Address"] for one in first["Cc"]] == ["jia@anywhere.example"]
    assert [one["Address"] for one in first["Bcc"]] == ["bora@anywhere.example"]
    assert [one["Address"] for one in first["ReplyTo"]] == ["help@board.example"]
    assert (first["Attachments"], first["Read"]) == (1, False) and first["Snippet"].startswith("안녕하세요.")
    assert first["Created"].endswith("Z") and first["Size"] > 500
    whole = mailpit(browser, "GET", f"/message/{first['ID']}", prefix=prefix)
    assert whole["Text"].startswith("안녕하세요.") and "<h1>안녕</h1>" in whole["HTML"]
    assert whole["ReturnPath"] == "noreply@board.example"
    (file,) = whole["Attachments"]
    assert (file["FileName"], file["ContentType"], file["Size"]) == ("표.csv", "text/csv", 4)
    browser.get(f"{prefix}/message/{first['ID']}/part/{file['PartID']}")
    assert browser.page == "1,2\n" and browser.headers["content-disposition"] == "attachment"
    assert mailpit(browser, "GET", "/messages", prefix=prefix)["unread"] == 1
    headers = mailpit(browser, "GET", f"/message/{first['ID']}/headers", prefix=prefix)
    assert headers["Reply-To"] == ["help@board.example"] and len(headers["Received"]) == 1
    raw = mailpit(browser, "GET", f"/message/{first['ID']}/raw", prefix=prefix)
    assert raw.startswith("Return-Path:") and browser.headers["content-type"].startswith("text/plain")
    assert mailpit(browser, "DELETE", "/messages", {"IDs": [first["ID"]]}, prefix=prefix) == "ok"
    assert [one["Subject"] for one in mailpit(browser, "GET", "/messages", prefix=prefix)["messages"]] == ["other"]
    assert mailpit(browser, "DELETE", "/messages", prefix=prefix) == "ok"
    assert mailpit(browser, "GET", "/messages", prefix=prefix)["total"] == 0


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("to:minsu@anywhere.example", ["first"]), ("to:jia", ["second"]), ("subject:first", ["first"]),
        ('"아래를 열어"', ["second", "first"]), ("-to:minsu@anywhere.example", ["second"]),
        ("from:noreply", ["second", "first"]),
        ('subject:"sec" to:jia', ["second"]), ("has:attachment", ["second", "first"]), ("-has:attachment", []),
        ("addressed:jia@anywhere.example", ["second"]), ("nothing-like-this", []),
    ],
)  # fmt: skip
def test_programs_search_as_they_are_used_to(opened, browser, query, found):
    send(opened, "first")
    send(opened, "second", to=("jia@anywhere.example",))
    answer = mailpit(browser, "GET", f"/search?query={urllib.parse.quote(query)}")
    assert [one["Subject"] for one in answer["messages"]] == found
    assert (answer["messages_count"], answer["total"]) == (len(found), 2)


def test_the_latest_is_found_by_that_word(opened, browser):
    send(opened, "first")
    send(opened, "second", to=("jia@anywhere.example",))
    assert mailpit(browser, "GET", "/message/latest")["Subject"] == "second"
    assert mailpit(browser, "GET", "/message/latest?query=to:minsu")["Subject"] == "first"
    mailpit(browser, "DELETE", "/search?query=to:jia")
    assert mailpit(browser, "GET", "/message/latest")["Subject"] == "first"


def test_programs_send_by_mailpits_call(opened, browser):
    sent = mailpit(
        browser, "POST", "/send",
        {
            "From": {"Email": "a@board.example", "Name": "게시판"}, "To": [{"Email": "minsu@anywhere.example"}],
            "Bcc": ["bora@anywhere.example"], "Subject": "안녕", "Text": "글", "HTML": "<p>글</p>",
            "Attachments": [{"Content": base64.b64encode(b"x").decode(), "Filename": "a.txt"}],
            "Headers": {"X-IP": "1.2.3.4"},
        },
    )  # fmt: skip
    found = mailpit(browser, "GET", f"/message/{sent['ID']}")
    assert (found["Subject"], found["Text"].strip(), found["From"]["Name"]) == ("안녕", "글", "게시판")
    assert [one["Address"] for one in found["Bcc"]] == ["bora@anywhere.example"]
    assert mailpit(browser, "GET", f"/message/{sent['ID']}/headers")["X-Ip"] == ["1.2.3.4"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"From": {"Email": "no"}},
        {"From": {"Email": "a@b.example"}, "To": [{"Email": "x\r\nRCPT"}], "Text": "x"},
        3,
    ],
)
def test_what_is_no_letter_is_refused_in_words(browser, body):
    assert mailpit(browser, "POST", "/send", body)["Error"]
    assert browser.status == 400


def test_what_is_not_there_is_404_and_info_counts(opened, browser):
    for path in (
        "/message/nothing",
        "/message/K7M32QXD9TAB",
        "/message/latest",
        "/message/latest/raw",
        "/message/x/part/1",
    ):
        mailpit(browser, "GET", path)
        assert browser.status == 404
    send(opened)
    assert mailpit(browser, "GET", "/info")["Messages"] == 1
    mailpit(browser, "GET", "/search?query=")
    assert browser.status == 400


def test_our_own_api_is_there_for_who_brings_its_key(browser):
    ours = mailpit(browser, "GET", "/messages", Authorization="Bearer lab")
    assert browser.status == 200 and "messages_count" not in ours
    assert "broken" in mailpit(browser, "GET", "/lab", Authorization="Bearer lab")


@pytest.mark.parametrize("headers", [{"Sec_Fetch_Site": "cross-site"}, {"Host": "evil.example"}])
def test_a_page_of_elsewhere_reads_and_deletes_nothing(opened, browser, headers):
    send(opened)
    for method, path in ("GET", "/messages"), ("DELETE", "/messages"), ("GET", "/message/latest/raw"):
        mailpit(browser, method, path, **headers)
        assert browser.status == 403
    assert mailpit(browser, "GET", "/messages")["total"] == 1


def test_a_request_that_is_too_long_is_not_read(opened):
    client = http.client.HTTPConnection("127.0.0.1", roster.HTTP + opened.world.offset, timeout=PATIENCE_S)
    client.putrequest("POST", f"{OWN}/send")
    client.putheader("Content-Length", str(10**10))
    client.endheaders()
    assert client.getresponse().status == 413
    client.close()


# ── pages ──


def test_the_list_looks_again_by_itself_only_when_asked_to(opened, browser):
    send(opened)
    page = browser.get("/caught/")
    assert "비밀번호 찾기" in page and "refresh" not in page
    assert 'http-equiv="refresh"' in browser.get("/caught/?live=1")


def test_the_front_page_is_what_was_caught_and_letters_can_still_be_searched(browser):
    browser.get("/")
    assert (browser.status, browser.headers["location"]) == (307, "/caught/")
    browser.get("/?q=minsu@anywhere.example")
    assert browser.status == 200


def test_the_html_of_a_letter_stays_in_its_box(opened, browser):
    send(opened)
    number = mailpit(browser, "GET", "/message/latest")["ID"]
    page = browser.get(f"/caught/{number}")
    assert "<script" not in page and "sandbox title=" in page
    assert browser.headers["content-security-policy"].endswith("frame-src 'self'")
    framed = browser.get(f"/caught/{number}.html")
    policy = browser.headers["content-security-policy"]
    assert "<script>alert(1)</script>" in framed  # it is what was written, and the browser is told to run nothing of it
    assert policy.startswith("sandbox; default-src 'none'") and "script-src" not in policy and "img-src data:" in policy
    browser.get(f"/caught/{number}/1")
    assert browser.headers["content-disposition"] == "attachment"


def test_character_sets_are_shown_with_what_they_said_of_themselves(opened, browser):
    def raw(label, octets):
        head = f"From: a@b.example\r\nSubject: x\r\nContent-Type: text/plain; charset={label}\r\n\r\n".encode()
        with smtplib.SMTP("127.0.0.1", roster.SMTP + opened.world.offset, timeout=PATIENCE_S) as client:
            client.sendmail("a@b.example", ["c@d.example"], head + octets, ["BODY=8BITMIME"])
        return browser.get("/caught/" + mailpit(browser, "GET", "/message/latest")["ID"])

    assert "이름표대로 읽혀요" in raw("euc-kr", "안녕하세요 여러분\r\n".encode("euc-kr"))
    page = raw("iso-8859-1", "안녕하세요 여러분\r\n".encode("euc-kr"))
    assert "이름표와 실제 글자가 달라요" in page and "안녕하세요 여러분" in page


@pytest.mark.parametrize("said", [{"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}])
def test_a_page_of_elsewhere_sends_and_deletes_nothing(opened, browser, said):
    send(opened)
    letter = {"From": {"Email": "a@b.example"}, "To": [{"Email": "c@d.example"}], "Text": "x"}
    mailpit(browser, "POST", "/send", letter, **said)
    assert browser.status == 403
    mailpit(browser, "DELETE", "/messages", **said)
    assert browser.status == 403 and mailpit(browser, "GET", "/messages")["total"] == 1
