"""reading_table.py RESULTS: the lines of one run of reading.sh as a Markdown table, ours against each peer."""

import json
import sys
from pathlib import Path
from typing import Any

OURS = "pyeonji"


def figure(row: dict[str, Any]) -> tuple[str, float, list[float], bool] | None:
    """(what, median, all, whether more is better)"""
    match row.get("test"):
        case "imap" if "median_s" in row:
            return row["op"], row["median_s"], row["all"], False
        case "append":
            return row["name"] + " per s", row["msgs_s"], row["all"], True
        case "login" if "logins_s" in row:
            return f"login, {row['parallel']} in parallel, per s", row["logins_s"], row["all"], True
        case "idle-latency" if "p50_ms" in row:
            return f"delivery to EXISTS, {row['state']}, ms", row["p50_ms"], [row["p95_ms"], row["max_ms"]], False
        case "idle-mem" if row.get("kB_per_conn") is not None:
            return f"KiB a connection, {row['state']}", row["kB_per_conn"], [], False
        case "idle-mem" if row.get("state") == "before":
            return "MB of the idle server", row["pss_MB"], [], False
        case "pop3":
            return f"POP3 RETR, {row['pipeline']} at once, per s", row["retr_s"], row["all"], True
        case "fill":
            return "fill, letters per s", row["msgs_s"], [], True
    return None


def main(results: Path) -> None:
    rows = [json.loads(line) for line in results.read_text("utf-8").splitlines() if line.startswith("{")]
    _limits([row for row in rows if row["test"] == "limit"])
    _ratios([row for row in rows if row["test"] != "limit"])


def _limits(rows: list[dict[str, Any]]) -> None:
    """Budgets that are figures."""
    if rows:
        print("| what | pyeonji | budget | |\n|---|---|---|---|")
    for row in rows:
        spread = f" ({min(row['all']):g}–{max(row['all']):g})" if len(row["all"]) > 1 else ""
        is_met = row["value"] >= row["budget"] if row["more"] else row["value"] <= row["budget"]
        sign = "≥" if row["more"] else "≤"
        budget = f"{sign} {row['budget']:g}" if row["budget"] else ""
        print(
            f"| {row['what']} | {row['value']:g}{spread} {row['unit']} | {budget} | {'' if is_met else '**not met**'} |"
        )
    print()


def _ratios(rows: list[dict[str, Any]]) -> None:
    table: dict[str, dict[str, tuple[float, list[float], bool]]] = {}
    for row in rows:
        found = figure(row)
        if found is not None:
            table.setdefault(found[0], {})[row["label"]] = found[1:]
    labels = list(dict.fromkeys(row["label"] for row in rows))
    print("| what | " + " | ".join(labels) + " | ratios (above 1: we are better) |")
    print("|---" * (len(labels) + 2) + "|")
    for what, cells in table.items():
        shown = [_shown(cells[label]) if label in cells else "" for label in labels]
        ours = cells.get(OURS)
        ratios = [f"{_ratio(ours, cell):.2g} × {label}" for label, cell in cells.items() if ours and label != OURS]
        print(f"| {what} | " + " | ".join(shown) + " | " + ", ".join(ratios) + " |")


def _shown(cell: tuple[float, list[float], bool]) -> str:
    value, every, _ = cell
    return f"{value:g}" + (f" ({min(every):g}–{max(every):g})" if every else "")


def _ratio(ours: tuple[float, list[float], bool], other: tuple[float, list[float], bool]) -> float:
    a, b = (ours[0], other[0]) if ours[2] else (other[0], ours[0])
    return a / b if b else float("inf")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
