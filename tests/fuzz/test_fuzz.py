"""Every grammar meets octets nobody meant: a short run of each here, a long one by `make fuzz N=1000000` (G10)."""

import itertools
import time
from pathlib import Path

import pytest

from fuzz.engine import SLOW_S, Report, Target, judged, run
from fuzz.targets import TARGETS

SEED = 20_261_127
INPUTS = 1_500
CORPUS = Path(__file__).parent / "corpus"
FOUND = sorted(path for path in CORPUS.glob("*/*") if path.is_file())


@pytest.mark.parametrize("name", TARGETS)
def test_a_short_run_finds_nothing(name):
    report = run(TARGETS[name], SEED, INPUTS)
    assert not report.findings, [(finding.because, finding.octets[:200]) for finding in report.findings[:3]]
    assert report.refused < report.inputs  # something was understood, or the words are wrong


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_found_once_stays_mended(path):
    finding = judged(TARGETS[path.parent.name], path.read_bytes(), Report())
    assert finding is None, finding.because


def test_every_finding_has_a_target():
    assert {path.parent.name for path in FOUND} <= set(TARGETS)


def crashing(octets):
    return octets.index(b"])")


def quadratic(octets):
    open_ = [at for at in range(len(octets)) if octets[at : at + 1] == b"("]
    began, seen = time.thread_time(), 0
    for _, at in itertools.product(range(20), open_):  # also on a fast machine
        seen += octets[:at].count(b"(")
        if time.thread_time() - began > 2 * SLOW_S:  # long enough to be noticed
            break
    return seen


@pytest.mark.parametrize(("planted", "because"), [(crashing, "ValueError"), (quadratic, "took")])
def test_a_planted_defect_is_found(planted, because):
    """Negative control."""
    report = run(Target("planted", planted, (b"(", b"]", b")", b"a")), SEED, 20_000, most_findings=1)
    assert report.findings
    assert because in report.findings[0].because
