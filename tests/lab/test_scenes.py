"""Every scene is played over real sockets, and each looks whether what it showed came true."""

import json

import pytest

from lab.kit import commands
from lab.opened import Opened
from pyeonji.cli import lab as lab_command
from pyeonji.cli import main
from pyeonji.cli.out import Out
from pyeonji.lab.beat import Beat, Check, Letter, Screen, Table, Wire, printed, told_as_json
from pyeonji.lab.byhand import HOST
from pyeonji.lab.detective import ENDINGS
from pyeonji.lab.perform import SCENES, perform
from pyeonji.lab.run import journey_url
from pyeonji.lab.terminal import by_hand
from pyeonji.lab.voice import Voice

NAMES = (
    "address", "dialogue", "by-hand", "mx", "to-cc-bcc", "peek", "hangul", "pop-imap", "forge", "confiscated", "php",
    "reset",
)  # fmt: skip


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    opened = Opened(tmp_path_factory.mktemp("scenes"))
    yield opened
    opened.close()


def play(opened, name, choice=""):
    beats: list[Beat] = []
    return opened.call(perform(opened.world, name, beats.append, choice)), beats


def test_there_are_the_twelve_and_the_opening():
    assert list(SCENES) == ["opening", *NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_scene_shows_comes_true_and_can_be_read_in_both_languages(opened, name):
    played, beats = play(opened, name)
    assert played.problems == ()
    assert sum(isinstance(beat, Check) for beat in beats) >= 2
    for language in ("ko", "en"):
        voice, url = Voice(language), journey_url(opened.world)
        assert all(line for beat in beats for line in printed(beat, voice, url))


@pytest.mark.parametrize("ending", ENDINGS)
def test_each_ending_of_the_case_can_be_told_from_the_journey(opened, ending):
    played, beats = play(opened, "reset", ending)
    assert played.good
    assert any(isinstance(beat, Letter) for beat in beats) == (ending != "silent")


def test_a_listener_reads_what_is_not_locked_and_nothing_of_what_is(opened):
    _, beats = play(opened, "peek")
    clear, locked = ("\n".join(beat.lines) for beat in beats if isinstance(beat, Screen))
    assert "떡볶이는 비밀이야" in clear and "RCPT TO:<younghee@2ban.test>" in clear
    assert "떡볶이는 비밀이야" not in locked and "RCPT TO" not in locked and "STARTTLS" in locked


def test_hangul_shows_octets_label_and_what_is_read_side_by_side(opened):
    _, beats = play(opened, "hangul")
    table = next(beat for beat in beats if isinstance(beat, Table))
    by_name = {row[0].keys[0]: row for row in table.rows}
    assert by_name["scene.hangul.wrong"][3] != by_name["scene.hangul.wrong"][4] == "한글로 작성하는 메일로 잘 도착할까?"
    assert by_name["scene.hangul.euc_kr"][1].startswith("c7 d1 b1 db")


# ── negative controls: where it is not true, the scene says so ──


def test_a_forged_letter_that_is_believed_makes_the_scene_fail(opened):
    zone = opened.world.dns.zone
    rule = zone.pop("_dmarc.1ban.test")
    opened.world.nodes["4ban.test"].resolver.forget()
    try:
        played, _ = play(opened, "forge")
    finally:
        zone["_dmarc.1ban.test"] = rule
        opened.world.nodes["4ban.test"].resolver.forget()
    assert "scene.forge.refused" in {one.key for one in played.problems}


def test_a_server_that_is_away_makes_the_scene_fail(opened):
    host = opened.world.hosts["mx1.2ban.test"]
    opened.call(host.break_("off"))
    try:
        played, _ = play(opened, "dialogue")
    finally:
        opened.call(host.heal())
    assert [one.key for one in played.problems] == ["scene.unreachable"]
    assert play(opened, "dialogue")[0].good


@pytest.mark.parametrize("how", ["off", "refuse", "disk", "blocklist", "drop"])
@pytest.mark.parametrize("name", ["address", "dialogue", "by-hand", "peek", "hangul", "pop-imap", "forge"])
def test_a_scene_at_a_broken_server_fails_in_a_sentence(opened, name, how):
    host = opened.world.hosts[HOST]
    opened.call(host.break_(how))
    try:
        played, beats = play(opened, name)
    finally:
        opened.call(host.heal())
    if how != "disk" or name != "address":  # a full disk takes no letter, and all else
        assert not played.good
    assert all(line for beat in beats for line in printed(beat, Voice("ko"), str))


def test_a_scene_leaves_all_servers_well(opened):
    play(opened, "mx")
    assert {host.how for host in opened.world.hosts.values()} == {""}


def test_by_hand_on_a_terminal_speaks_to_the_real_server(opened):
    typed = iter(
        ["HELO\n", "helo me.test\n", "mail from:<>\n", "rcpt to:<younghee@2ban.test>\n", "data\n", "Subject: x\n", "\n",
         "hello\n", ".\n", "quit\n"]
    )  # fmt: skip
    said: list[str] = []
    assert by_hand(opened.world.hosts[HOST].port, "ko", lambda: next(typed, ""), said.append) == 0
    text = "\n".join(said)
    assert "queued as" in text and "인사 뒤에 자기 이름을 적어요" in text and "← 221" in text


def test_who_stops_typing_has_not_come_to_the_end(opened):
    assert by_hand(opened.world.hosts[HOST].port, "en", lambda: "", lambda line: None) == 1


def test_a_scene_that_nobody_has_is_refused_with_those_there_are(capsys):
    assert main(["lab", "scene", "nothing", "--once"]) == 2
    assert "pop-imap" in capsys.readouterr().err
    assert main(["lab", "scene", "reset", "--once", "--ending", "happy"]) == 2
    assert "greylist" in capsys.readouterr().err


@pytest.mark.parametrize("beats", [[Wire(True, False, "x\x1b[31m")]])
def test_what_was_said_cannot_steer_the_terminal(beats):
    """A server of the lab never says such a thing; whoever types by hand may."""
    assert "\x1b" not in "\n".join(printed(beats[0], Voice("en"), str))


def test_a_scene_is_told_as_it_takes_place(opened):
    """Each question is answered as soon as there is something new; together they are all of it, once."""

    async def play():
        asked = commands(opened.world)
        run = (await asked.play({"name": "mx", "lang": "ko"}))["run"]
        told, answers = [], 0
        while not told or not told[-1]["over"]:
            after = told[-1]["next"] if told else 0
            told.append(await asked.beats({"run": run, "after": after, "lang": "ko"}))
            answers += 1
        whole = await asked.scene({"name": "mx", "lang": "ko"})
        return told, whole

    told, whole = opened.call(play())
    assert len(told) > 3 and told[0]["text"] and not told[0]["over"], "the first lines come before the scene is over"
    assert told[-1]["problems"] == [] == whole["problems"]
    lines = "\n".join(one["text"] for one in told if one["text"]).split("\n")
    assert len(lines) == len(whole["text"].split("\n"))


@pytest.mark.parametrize("request_", [{}, {"run": "x", "after": 0}, {"run": "x", "after": "y"}])
def test_a_run_that_nobody_began_is_said_to_be_none(opened, request_):
    assert "error" in opened.call(commands(opened.world).beats(request_))
    assert "error" in opened.call(commands(opened.world).play({"name": "nothing"}))


def test_the_command_prints_a_scene_line_by_line(opened, capsys, monkeypatch):
    """In the lab that runs; not at once at the end."""
    printed = []
    monkeypatch.setattr(Out, "line", lambda self, text="": printed.append(text))
    assert main(["lab", "scene", "address", "--data", str(opened.world.data), "--lang", "en"]) == 0
    assert len(printed) > 1 and "✓" in printed[-1]
    assert main(["lab", "scene", "nothing", "--data", str(opened.world.data)]) == 1
    assert "nothing" in capsys.readouterr().err


def test_for_programs_each_beat_is_a_line_of_json_as_it_takes_place(opened, capsys, monkeypatch):
    """The same beats as people are told, and the first before the last has happened."""
    answers = []
    answered = lab_command._answer

    def noted(args, out, request):
        answers.append((len(records), answered(args, out, request)))
        return answers[-1][1]

    records: list[dict] = []
    monkeypatch.setattr(Out, "record", lambda self, value: records.append(value))
    monkeypatch.setattr(lab_command, "_answer", noted)
    assert main(["lab", "scene", "mx", "--data", str(opened.world.data), "--lang", "ko", "--json"]) == 0
    kinds = {one["kind"] for one in records}
    assert {"act", "tell", "line", "check", "letter"} <= kinds
    assert records[-1]["kind"] == "check" and records[-1]["good"] is True
    assert any(one["kind"] == "line" and one["dir"] == "in" and one["text"].startswith("250") for one in records)
    assert 0 < answers[-2][0] < len(records), "some were printed before the last answer came"
    assert capsys.readouterr().out == ""
    assert main(["lab", "scene", "nothing", "--data", str(opened.world.data), "--json"]) == 1
    assert "nothing" in records[-1]["error"]


def test_every_beat_of_every_kind_can_be_told_as_json(opened):
    _, beats = play(opened, "peek")
    _, more = play(opened, "to-cc-bcc")
    kinds = set()
    for beat in (*beats, *more):
        for language in ("ko", "en"):
            (line,) = told_as_json(beat, Voice(language), journey_url(opened.world))
            found = json.loads(line)
            kinds.add(found["kind"])
            assert found.get("says", "x") or found["kind"] == "line"
    assert kinds == {"act", "tell", "line", "screen", "table", "check", "letter"}
