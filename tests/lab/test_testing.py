"""The lab in the process of a test: letters really leave, arrive, are refused and tried again, in milliseconds."""

import smtplib
import threading
import time
from email.message import EmailMessage

import pytest

from kit.patience import PATIENCE_S
from pyeonji.lab.everywhere import NotAReply
from pyeonji.lab.testing import Lab, NothingCame

MINSU = "minsu@2ban.test"


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture
def lab(opened):
    opened.reset()
    return opened


def send(
    lab,
    to=MINSU,
    subject="비밀번호 찾기",
    text="열어 보세요: http://board.test/r/abc?x=1&y=2.\n번호 123456\n",
    login="",
):
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "noreply@board.test", to, subject
    letter.set_content(text)
    with smtplib.SMTP(lab.host, lab.submission_port if login else lab.smtp_port, timeout=PATIENCE_S) as client:
        if login:
            client.login(login, "whatever")
        client.send_message(letter)


@pytest.mark.parametrize("login", ["", "noreply@board.test"])
def test_a_letter_of_any_program_arrives_at_any_address(lab, login):
    send(lab, login=login)
    letter = lab.wait_for(to=MINSU, subject__contains="비밀번호")
    assert (letter.subject, letter.envelope) == ("비밀번호 찾기", (MINSU,))
    assert letter.link("/r/") == "http://board.test/r/abc?x=1&y=2"
    assert letter.code(6) == "123456"
    assert letter.charset_ok
    outcome = lab.outcome(to=MINSU)
    assert (outcome.state, outcome.certainty, outcome.final) == ("delivered", "handed_over", True)
    assert "mx.everywhere.test" in outcome.text


def test_what_did_arrive_is_said_when_the_awaited_letter_did_not(lab):
    send(lab, "bora@3ban.test", subject="other")
    lab.wait_for(to="bora@3ban.test")
    with pytest.raises(NothingCame, match=r"bora@3ban\.test: 'other'"):
        lab.wait_for(to=MINSU, timeout=0.05)
    with pytest.raises(NothingCame, match="no letter for"):
        lab.outcome(to=MINSU, timeout=0.05)


def test_the_other_side_answers_as_it_was_told(lab):
    lab.rcpt(MINSU).answers("452 4.2.2 Mailbox full", times=3)
    send(lab)
    outcome = lab.outcome(to=MINSU)
    assert (outcome.state, outcome.cause, outcome.attempts, outcome.final) == ("deferred", "mbox.full", 1, False)
    lab.clock.advance("1m")
    assert lab.outcome(to=MINSU).attempts == 1
    lab.clock.advance("4h")
    assert (lab.outcome(to=MINSU).state, lab.outcome(to=MINSU).attempts) == ("delivered", 4)
    assert len(lab.letters()) == 1


def test_who_always_refuses_is_tried_for_five_days(lab):
    lab.rcpt(MINSU).answers("451 4.3.0 not now", at="content")
    send(lab)
    lab.clock.advance("4d")
    assert lab.outcome(to=MINSU).state == "deferred"
    lab.clock.advance("1d")
    outcome = lab.outcome(to=MINSU)
    assert (outcome.state, outcome.cause) == ("failed", "queue.expired")
    assert outcome.attempts > 20


def test_a_refusal_for_good_is_final_at_once(lab):
    lab.rcpt(MINSU).answers("550 5.1.1 nobody")
    send(lab)
    assert (lab.outcome(to=MINSU).state, lab.outcome(to=MINSU).actor) == ("failed", "writer")


def test_the_other_side_can_be_broken_and_mended(lab):
    lab.break_("refuse")
    send(lab)
    assert lab.outcome(to=MINSU).cause == "server.busy"
    lab.heal()
    lab.clock.advance("1h")
    assert lab.outcome(to=MINSU).state == "delivered"


def test_one_test_leaves_nothing_to_the_next(lab):
    lab.break_("off")
    lab.rcpt("jia@2ban.test").answers("550 5.1.1 nobody")
    send(lab)
    send(lab, "jia@2ban.test")
    lab.outcome(to=MINSU)
    lab.reset()
    lab.clock.advance("5d")
    assert lab.letters() == []
    with pytest.raises(NothingCame):
        lab.outcome(to=MINSU, timeout=0.05)
    send(lab, "jia@2ban.test")
    assert lab.outcome(to="jia@2ban.test").state == "delivered"


@pytest.mark.parametrize("reply", ["250 Ok", "so so", "550 5.1.1 여기 없음", "550 5.1.1 a\r\nQUIT", ""])
def test_only_refusals_are_scripted(lab, reply):
    with pytest.raises(NotAReply):
        lab.rcpt(MINSU).answers(reply)


def test_a_simulator_address_goes_to_the_simulator(lab):
    send(lab, "full@simulator.test")
    assert lab.outcome(to="full@simulator.test").cause == "mbox.full"


def test_the_lab_is_as_new_within_a_tenth_of_a_second(lab):
    """Of several tries the best: what the machine does meanwhile is not ours."""
    taken = []
    for _ in range(5):
        send(lab)
        lab.wait_for(to=MINSU)
        began = time.perf_counter()
        lab.reset()
        taken.append(time.perf_counter() - began)
    print(f"\nreset: {min(taken) * 1000:.1f} ms, {sorted(taken)[2] * 1000:.1f} ms in the middle")
    assert min(taken) < 0.1


def test_a_lab_that_cannot_open_leaves_no_thread(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        Lab(tmp_path / "file" / "lab").start()
    assert [one.name for one in threading.enumerate()].count("pyeonji-lab") <= 1  # that of the other tests
