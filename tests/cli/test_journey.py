"""`pyeonji journey`: a link for strangers, and forgetting somebody."""

import json
import re

import pytest

from kit import letters_of_three as three
from kit.site import WebSite
from pyeonji.cli import main
from pyeonji.journey.receipt import written
from pyeonji.store import support
from pyeonji.web.signin.sessions import digest_of


@pytest.fixture
def site(tmp_path):
    found = WebSite(tmp_path)
    three.take(found.home)
    yield found
    found.home.close()


def run(site, capsys, *words):
    code = main(["journey", *words, "--data", str(site.home.data), "--lang", "en"])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_link_is_random_and_kept_as_a_digest_only(site, capsys):
    code, out, _ = run(site, capsys, "link", written(three.NUMBER), "--json")
    made = json.loads(out)
    token = made["url"].rpartition("/p/")[2]
    found = site.home.engine.read_now(support.by_link, digest_of(token))
    assert code == 0 and len(token) == 32
    assert (found.message_id, found.code, set(found.named)) == (three.NUMBER, made["code"], {three.LEE, three.FAR})
    assert token not in str(site.home.engine.read_now(lambda tx: tx.all("SELECT * FROM support_code")))
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{12}", made["code"])
    assert run(site, capsys, "link", "0000-0000-0001")[0] == 1


def test_somebody_is_forgotten_only_after_a_yes_and_not_while_a_letter_is_under_way(site, capsys):
    code, _, err = run(site, capsys, "forget", three.FAR)
    assert code == 1 and "1 journeys" in err and "--yes" in err
    code, _, err = run(site, capsys, "forget", three.FAR, "--yes")
    assert code == 1 and "under way" in err
    site.home.engine.write_now(lambda tx: tx.run("UPDATE recipient SET state = 'done' WHERE state = 'waiting'"))
    code, out, _ = run(site, capsys, "forget", three.FAR.upper(), "--yes")
    assert code == 0 and "1 journeys" in out
    code, out, _ = run(site, capsys, "forget", three.FAR, "--yes")
    assert code == 0 and "0 journeys" in out
