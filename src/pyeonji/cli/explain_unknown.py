"""`pyeonji explain --unexplained`: what other servers said that the catalogue could not explain, most first."""

import argparse

from pyeonji.cli import OK
from pyeonji.cli.out import Out
from pyeonji.cli.place import place, seconds_of
from pyeonji.journey.instants import rfc3339
from pyeonji.journey.printable import printable
from pyeonji.journey.troubles import alike
from pyeonji.store import lately

MAX_ROWS = 200_000  # of the journey that are looked at: four seconds
MAX_LISTED = 100  # replies
MAX_HOSTS = 5  # of one reply


def run(args: argparse.Namespace, out: Out) -> int:
    """0; raises StoreError, Problem."""
    here = place(args)
    since = here.now_us() - round(seconds_of(args.since) * 1_000_000)
    with here.homes() as homes:
        found = alike([one for _, home in homes for one in home.engine.read_now(lately.unexplained, since, MAX_ROWS)])
    if out.json:
        out.data(
            [
                {"count": one.count, "words": one.words, "hosts": one.hosts, "last_at": rfc3339(one.first.at_us)}
                for one in found
            ]
        )
    elif not found:
        out.say("explain.all_known", since=args.since)
    else:
        rows = [[str(one.count), printable(one.words), ", ".join(one.hosts[:MAX_HOSTS])] for one in found[:MAX_LISTED]]
        out.table(("times", "said", "hosts"), rows)
    return OK
