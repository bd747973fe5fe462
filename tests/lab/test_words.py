"""Both languages say the same things."""

import re

from pyeonji.catalog import lab_en, lab_ko

SLOT = re.compile(r"\{(\w+)")


def test_each_sentence_of_the_lab_is_there_in_both_languages_with_the_same_slots():
    assert list(lab_ko.SENTENCES) == list(lab_en.SENTENCES)
    for key, korean in lab_ko.SENTENCES.items():
        assert sorted(SLOT.findall(korean)) == sorted(SLOT.findall(lab_en.SENTENCES[key])), key
