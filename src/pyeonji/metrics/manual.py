"""docs/metrics.md, printed from the table of all metrics."""

from collections.abc import Iterator

from pyeonji.metrics.families import FAMILIES, Family

BEFORE = """\
# Metrics

Printed from the code by `python -m pyeonji.cli.manual`; do not edit. `/metrics` of the listener `http` says
them in the text format of Prometheus, to whom `metrics.allowed` names (this machine). They are counted from
the journey, behind the mail ([adr/0021](adr/0021-following.md)): half a second late, every event once,
through restarts and kills. Labels come from closed lists; no address is among them. Causes are those of the
catalogue; `unexplained` are replies it does not know. A board for Grafana and alert rules for Prometheus lie
in [packaging/monitoring](../packaging/monitoring).

"""


def manual() -> Iterator[str]:
    """Its lines."""
    yield from BEFORE.splitlines()
    yield "| metric | type | labels | what |"
    yield "|---|---|---|---|"
    for family in FAMILIES:
        yield f"| `{family.name}` | {family.kind} | {', '.join(family.labels)} | {_described(family)} |"


def _described(family: Family) -> str:
    if not family.bounds:
        return family.help
    return f"{family.help} Buckets: {', '.join(f'{bound:g}' for bound in family.bounds)}."
