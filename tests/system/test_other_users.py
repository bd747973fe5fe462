"""Other users of the machine hand letters over: through everybody's socket, or its folder while the server is down.

The server runs as one user, whoever sends is another, as www-data is for a web site; reliability L04-L07.
"""

import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

from kit.inbox import letters
from kit.patience import PATIENCE_S
from kit.server import BIN, KIM, Server, until
from pyeonji.cli.handover import Envelope
from pyeonji.cli.maildrop import packed
from pyeonji.store import journey
from pyeonji.store.home import open_home

pytestmark = pytest.mark.system
DAEMON, NOBODY = 1, 65_534  # user ids that every Debian has
LETTER = b"Subject: hello\n\nfrom a web site\n"


def may_run(uid: int) -> bool:
    return os.geteuid() == 0 and subprocess.run([BIN / "pyeonji-sendmail", "--version"], user=uid).returncode == 0


if os.geteuid() != 0:
    pytest.skip("needs root to become another user", allow_module_level=True)
if not may_run(NOBODY):
    pytest.skip("another user cannot run the programs from where they lie", allow_module_level=True)


@pytest.fixture
def place():
    """A folder that others may walk through, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="pyeonji-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def server(place):
    """Run by the user daemon, in a data folder that is daemon's alone."""
    (place / "public").mkdir()
    os.chown(place / "public", DAEMON, DAEMON)
    config = f'workers = 1\n[submission]\nsocket = "{place}/public/submit.sock"\nmaildrop = "{place}/public/maildrop"\n'
    server = Server(place / "d", (KIM,), config, user=DAEMON)
    for path in (place / "d", *(place / "d").rglob("*")):
        os.chown(path, DAEMON, DAEMON)
    with server:
        yield server


def sendmail(
    server: Server, *arguments: str, user: int = NOBODY, **variables: str
) -> subprocess.CompletedProcess[bytes]:
    public = server.data.parent / "public"
    env = {
        "LANG": "C.UTF-8", "HOME": "/nonexistent",
        "PYEONJI_SOCKET": str(public / "submit.sock"), "PYEONJI_MAILDROP": str(public / "maildrop"), **variables,
    }  # fmt: skip
    return subprocess.run(
        [BIN / "pyeonji-sendmail", *arguments], input=LETTER, capture_output=True, env=env, user=user, group=user,
        extra_groups=[], timeout=PATIENCE_S,
    )  # fmt: skip


def drops(server: Server) -> list[Path]:
    return sorted((server.data.parent / "public" / "maildrop").glob("*.drop"))


def who(server: Server) -> list[str]:
    """The users who handed letters over, as the journeys say."""
    home = open_home(server.data, create=False)
    try:
        numbers = home.engine.read_now(journey.latest)
        rows = [row for number in sorted(numbers) for row in home.engine.read_now(journey.of_message, number)]
    finally:
        home.close()
    return [event.account for row in rows for event in row.events if type(event).__name__ == "LoggedIn"]


def test_another_user_sends_through_the_socket_of_everybody_and_the_journey_says_who(server):
    assert not os.access(server.data, os.R_OK) or stat.S_IMODE(server.data.stat().st_mode) == 0o700
    sent = sendmail(server, KIM)
    assert (sent.returncode, sent.stderr) == (0, b"")
    assert len(letters(server, KIM)) == 1
    assert who(server) == ["nobody"]


def test_without_it_another_user_reads_what_to_do(server):
    """Negative control: the data folder is its owner's alone."""
    data = str(server.data)
    sent = sendmail(server, KIM, PYEONJI_SOCKET="", PYEONJI_MAILDROP="", PYEONJI_DATA=data)
    assert sent.returncode == 75
    assert b"submission.socket" in sent.stderr
    assert b"Traceback" not in sent.stderr
    assert letters(server, KIM) == []


def test_what_another_user_leaves_while_the_server_is_down_goes_out_when_it_is_back(server):
    assert server.stop() == 0
    assert sendmail(server, KIM).returncode == 0
    (left,) = drops(server)
    assert left.stat().st_uid == NOBODY
    server.start()
    until(lambda: len(letters(server, KIM)) == 1)
    assert drops(server) == []
    assert who(server) == ["nobody"]


def test_root_and_other_users_do_not_get_into_each_others_way(server):
    """A mask that lets nobody read does not keep the server from the letter."""
    assert server.stop() == 0
    old = os.umask(0o077)
    try:
        assert sendmail(server, KIM, user=0).returncode == 0
        assert sendmail(server, KIM).returncode == 0
    finally:
        os.umask(old)
    server.start()
    until(lambda: len(letters(server, KIM)) == 2)
    assert sorted(who(server)) == ["nobody", "root"]


