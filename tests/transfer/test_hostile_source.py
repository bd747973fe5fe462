"""I05, I09: a server that letters are brought from, or somebody in between, says more than it should."""

import pytest

from pyeonji.transfer import imap
from transfer.test_imap_source import GOOD, Script, against, moved, secret  # noqa: F401 - two of them are fixtures

PREAUTH = b"* PREAUTH [CAPABILITY IMAP4rev1] hello\r\n"


def test_who_is_said_to_be_logged_in_before_tls_goes_no_further(moved, secret):  # noqa: F811
    """STARTTLS cannot be said then: "NO STARTTLS", §4.3."""
    script = Script(GOOD, PREAUTH)
    code, _, err = against(moved, secret, script, "--tls", "starttls", "--any-certificate")
    assert (code, script.heard) == (1, [])
    assert "PREAUTH" in err
    assert moved.letters() == []


def test_where_no_tls_was_asked_for_it_is_believed(moved, secret):  # noqa: F811
    """Negative control: the letters of whoever says so are taken."""
    assert against(moved, secret, Script(GOOD, PREAUTH))[0] == 0
    assert len(moved.letters()) == 2


NAME = b'x"\r\nz9 DELETE INBOX\r\n'
INJECTING = GOOD | {b"LIST": b'* LIST () "/" {%d}\r\n%b\r\n{} OK done\r\n' % (len(NAME), NAME)}


@pytest.mark.parametrize("guarded", [True, False])
def test_a_name_of_several_lines_is_never_said(moved, secret, guarded, monkeypatch):  # noqa: F811
    """The second row is the negative control: a command of the server's own goes back to it."""
    if not guarded:
        monkeypatch.setattr(imap, "quoted", lambda name: b'"' + name + b'"')
    script = Script(INJECTING)
    against(moved, secret, script)
    assert (b"DELETE INBOX" in script.heard) is not guarded
