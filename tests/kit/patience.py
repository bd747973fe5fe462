"""How long a test waits for what must come: a client for a reply, a look for what another process does.

It is one number, because it says nothing about mail: only a broken server needs it all, so that it may be many times
what the slowest machine takes.  Where a moment is the point of a test (told within a second, gone before the grace),
the test has a number of its own, with its reason.
"""

PATIENCE_S = 90.0  # less than pytest gives a whole test (pyproject.toml): so it is known what was awaited
