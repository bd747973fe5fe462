"""The catalogue: why mail is not taken, each cause with a sentence, who must act and what to do, in both languages.

Slots: {host} who said it, {rcpt} {domain} for whom, {provider}, {list} a block list, {url} their link, {last} an
earlier cause.  How a reply is recognised stands in `patterns` and `codes`.
"""

from pyeonji.catalog import causes_reader, causes_sender, causes_server, causes_unspoken
from pyeonji.catalog.cause import Actor, Cause

__all__ = ["CAUSES", "UNSPOKEN", "Actor", "Cause", "catalogue"]

CAUSES: dict[str, Cause] = {
    cause.key: cause for part in (causes_reader, causes_server, causes_sender, causes_unspoken) for cause in part.CAUSES
}
# No reply is explained by these: they are states of our own.
UNSPOKEN = frozenset(cause.key for cause in causes_unspoken.CAUSES)


def catalogue() -> list[dict[str, object]]:
    """All causes as plain values, to be served: {key, actor, actor_at_last, retry, sentence, action, doc}."""
    return [
        {
            "key": cause.key,
            "actor": cause.actor,
            "actor_at_last": cause.who(permanent=True),
            "retry": cause.retry,
            "sentence": {"ko": cause.ko, "en": cause.en},
            "action": {"ko": cause.action_ko, "en": cause.action_en},
            "doc": cause.anchor,
        }
        for cause in CAUSES.values()
    ]
