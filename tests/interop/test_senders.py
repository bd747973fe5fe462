"""Programs that send: each hands over a letter in its own way, and it is in the mailbox."""

import os
import smtplib
import ssl
import subprocess
from email.message import EmailMessage
from pathlib import Path

import pytest

from kit.inbox import arrived
from kit.patience import PATIENCE_S
from kit.server import BIN, HOST, KIM, LEE, PASSWORD, Server

pytestmark = pytest.mark.interop
TEXT = "안녕하세요. 잘 지내시죠?"
SENDMAIL = BIN / "pyeonji-sendmail"


def run(*command, server: Server, stdin: str = "", cwd: Path | None = None, **env: str) -> str:
    """What the program printed; it must succeed."""
    full = {**os.environ, "PYEONJI_DATA": str(server.data), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **env}
    done = subprocess.run(
        [str(word) for word in command], input=stdin.encode(), capture_output=True, env=full, cwd=cwd,
        timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")
    return done.stdout.decode(errors="replace")


def certificate(server: Server) -> Path:
    return server.data / "tls" / "cert.pem"


def letter(token: str) -> str:
    return f"From: {KIM}\r\nTo: {LEE}\r\nSubject: {token}\r\n\r\nhello from {token}\r\n"


def test_the_mail_function_of_php_sends(server, program):
    fields = f"From: {KIM}\\r\\nContent-Type: text/plain; charset=utf-8"
    code = f"exit(mail('{LEE}', 'php-mail', '{TEXT}', \"{fields}\") ? 0 : 1);"
    run(program("php"), "-d", f"sendmail_path={SENDMAIL} -t -i", "-r", code, server=server)
    assert TEXT.encode() in arrived(server, LEE, "php-mail")


def test_mail_of_cron_sends(server, program, tmp_path):
    rc = tmp_path / "mailrc"
    rc.write_text(f"set sendmail={SENDMAIL}\n")
    run(program("mail"), "-s", "bsd-mailx", LEE, server=server, stdin=f"{TEXT}\n", MAILRC=str(rc))
    assert TEXT.encode() in arrived(server, LEE, "bsd-mailx")


@pytest.mark.parametrize(
    ("name", "service", "options"),
    [
        ("plain", "smtp", []),
        ("starttls", "smtp", ["--tls"]),
        ("lmtp", "lmtp", ["--protocol", "LMTP"]),
        ("login", "submission", ["--tls", "--auth", "LOGIN", "--auth-user", KIM, "--auth-password", PASSWORD]),
        ("tls", "submissions", ["-tlsc", "--auth", "PLAIN", "--auth-user", KIM, "--auth-password", PASSWORD]),
    ],
)
def test_swaks_sends(server, program, name, service, options):
    run(
        program("swaks"), "--server", HOST, "--port", server.port(service), "--from", KIM, "--to", LEE,
        "--header", f"Subject: swaks-{name}", "--body", TEXT, *options, server=server,
    )  # fmt: skip
    assert TEXT.encode() in arrived(server, LEE, f"swaks-{name}")


@pytest.mark.parametrize(
    ("name", "service", "options"),
    [
        ("starttls", "submission", ["--tls=on", "--tls-starttls=on"]),
        ("tls", "submissions", ["--tls=on", "--tls-starttls=off"]),
    ],
)
@pytest.mark.parametrize("mechanism", ["on", "plain", "login", "scram-sha-1", "scram-sha-256"])
def test_msmtp_sends(server, program, tmp_path, name, service, options, mechanism):
    token = f"msmtp-{name}-{mechanism}"
    run(
        program("msmtp"), "--file=/dev/null", f"--host={HOST}", f"--port={server.port(service)}", f"--from={KIM}",
        *options, "--tls-certcheck=off", f"--auth={mechanism}", f"--user={KIM}", f"--passwordeval=echo {PASSWORD}",
        LEE, server=server, stdin=letter(token).replace("\r", ""),
    )  # fmt: skip
    assert b"hello from" in arrived(server, LEE, token)


@pytest.mark.parametrize("scheme", ["smtp", "smtp+starttls", "smtps"])
def test_curl_sends(server, program, tmp_path, scheme):
    token = f"curl-{scheme.replace('+', '-')}"
    file = tmp_path / "letter"
    file.write_bytes(letter(token).encode())
    if scheme == "smtp":
        where = [f"smtp://{HOST}:{server.port('smtp')}"]
    else:
        port = server.port("submissions" if scheme == "smtps" else "submission")
        trust = ["--cacert", certificate(server), "--connect-to", f"localhost:{port}:{HOST}:{port}"]
        where = [f"{scheme[:5].rstrip('+')}://localhost:{port}", "--ssl-reqd", "--user", f"{KIM}:{PASSWORD}", *trust]
    run(program("curl"), "-sS", *where, "--mail-from", KIM, "--mail-rcpt", LEE, "--upload-file", file, server=server)
    assert b"hello from" in arrived(server, LEE, token)


@pytest.mark.parametrize("way", ["smtp", "starttls", "ssl"])
def test_smtplib_sends(server, way):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = KIM, LEE, f"smtplib-{way}"
    message.set_content(TEXT, cte="8bit")
    context = ssl.create_default_context(cafile=str(certificate(server)))
    if way == "ssl":
        client = smtplib.SMTP_SSL("localhost", server.port("submissions"), timeout=PATIENCE_S, context=context)
    else:
        client = smtplib.SMTP("localhost", server.port("smtp" if way == "smtp" else "submission"), timeout=PATIENCE_S)
    with client:
        if way == "starttls":
            client.starttls(context=context)
        if way != "smtp":
            client.login(KIM, PASSWORD)
        assert client.send_message(message) == {}
    assert TEXT.encode() in arrived(server, LEE, f"smtplib-{way}")


@pytest.mark.parametrize("way", ["smtp", "sendmail"])
def test_git_sends_patches(server, program, tmp_path, way):
    git = program("git")
    missing = subprocess.run([git, "send-email", "-h"], capture_output=True, check=False).stderr
    if b"not a git command" in missing:
        program("git-send-email")
    home = {"HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    for words in (
        ["init", "-q", "."], ["config", "user.name", "김철수"], ["config", "user.email", KIM],
        ["commit", "-q", "--allow-empty", "-m", "first"],
    ):  # fmt: skip
        run(git, *words, server=server, cwd=tmp_path, **home)
    (tmp_path / "file").write_text(TEXT)
    run(git, "add", "file", server=server, cwd=tmp_path, **home)
    run(git, "commit", "-q", "-m", f"git-{way}", server=server, cwd=tmp_path, **home)
    out = (
        ["--smtp-server", HOST, "--smtp-server-port", server.port("smtp")]
        if way == "smtp"
        else ["--sendmail-cmd", SENDMAIL]
    )
    run(
        git, "send-email", "--quiet", "--confirm=never", "--from", KIM, "--to", LEE, *out, "-1",
        server=server, cwd=tmp_path, **home,
    )  # fmt: skip
    found = arrived(server, LEE, f"git-{way}")
    assert b"+" + TEXT.encode() in found


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-1"])
def test_gnu_sasl_logs_in(server, program, mechanism):
    """By IMAP: it says no hello to SMTP.  Without --no-cb it takes part in no SCRAM that is not bound."""
    said = run(
        program("gsasl"), "--imap", "--connect", f"localhost:{server.port('imap')}", "--starttls",
        f"--x509-ca-file={certificate(server)}", "-a", KIM, "-p", PASSWORD, "--no-cb", "-m", mechanism, server=server,
    )  # fmt: skip
    assert ". LOGOUT" in said
