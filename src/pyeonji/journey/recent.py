"""The last few of something: what spans several rows of the journey is remembered only so far."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MAX_REMEMBERED = 10_000  # of each kind; the oldest is forgotten first


class Recent(OrderedDict[K, V]):
    """A mapping that forgets."""

    def put(self, key: K, value: V) -> None:
        self[key] = value
        self.move_to_end(key)
        if len(self) > MAX_REMEMBERED:
            self.popitem(last=False)
