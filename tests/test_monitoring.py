"""The board for Grafana and the alert rules name only metrics and labels that there are."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from pyeonji.catalog.causes import CAUSES
from pyeonji.metrics.counts import Counts
from pyeonji.metrics.families import FAMILIES
from pyeonji.metrics.text import Now, exposition

FOLDER = Path(__file__).parent.parent / "packaging" / "monitoring"
RULES = FOLDER / "pyeonji.rules.yml"
BOARD = FOLDER / "grafana-pyeonji.json"
NAME = re.compile(r"\bpyeonji_[a-z0-9_]+\b")
SELECTED = re.compile(r"\b(pyeonji_[a-z0-9_]+)\{([^}]*)\}")
LABEL = re.compile(r"([a-z_]+)(?:=~|!~|!=|=)")
GIVEN = {"instance", "job", "le"}  # by Prometheus
PARTS = ("_bucket", "_sum", "_count")


def expressions():
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    board = json.loads(BOARD.read_text())
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for variable in board["templating"]["list"]:
        yield variable["name"], variable.get("definition", "")


def family(name):
    """The metric a series belongs to, or None."""
    known = {one.name: one for one in FAMILIES}
    bare = next((name.removesuffix(part) for part in PARTS if name.endswith(part)), name)
    found = known.get(name) or known.get(bare)
    return found if found is None or (found.kind == "histogram") == (bare != name) else None


@pytest.mark.parametrize(("title", "expression"), list(expressions()))
def test_every_name_and_label_is_one_of_ours(title, expression):
    assert [name for name in NAME.findall(expression) if family(name) is None] == []
    for name, selectors in SELECTED.findall(expression):
        assert set(LABEL.findall(selectors)) - GIVEN <= set(family(name).labels), name


def test_a_name_that_is_not_exported_is_noticed():
    """The negative control."""
    assert family("pyeonji_no_such_total") is None
    assert family("pyeonji_fsync_duration_seconds") is None  # a histogram has no series of its own name
    assert family("pyeonji_queue_recipients_bucket") is None


def test_causes_named_in_the_rules_are_those_of_the_catalogue():
    named = re.findall(r'cause=~"([^"]+)"', RULES.read_text())
    assert {cause for group in named for cause in group.split("|")} <= set(CAUSES)


def test_every_alert_says_what_is_the_matter_and_what_to_do():
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    assert all({"summary", "action"} <= rule["annotations"].keys() and rule["labels"]["severity"] for rule in rules)


def test_promtool_has_nothing_to_say(tmp_path):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    found = subprocess.run([promtool, "check", "rules", RULES], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
    page = exposition(Counts(), Now()).encode()
    found = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True)
    assert (found.returncode, found.stderr) == (0, b""), found.stderr