def test_a_user_neither_sees_nor_removes_nor_reads_what_others_left(server):
    assert server.stop() == 0
    assert sendmail(server, KIM, user=2).returncode == 0
    (left,) = drops(server)
    script = "import os; os.{}".format
    for attempt in (f"listdir({str(left.parent)!r})", f"unlink({str(left)!r})", f"rename({str(left)!r}, '/tmp/x')"):
        tried = subprocess.run(["/usr/bin/env", "python3", "-c", script(attempt)], user=NOBODY, capture_output=True)
        assert tried.returncode == 1, attempt
        assert b"PermissionError" in tried.stderr or b"Operation not permitted" in tried.stderr
    assert left.exists()


def as_nobody(script: str) -> None:
    subprocess.run(["/usr/bin/env", "python3", "-c", f"import os, socket\n{script}"], user=NOBODY, check=True)


def test_links_pipes_folders_and_rubbish_of_others_are_not_taken_and_others_go_on(server):
    """L04, L05: nothing outside is touched or read, and there is no crash loop."""
    secret = server.data / "secret.drop"
    secret.write_bytes(packed(Envelope("kim@here.test", [(KIM, "")]), b"Subject: secret\r\n\r\nx\r\n"))
    os.chown(secret, DAEMON, DAEMON)
    assert server.stop() == 0
    folder = server.data.parent / "public" / "maildrop"
    as_nobody(
        f"os.chdir({str(folder)!r})\n"
        f"os.symlink({str(secret)!r}, '0-link.drop')\n"
        "os.mkfifo('1-pipe.drop')\n"
        "os.mkdir('2-folder.drop'); os.mkdir('2-folder.drop/in')\n"
        "open('3-rubbish.drop', 'wb').write(os.urandom(5000))\n"
        "os.truncate(os.open('4-huge.drop', os.O_CREAT | os.O_WRONLY, 0o644), 1 << 40)\n"
        "open('5-hidden.drop', 'w').write('x'); os.chmod('5-hidden.drop', 0)\n"
        "open('6-twice.drop', 'w').write('x'); os.link('6-twice.drop', '7-twice.drop')\n"
        "os.utime('3-rubbish.drop', (1 << 40, 1 << 40))\n"
    )
    assert sendmail(server, KIM).returncode == 0
    server.start()
    until(lambda: len(letters(server, KIM)) == 1)
    assert b"secret" not in letters(server, KIM)[0]
    assert secret.exists()
    until(lambda: len(list((server.data / "maildrop" / "quarantine").glob("*.drop"))) == 5)
    assert sorted(path.name for path in drops(server)) == ["0-link.drop", "1-pipe.drop", "2-folder.drop"]
    assert server.status() is not None
    told = server.run("status")
    assert b"quarantine" in told.stdout
    assert b"such as 0-link.drop" in told.stdout


def test_the_folders_of_others_are_not_used(place):
    """What another user could replace is refused, with a sentence."""
    (place / "theirs").mkdir()
    os.chown(place / "theirs", NOBODY, NOBODY)
    for name, value in (("socket", "theirs/submit.sock"), ("maildrop", "theirs"), ("maildrop", "none/of/it")):
        server = Server(place / "d", (), "", user=0)
        server.data.mkdir(exist_ok=True, mode=0o700)
        (server.data / "pyeonji.toml").write_text(f'[submission]\n{name} = "{place}/{value}"\n')
        found = server.run("serve", "--port-offset", str(server.offset))
        assert found.returncode == 1, found
        assert str(place).encode() in found.stderr
        assert b"Traceback" not in found.stderr


def test_the_name_of_the_peer_comes_from_the_kernel(server):
    """Whatever the client says about itself."""
    path = server.data.parent / "public" / "submit.sock"
    as_nobody(
        "s = socket.socket(socket.AF_UNIX)\n"
        f"s.connect({str(path)!r})\n"
        "f = s.makefile('rb'); f.readline()\n"
        f"s.sendall(b'EHLO root\\r\\nMAIL FROM:<root@here.test>\\r\\nRCPT TO:<{KIM}>\\r\\nDATA\\r\\n')\n"
        "while not f.readline().startswith(b'354'): pass\n"
        "s.sendall(b'Subject: x\\r\\n\\r\\nx\\r\\n.\\r\\n')\n"
        "assert f.readline().startswith(b'250')\n"
    )
    until(lambda: len(letters(server, KIM)) == 1)
    assert who(server) == ["nobody"]


def test_a_letter_left_for_an_address_that_is_not_there_comes_back(server):
    assert server.stop() == 0
    assert sendmail(server, "-f", KIM, "gone@here.test").returncode == 0
    assert b"1 letters left by sendmail wait" in sendmail_status(server)
    server.start()
    until(lambda: len(letters(server, KIM)) == 1)
    assert b"multipart/report" in letters(server, KIM)[0]
    assert drops(server) == []


def sendmail_status(server: Server) -> bytes:
    return server.run("status").stdout
