"""Whoever follows what is told of results has them: in the order of the mailbox, or in one of its own."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kit.examples import examples
from kit.following import Following
from pyeonji.access.imap.followed import Followed
from pyeonji.proto.imap import found

uids = st.sets(st.integers(1, 60))
steps = st.lists(st.tuples(st.booleans(), uids), max_size=12)


@settings(max_examples=examples(300), deadline=None)
@given(uids, steps, st.permutations(range(61)) | st.none())
def test_what_goes_out_and_comes_in_is_told_so_that_the_results_follow(first, steps, ranks):
    def rank(uid):
        return uid if ranks is None else (ranks[uid] % 7, uid)  # many have the same

    followed = Followed(sorted(first, key=rank), in_order=ranks is not None)
    client, there = Following(), set(first)
    client.begin("a", sorted(first, key=rank), uid=True, in_order=ranks is not None)
    for comes, chosen in steps:
        if comes:
            told = followed.add(sorted(chosen, key=rank), lambda uid, other: rank(uid) < rank(other))
            items, fresh = [found.added_item(told)], chosen - there
            there |= chosen
        else:
            told = followed.remove(sorted(chosen))
            items, fresh = [found.removed_item(told)], chosen & there
            there -= chosen
        assert bool(told) is bool(fresh)
        if told:
            client.hear(found.esearch("a", items, uid=True))
        assert client.results["a"] == sorted(there, key=rank)
        assert len(followed) == len(there)
