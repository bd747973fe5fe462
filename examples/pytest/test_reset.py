"""Three lines: the application sends, the lab takes, the test looks.

pytest -p pyeonji_client.pytest_plugin examples/pytest
"""

import smtplib
from email.message import EmailMessage


def ask_for_a_new_password(address, smtp):
    """What an application does; it has its server from its settings."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "noreply@board.test", address, "비밀번호 찾기"
    message.set_content("번호 482913 을 넣거나 https://board.test/r/abc 를 여세요.")
    with smtplib.SMTP(smtp.host, smtp.port) as server:
        server.send_message(message)


def test_the_reset_mail_arrives(pyeonji):
    ask_for_a_new_password("minsu@2ban.test", pyeonji.smtp)
    letter = pyeonji.wait_for(to="minsu@2ban.test", subject__contains="비밀번호")
    assert letter.link(path="/r/") == "https://board.test/r/abc" and letter.code(6) == "482913"


def test_a_full_mailbox_is_found_out(pyeonji):
    pyeonji.rcpt("full@2ban.test").answers("452 4.2.2 Mailbox full", times=100)
    ask_for_a_new_password("full@2ban.test", pyeonji.smtp)
    pyeonji.clock.advance("6d")
    assert pyeonji.outcome(to="full@2ban.test").cause in ("queue.expired", "mbox.full")
