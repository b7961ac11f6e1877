"""A printed password read aloud."""

import pytest

from idp import vault
from idp.domain.reading import reading


def test_the_sample_of_the_print_rules() -> None:
    assert reading("Km7") == "ケイ・小文字のエム・なな"


def test_every_character_of_letters_has_a_name_of_its_own() -> None:
    every = vault.LETTER_UPPER + vault.LETTER_LOWER + vault.LETTER_DIGIT
    assert len(set(reading(every).split("・"))) == len(every)
    assert not set(every) & set("0Oo1lI5S8B")
    for _ in range(500):
        made = vault.random_letter_password()
        assert len(reading(made).split("・")) == 8
        assert any(c.isupper() for c in made) and any(c.islower() for c in made) and any(c.isdigit() for c in made)


def test_what_has_no_name_is_refused() -> None:
    with pytest.raises(KeyError):
        reading("a-b")
