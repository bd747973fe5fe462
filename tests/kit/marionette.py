"""Thunderbird without a screen: its own scripts, run over the port that Mozilla's programs open for tests (Marionette).

A message there is its length, ":" and JSON: [0, number, name, arguments], answered by [1, number, error, result].
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from kit.patience import PATIENCE_S

SCRIPT_MS = 60_000  # for one script
LOOK_S = 0.1  # seconds between two looks whether it listens

# A script is the body of an async function; what it returns comes back, what it throws is raised here.
FRAME = """
const done = arguments[arguments.length - 1];
(async (given) => { %s })(arguments[0]).then(
    value => done({value: value === undefined ? null : value}),
    error => done({error: String(error) + "\\n" + (error.stack || "")}));
"""


class Thunderbird:
    """`with Thunderbird("thunderbird", folder, {"mail.x": 1}) as program: program.run("return 1 + 1")`"""

    def __init__(self, path: str, folder: Path, settings: dict[str, Any]) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._command = [path, "--headless", "--marionette", "--no-remote", "--remote-allow-system-access", "--profile"]
        profile = folder / "profile"
        profile.mkdir()
        every = {"marionette.port": self._port, **settings}
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in every.items())
        (profile / "user.js").write_text("".join(lines), "utf-8")
        self._command.append(str(profile))
        self._asked = 0

    def __enter__(self) -> "Thunderbird":
        with (self._folder / "said").open("wb") as said:
            self._process = subprocess.Popen(
                self._command, stdout=said, stderr=said, start_new_session=True,
                env={**os.environ, "HOME": str(self._folder)},
            )  # fmt: skip
        try:
            self._socket = self._connected()
            self._answers = self._socket.makefile("rb")
            self._read()  # who it is
            self._do("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {}}})
            self._do("Marionette:SetContext", {"value": "chrome"})
            self._do("WebDriver:SetTimeouts", {"script": SCRIPT_MS})
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._socket.close()
        self._kill()

    def run(self, script: str, **given: Any) -> Any:
        """What a script returns; in it, `given` has the arguments."""
        arguments = {"script": FRAME % script, "args": [given], "sandbox": "system", "newSandbox": True}
        outcome = self._do("WebDriver:ExecuteAsyncScript", arguments)["value"]
        assert "error" not in outcome, outcome["error"]
        return outcome["value"]

    def _connected(self) -> socket.socket:
        end = time.monotonic() + PATIENCE_S
        while True:
            assert self._process.poll() is None, (self._folder / "said").read_text("utf-8", "replace")[-3000:]
            with contextlib.suppress(OSError):
                return socket.create_connection(("127.0.0.1", self._port), PATIENCE_S)
            assert time.monotonic() < end, "it does not listen"
            time.sleep(LOOK_S)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _do(self, name: str, arguments: dict[str, Any]) -> Any:
        self._asked += 1
        message = json.dumps([0, self._asked, name, arguments]).encode()
        self._socket.sendall(b"%d:%b" % (len(message), message))
        _, _, error, result = self._read()
        assert error is None, error
        return result

    def _read(self) -> Any:
        size = b""
        while not size.endswith(b":"):
            octet = self._answers.read(1)
            assert octet, "it has ended"
            size += octet
        return json.loads(self._answers.read(int(size[:-1])))
