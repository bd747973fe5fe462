"""The long run: `python -m fuzz 1000000 [TARGET ...]`.  Each finding becomes a file in corpus/ that runs as a test."""

import hashlib
import os
import sys
import time

from fuzz.engine import run
from fuzz.targets import TARGETS
from fuzz.test_fuzz import CORPUS


def main(count: int, names: list[str]) -> int:
    seed = int(os.environ.get("SEED", "1"))
    findings = 0
    for name in names or TARGETS:
        began = time.process_time()
        report = run(TARGETS[name], seed, count)
        for finding in report.findings:
            folder = CORPUS / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / hashlib.sha256(finding.octets).hexdigest()[:12]).write_bytes(finding.octets)
            print(f"  {finding.because}: {finding.octets[:120]!r}")
        findings += len(report.findings)
        print(
            f"{name}: {report.inputs} inputs, {report.refused} refused, slowest {report.slowest_s * 1000:.0f} ms, "
            f"{len(report.findings)} findings, {time.process_time() - began:.0f} s",
            flush=True,
        )
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
