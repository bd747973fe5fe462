"""docs/rfc.tsv and the code say the same about the standards: what is named is listed, what is done is named."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = "number\ttitle\tstatus\tnote\treplaced-by"
STATUSES = {"done", "part", "plan", "no"}
MENTION = re.compile(r"RFC (\d{3,5})")
OTHER_FORMS = re.compile(r"\bRFC[-#]?\d{4,5}|\bRFC \d{3,5},? (?:section|sec\b)")


def rows():
    head, *lines = (ROOT / "docs" / "rfc.tsv").read_text("utf-8").splitlines()
    assert head == COLUMNS
    return [line.split("\t") for line in lines]


def mentions():
    """RFC number -> the first place that names it."""
    found = {}
    for path in sorted((ROOT / "src").rglob("*.py")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            for rfc in MENTION.findall(line):
                found.setdefault(rfc, f"{path.relative_to(ROOT)}:{number}")
    return found


def test_the_table_is_well_formed():
    table = rows()
    assert [row for row in table if len(row) != 5 or row[2] not in STATUSES or not row[1]] == []
    numbers = [int(row[0]) for row in table]
    assert numbers == sorted(set(numbers))


def test_every_standard_the_code_names_is_in_the_table():
    listed = {row[0] for row in rows()}
    missing = {rfc: place for rfc, place in mentions().items() if rfc not in listed}
    assert missing == {}, "add a row to docs/rfc.tsv: number, title, done/part/plan/no, note, replaced-by"


def test_what_is_done_is_named_where_it_is_done():
    named = mentions()
    assert [row[0] for row in rows() if row[2] == "done" and row[0] not in named] == []


def test_a_standard_that_was_replaced_is_named_beside_its_successor():
    named = mentions()
    assert [row[0] for row in rows() if row[4] and row[0] in named and row[4] not in named] == []


def test_standards_are_named_in_one_form():
    for path in sorted((ROOT / "src").rglob("*.py")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            found = OTHER_FORMS.search(line)
            assert found is None, f"{path.relative_to(ROOT)}:{number}: write RFC 9051 §6.4.4, not {found[0]!r}"
