"""Where folders of other systems go."""

import unicodedata

import pytest

from pyeonji.transfer.places import Place, place_of

OURS = {"\\Sent": "Sent", "\\Drafts": "Drafts", "\\Trash": "Trash", "\\Junk": "Junk", "\\Archive": "보관"}
PLACES = [
    # levels, special use, mailbox
    ((), "", "INBOX"),
    (("INBOX",), "", "INBOX"),
    (("Inbox",), "", "INBOX"),
    (("받은 편지함",), "", "INBOX"),
    (("INBOX", "Sent"), "", "Sent"),
    (("INBOX", "INBOX"), "", "INBOX"),
    (("Sent Items",), "", "Sent"),
    (("보낸편지함",), "", "Sent"),
    (("보낸 메일함",), "", "Sent"),
    (("임시보관함",), "", "Drafts"),
    (("휴지통",), "", "Trash"),
    (("Deleted Items",), "", "Trash"),
    (("스팸메일함",), "", "Junk"),
    (("Junk E-mail",), "", "Junk"),
    (("Archives",), "", "보관"),
    (("Gesendet",), "\\Sent", "Sent"),
    (("[Gmail]", "보낸편지함"), "\\Sent", "Sent"),
    (("[Gmail]", "Sent Mail"), "", "Sent"),
    (("[Gmail]", "스팸함"), "", "Junk"),
    (("Work", "Sent"), "", "Work/Sent"),
    (("Work", "2026"), "", "Work/2026"),
    (("&zlytbA-",), "", "친구"),
    (("R&D",), "", "R&D"),
    (("A/B",), "", "A/B"),
    (("Shared", "Team"), "", "Shared_/Team"),  # names below Shared are those of other people
    (("", "x", ""), "", "x"),
    (("a\x00b\x1f",), "", "ab"),
    (("\x00",), "", "INBOX"),
    (("caf\udce9",), "", "caf\N{REPLACEMENT CHARACTER}"),
    ((unicodedata.normalize("NFD", "한글"),), "", "한글"),  # decomposed, as a Mac writes it
]


@pytest.mark.parametrize(("levels", "special", "name"), PLACES)
def test_the_place_of_a_folder(levels, special, name):
    assert place_of(levels, special, OURS).name == name


def test_views_of_letters_that_are_elsewhere_are_not_taken_and_what_holds_all_goes_to_the_archive():
    assert place_of(("[Gmail]", "Starred"), "\\Flagged", OURS).is_view
    assert place_of(("[Gmail]", "중요편지함"), "", OURS).is_view
    assert place_of(("[Gmail]", "All Mail"), "\\All", OURS) == Place("보관", "\\Archive", holds_all=True)


def test_below_a_mailbox_nothing_is_special():
    assert place_of((), "", OURS, "옛편지").name == "옛편지"
    assert place_of(("INBOX", "Sent"), "", OURS, "옛편지").name == "옛편지/Sent"
    assert place_of(("휴지통",), "\\Trash", OURS, "Old/2020") == Place("Old/2020/휴지통")


def test_a_special_folder_that_is_not_here_is_made_with_its_use():
    assert place_of(("Trash",), "", {}) == Place("Trash", "\\Trash")
    assert place_of(("Corbeille",), "\\Trash", {}) == Place("Corbeille", "\\Trash")


def test_a_name_of_any_length_has_a_place():
    assert len(place_of(("x" * 5000, "y"), "", OURS).name) <= 1000
