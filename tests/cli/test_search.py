"""`pyeonji search` over a store: found, shown with the words around, counted; mistakes in one sentence."""

import json

import pytest

from kit.korean import MAILBOX, Said
from kit.stored import NOW, SECOND, filing, letter, person, take
from pyeonji.cli import main
from pyeonji.search.indexer import Indexer
from pyeonji.store import directory, mailboxes
from pyeonji.store.accept import Filing
from pyeonji.store.home import open_home


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    home = open_home(tmp_path, create=True)
    person(home)
    for second, said in enumerate(MAILBOX):
        way = filing(home, flags=second % 2, internal_us=NOW + second * SECOND)
        take(home, letter(way, content=said.octets(), subject=said.subject, author=said.author, at_us=NOW + second))
    account = home.engine.read_now(directory.account, "kim@a.test")
    sent = home.engine.read_now(mailboxes.mailbox, account.id, "Sent")
    way = Filing(0, "kim@a.test", account.id, "kim@a.test", sent.id, "Sent")
    take(home, letter(way, content=Said(subject="보낸 회의록").octets(), subject="보낸 회의록"))
    Indexer(home).step()
    home.close()
    return tmp_path


@pytest.fixture
def search(data, capsys):
    def called(*words):
        code = main(["search", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return called


def subjects(search, *words):
    code, out, _ = search(*words, "--json")
    found = json.loads(out)
    assert code == (0 if found["found"] else 1)
    return [one["subject"] for one in found["letters"]]


FOUND = [
    (["번역을"], ["Re: 견적서 요청"]),
    (["제목:회의", "in:inbox"], ["회의록", "주간회의 안내"]),
    (["회의록"], ["보낸 회의록", "회의록"]),
    (["회의록", "in:sent"], ["보낸 회의록"]),
    (["회의록", "--mailbox", "INBOX"], ["회의록"]),
    (["보낸사람:이영희"], ["이메일 주소 변경"]),
    (["첨부:있음"], ["사진", "회의록"]),
    (["첨부:김철수"], ["사진"]),
    (["has:attachment -회의록"], ["사진"]),
    (["Q3 견적서"], ["Q3 견적서"]),
    (['"견적서 q3"'], []),
    (["translation OR 전각"], ["ＦＵＬＬ width", "Invoice"]),
    (["is:unread 제목:회의 in:inbox"], ["주간회의 안내"]),
    (["없는말"], []),
]


@pytest.mark.parametrize(("words", "found"), FOUND)
def test_letters_are_found_the_newest_first(search, words, found):
    assert sorted(subjects(search, *words)) == sorted(found)


def test_a_person_sees_the_words_around_the_hit(search):
    code, out, _ = search("번역을", "--lang", "ko")
    head, piece, last = out.splitlines()
    assert code == 0
    assert "Re: 견적서 요청" in head and "INBOX" in head
    assert piece == "    번역을 부탁드립니다. 감사합니다."
    assert last == "1통을 찾았어요."


def test_a_program_reads_where_the_hit_is(search):
    _, out, _ = search("번역을", "--json")
    (one,) = json.loads(out)["letters"]
    start, end = one["hit"]
    assert one["snippet"][start:end] == "번역을"
    assert {"id", "date", "mailbox", "uid", "from", "subject", "size", "unread"} <= one.keys()


def test_only_so_many_are_shown(search):
    code, out, _ = search("회의", "--limit", "2", "--lang", "en")
    assert code == 0
    assert out.splitlines()[-1].startswith("5 letters were found; the newest 2 are shown.")
    assert search("없는말", "--lang", "ko")[1] == "그런 편지가 없어요.\n"


MISTAKES = [
    (["form:kim"], "from:"), (["is:x"], "unread"), (["after:x"], "20"), (['"a'], '"a'),
    (["x", "--mailbox", "Nope"], "INBOX"),
    (["x", "--account", "nobody@a.test"], "nobody@a.test"), (["x", "in:없는함"], "없는함"),
]  # fmt: skip


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize(("words", "named"), MISTAKES)
def test_a_mistake_is_one_sentence(search, words, named, language):
    code, out, err = search(*words, "--lang", language)
    assert code in (1, 2)
    assert out == ""
    assert named in err and err.count("\n") == 1


def test_of_several_accounts_one_is_named(data, search):
    home = open_home(data, create=False)
    person(home, "lee@a.test")
    home.close()
    code, _, err = search("회의")
    assert code == 2 and "--account" in err and "lee@a.test" in err
    assert search("회의", "--account", "kim@a.test")[0] == 0
    assert search("회의", "--account", "lee@a.test")[0] == 1
