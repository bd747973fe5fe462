"""How the board hands its letter to the machine's mail: PHP's mail(), or the sendmail command itself."""

import asyncio
import base64
import contextlib
import json
import os
import shutil
import signal
import sys
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from pyeonji.net.listener import open_tcp

SCRIPTS = Path(__file__).resolve().parent
SENDER = "noreply@board.test"
HAND_IN_S = 20.0  # seconds for PHP and sendmail together
PHP_START_S = 15.0
LOOK_S = 0.05
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy of the machine leads elsewhere


class NotHandedIn(Exception):
    """The letter did not leave the board; the text says why."""


@dataclass(frozen=True, slots=True)
class ResetLetter:
    """One letter of the board.  `number` is in its Message-ID."""

    to: str
    number: str
    subject: str
    text: str
    sender: str = SENDER

    @property
    def message_id(self) -> str:
        return f"<reset-{self.number}@board.test>"


def sendmail_command() -> list[str] | None:
    """Our sendmail: beside the interpreter that runs us, or on PATH."""
    beside = Path(sys.executable).parent / "pyeonji-sendmail"
    found = str(beside) if beside.is_file() else shutil.which("pyeonji-sendmail")
    return [found] if found else None


class ByPhp:
    """A PHP of its own on a loopback port, whose mail() starts our sendmail."""

    key = "board.by_php"

    def __init__(self, php: str, sendmail: list[str], data: Path) -> None:
        self._php = php
        self._sendmail = sendmail
        self._data = data
        self._port = 0
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Raises NotHandedIn when PHP does not come up."""
        self._port = _free_port()
        quoted = " ".join(f"'{part}'" for part in (*self._sendmail, "-t", "-i"))
        self._process = await asyncio.create_subprocess_exec(
            *_bound_to_us(),
            self._php, "-n", "-d", f"sendmail_path={quoted}", "-d", "expose_php=0", "-d", "display_errors=0",
            "-S", f"127.0.0.1:{self._port}", "-t", str(SCRIPTS), str(SCRIPTS / "reset.php"),
            env=_environment(self._data), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            async with asyncio.timeout(PHP_START_S):
                await self._wait_until_it_listens(self._process)
        except (TimeoutError, NotHandedIn) as error:
            await self.stop()
            raise NotHandedIn("php -S") from error

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            await process.wait()

    async def hand_in(self, letter: ResetLetter) -> None:
        form = {"to": letter.to, "number": letter.number, "subject": letter.subject, "text": letter.text,
                "sender": letter.sender}  # fmt: skip
        answer = await asyncio.to_thread(self._post, urllib.parse.urlencode(form).encode())
        if not answer.get("sent"):
            raise NotHandedIn("mail() = false")

    def _post(self, form: bytes) -> dict[str, object]:
        url = f"http://127.0.0.1:{self._port}/reset.php"
        try:
            with DIRECTLY.open(url, form, HAND_IN_S) as response:
                answer = json.loads(response.read(1024))
        except (OSError, ValueError) as error:
            raise NotHandedIn(str(error)) from error
        return answer if isinstance(answer, dict) else {}

    async def _wait_until_it_listens(self, process: asyncio.subprocess.Process) -> None:
        while process.returncode is None:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                writer.close()
                await writer.wait_closed()
                return
            await asyncio.sleep(LOOK_S)
        raise NotHandedIn("php -S")


class BySendmail:
    """The board starts sendmail itself, as PHP would."""

    key = "board.by_sendmail"

    def __init__(self, sendmail: list[str], data: Path) -> None:
        self._sendmail = sendmail
        self._data = data

    async def start(self) -> None:
        return

    async def stop(self) -> None:
        return

    async def hand_in(self, letter: ResetLetter) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._sendmail, "-t", "-i", f"-f{letter.sender}",
            env=_environment(self._data), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(HAND_IN_S):
                _, complaint = await process.communicate(_written(letter))
        except TimeoutError as error:
            process.kill()
            await process.wait()
            raise NotHandedIn("sendmail: too slow") from error
        if process.returncode:
            words = complaint.decode("utf-8", "replace").strip()
            raise NotHandedIn(f"sendmail: {process.returncode} {words}"[:500])


def post_office(data: Path) -> ByPhp | BySendmail | None:
    """PHP where it is installed, sendmail otherwise, None without our sendmail command."""
    sendmail, php = sendmail_command(), shutil.which("php")
    return ByPhp(php, sendmail, data) if php and sendmail else without_php(data)


def without_php(data: Path) -> BySendmail | None:
    sendmail = sendmail_command()
    return BySendmail(sendmail, data) if sendmail else None


def _bound_to_us() -> list[str]:
    """A prefix that ends a child when we are killed; util-linux has it, elsewhere there is none."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


def _free_port() -> int:
    """A port that is free now; PHP cannot be given a socket."""
    with open_tcp("127.0.0.1", 0) as sock:
        port: int = sock.getsockname()[1]
    return port


def _environment(data: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "LC_ALL")}
    return {**kept, "PYEONJI_DATA": str(data)}


def _written(letter: ResetLetter) -> bytes:
    def word(text: str) -> str:
        return f"=?UTF-8?B?{base64.b64encode(text.encode()).decode()}?="

    return (
        f"To: {letter.to}\nSubject: {word(letter.subject)}\nFrom: {word('게시판')} <{letter.sender}>\n"
        f"Message-ID: {letter.message_id}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n"
        f"Content-Transfer-Encoding: 8bit\nAuto-Submitted: auto-generated\n\n{letter.text}"
    ).encode()
