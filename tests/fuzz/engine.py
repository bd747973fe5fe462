"""Octets nobody meant, made from words of a grammar and from what was found before; and who judges what comes of them.

A finding is an exception that a grammar does not name, or an input of up to 64 KiB that takes longer than SLOW_S (G10).
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

SLOW_S = 0.5  # seconds of processor time for one input: G10 asks 0.1, of a machine that does nothing else
LARGEST = 64 * 1024  # octets
RARELY_LARGE = 0.0005  # how many inputs are of that size
ODD = (b"\0", b"\r", b"\n", b"\r\n", b"\xff", b"\x80", b"\xed\xa0\x80", b"\xf0\x9f", b"\x1b", b" ", b"\t", b"9" * 25)


@dataclass(frozen=True)
class Target:
    """`run` reads octets; `errors` are its ways of saying no; `words` and `seeds` are what its language is made of."""

    name: str
    run: Callable[[bytes], object]
    words: tuple[bytes, ...]
    seeds: tuple[bytes, ...] = ()
    errors: tuple[type[Exception], ...] = ()


@dataclass
class Finding:
    """An input that must not be, and why."""

    octets: bytes
    because: str


@dataclass
class Report:
    """What a run has seen."""

    inputs: int = 0
    refused: int = 0  # inputs the grammar said no to
    slowest_s: float = 0.0
    findings: list[Finding] = field(default_factory=list)


def judged(target: Target, octets: bytes, report: Report) -> Finding | None:
    """What is wrong with this input, if anything."""
    report.inputs += 1
    began = time.thread_time()
    try:
        target.run(octets)
    except target.errors:
        report.refused += 1
    except Exception as error:  # noqa: BLE001 - whatever escapes is what we look for
        return Finding(octets, f"{type(error).__name__}: {str(error)[:200]}")
    took = time.thread_time() - began
    report.slowest_s = max(report.slowest_s, took)
    return Finding(octets, f"took {took:.2f} s for {len(octets)} octets") if took > SLOW_S else None


def run(target: Target, seed: int, count: int, most_findings: int = 20) -> Report:
    """So many inputs; the same seed gives the same ones."""
    chance = random.Random(f"{seed} {target.name}")
    report, kept = Report(), list(target.seeds)
    for _ in range(count):
        octets = made(chance, target.words, kept)
        refused = report.refused
        finding = judged(target, octets, report)
        if finding is not None and "took" in finding.because:
            finding = judged(target, octets, report)  # the machine may have been busy
        if finding is not None:
            report.findings.append(finding)
            if len(report.findings) >= most_findings:
                break
        elif report.refused == refused and len(octets) < 500:
            # What was understood is a better place to begin than what was not.
            if len(kept) < 300:
                kept.append(octets)
            else:
                kept[chance.randrange(300)] = octets
    return report


def made(chance: random.Random, words: tuple[bytes, ...], kept: list[bytes]) -> bytes:
    """One input."""
    kind = chance.random()
    if kind < RARELY_LARGE:
        return large(chance, words)
    if kind < 0.45 and kept:
        return changed(chance, words, kept)
    if kind < 0.9:
        return b"".join(chance.choices(words, k=chance.randrange(1, 14)))
    return b"".join(chance.choice((*words, *ODD, chance.randbytes(3))) for _ in range(chance.randrange(1, 20)))


def changed(chance: random.Random, words: tuple[bytes, ...], kept: list[bytes]) -> bytes:
    """Something that was understood before, with a few changes."""
    octets = bytearray(chance.choice(kept))
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(octets) + 1)
        match chance.randrange(6):
            case 0:
                octets[at:at] = chance.choice(words)
            case 1:
                octets[at:at] = chance.choice(ODD)
            case 2:
                del octets[at : at + chance.randrange(1, 9)]
            case 3:
                octets[at : at + 1] = bytes([chance.randrange(256)])
            case 4:
                other = chance.choice(kept)
                octets[at:] = other[chance.randrange(len(other) + 1) :]
            case 5:
                octets[at:at] = octets[max(0, at - chance.randrange(1, 40)) : at] * chance.randrange(1, 4)
    return bytes(octets[:LARGEST])


def large(chance: random.Random, words: tuple[bytes, ...]) -> bytes:
    """A few words again and again, with something in front and behind: where time grows faster than its input."""
    again = b"".join(chance.choices((*words, *ODD), k=chance.randrange(1, 4))) or b"x"
    front, behind = (b"".join(chance.choices(words, k=chance.randrange(0, 4))) for _ in range(2))
    return (front + again * (LARGEST // len(again)) + behind)[:LARGEST]
