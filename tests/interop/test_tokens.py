"""Programs that log in by a token of an issuer: ours runs in this process, at a real port."""

import asyncio

import pytest

from kit.inprocess import HOST, attack
from kit.issuing import FakeIssuer, Rsa, claims, token
from kit.patience import PATIENCE_S
from stations.test_oauth import issuer_at

pytestmark = pytest.mark.interop
KEY = Rsa()
LETTER = b"From: kim@here.test\r\nTo: lee@here.test\r\nSubject: by a token\r\n\r\nhello\r\n"


async def run(*words, stdin=b""):
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*map(str, words), stdin=pipe, stdout=pipe, stderr=pipe)
    out, complaint = await asyncio.wait_for(process.communicate(stdin), PATIENCE_S)
    return process.returncode, out + complaint


def by_token(tmp_path, story):
    async def told(stations):
        async with FakeIssuer(KEY) as web:
            stations.logins._issuer = issuer_at(web, stations.clock)
            now_s = stations.clock.now_us() // 1_000_000
            await story(stations, token(KEY, claims(now_s)), token(Rsa("other"), claims(now_s)))

    attack(tmp_path, told)


@pytest.mark.parametrize("service", ["imap", "pop3", "submission"])
@pytest.mark.parametrize("mechanism", ["OAUTHBEARER", "XOAUTH2"])
def test_curl_logs_in_by_a_token(tmp_path, program, service, mechanism):
    curl = program("curl")
    what = ["--mail-from", "kim@here.test", "--mail-rcpt", "lee@here.test", "--upload-file", "-"]

    async def story(stations, good, forged):
        async def call(text):
            scheme = "smtp" if service == "submission" else service
            return await run(
                curl, "-sS", "--ssl-reqd", "--insecure", "--user", "kim@here.test:", "--oauth2-bearer", text,
                "--login-options", f"AUTH={mechanism}", f"{scheme}://{HOST}:{stations.ports[service]}",
                *(what if service == "submission" else ()), stdin=LETTER,
            )  # fmt: skip

        code, said = await call(good)
        assert code == 0, said
        code, said = await call(forged)
        assert code == 67, said  # CURLE_LOGIN_DENIED

    by_token(tmp_path, story)


@pytest.mark.parametrize("mechanism", ["oauthbearer", "xoauth2"])
def test_msmtp_logs_in_by_a_token(tmp_path, program, mechanism):
    msmtp = program("msmtp")

    async def story(stations, good, forged):
        for text, is_let_in in ((good, True), (forged, False)):
            code, said = await run(
                msmtp, "--file=/dev/null", f"--host={HOST}", f"--port={stations.ports['submission']}", "--tls=on",
                "--tls-starttls=on", "--tls-certcheck=off", f"--auth={mechanism}", "--user=kim@here.test",
                f"--passwordeval=echo {text}", "--from=kim@here.test", "lee@here.test",
                stdin=LETTER.replace(b"\r", b""),
            )  # fmt: skip
            assert (code == 0) is is_let_in, said

    by_token(tmp_path, story)
