"""table.py RESULTS: the lines of one run as a Markdown table, ours against each peer."""

import json
import sys
from pathlib import Path


def main(results: Path) -> None:
    rows = [json.loads(line) for line in results.read_text("utf-8").splitlines() if line.startswith("{")]
    for row in rows:
        row["cell"] = "{sessions} sessions, {size} octets, keep {keep}, {rcpts} recipients".format(**row)
    cells = list(dict.fromkeys(row["cell"] for row in rows))
    labels = list(dict.fromkeys(row.get("label", "") for row in rows))
    by = {(row.get("label"), row.get("cell")): row for row in rows}
    print("| cell | " + " | ".join(labels) + " | ratios |")
    print("|---" * (len(labels) + 2) + "|")
    for cell in cells:
        figures, ratios = [], []
        ours = by.get(("pyeonji", cell), {}).get("delivered_s", 0)
        for label in labels:
            row = by.get((label, cell), {})
            spread = row.get("delivered_all") or []
            figures.append(
                f"{row.get('delivered_s', 0):.0f} ({min(spread, default=0):.0f}–{max(spread, default=0):.0f})"
            )
            if label != "pyeonji" and row.get("delivered_s"):
                ratios.append(f"{ours / row['delivered_s']:.1f} × {label}")
        print(f"| {cell} | " + " | ".join(figures) + " | " + ", ".join(ratios) + " |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
