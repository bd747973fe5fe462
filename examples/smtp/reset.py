"""Without any client of ours: smtplib, and fields that say what the letter is called and how long it is good.

python examples/smtp/reset.py minsu@2ban.test
"""

import os
import smtplib
import sys
from email.message import EmailMessage
from email.policy import SMTP

HOST, PORT = os.environ.get("SMTP_HOST", "127.0.0.1"), int(os.environ.get("SMTP_PORT", "1025"))


def main(address: str) -> None:
    message = EmailMessage()
    message["From"] = os.environ.get("BOARD_FROM", "noreply@board.test")
    message["To"], message["Subject"] = address, "비밀번호 찾기"
    message["X-Pyeonji-Ref"] = "reset-91827"
    message["X-Pyeonji-Expires-In"] = "15m"
    message.set_content("새 비밀번호를 정하세요: https://board.test/r/1234")
    with smtplib.SMTP(HOST, PORT) as server:
        if "SMTP_USER" in os.environ:
            server.starttls()
            server.login(os.environ["SMTP_USER"], os.environ["SMTP_KEY"])
        server.mail(message["From"])
        server.rcpt(address)
        code, said = server.data(message.as_bytes(policy=SMTP))
    if code != 250:
        sys.exit(said.decode())
    print(said.decode())  # "2.0.0 Ok: queued as K7M32QXD9TAB": the number of its journey


if __name__ == "__main__":
    main(sys.argv[1])
