"""The German catalogue: complete, in step with the code, and the same places for facts in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import read_mo
from flask import Flask
from flask_babel import Babel

from components import numbers
from components.words import CATALOGUES, LANGUAGES, _, language, ngettext
from dash_app import navigation
from tests.catalogue import FOLDER, catalogue_files, compiled, extracted, forms, read, untranslated

GERMAN = FOLDER / "de" / "LC_MESSAGES" / "messages.po"
PLACES = re.compile(r"%\(\w+\)[sd]|(?<!%)\{\w*\}")
MAX_NAV_LABEL = 26


@pytest.fixture
def german() -> Iterator[Flask]:
    """Return an app inside a request that is answered in German."""
    server = Flask("dash_app")
    Babel(server, locale_selector=lambda: "de")
    with server.test_request_context("/"):
        yield server


def messages() -> list[Message]:
    return [message for message in read(GERMAN) if message.id]


def test_every_language_but_english_has_a_catalogue() -> None:
    assert {file.parents[1].name for file in catalogue_files()} == set(LANGUAGES) - {"en"}


def test_the_catalogue_has_the_words_of_the_code_and_no_others() -> None:
    known, wanted = {forms(one.id) for one in messages()}, {forms(one.id) for one in extracted() if one.id}
    assert sorted(wanted - known) == [], "run `make translations` and translate these"
    assert sorted(known - wanted) == [], "run `make translations`: nothing uses these any more"


def test_no_word_is_without_a_translation() -> None:
    assert [one.id for one in untranslated(read(GERMAN))] == []
    assert [one.id for one in messages() if one.fuzzy] == []


def test_the_compiled_catalogue_is_the_written_one() -> None:
    with GERMAN.with_suffix(".mo").open("rb") as file:
        known = {forms(one.id): forms(one.string or "") for one in read_mo(file) if one.id}
    assert known == {forms(one.id): forms(one.string or "") for one in messages()}, "run `make translations`"


def test_compiling_again_changes_nothing() -> None:
    assert GERMAN.with_suffix(".mo").read_bytes() == compiled(read(GERMAN)), "run `make translations`"


def test_translations_keep_the_places_of_their_facts() -> None:
    wrong = [
        (source, target)
        for message in messages()
        for source, target in zip(forms(message.id), forms(message.string or ""), strict=True)
        if set(PLACES.findall(source)) != set(PLACES.findall(target))
    ]
    assert wrong == []


def test_translations_keep_the_spaces_and_the_full_stop_at_the_ends() -> None:
    def ends(text: str) -> tuple[bool, bool, bool]:
        return text[:1] == " ", text[-1:] == " ", text.rstrip()[-1:] in ".?!…"

    wrong = [
        (source, target)
        for message in messages()
        for source, target in zip(forms(message.id), forms(message.string or ""), strict=True)
        if ends(source) != ends(target) and not re.fullmatch(r"\w{3}", source)
    ]
    assert wrong == []


def test_navigation_labels_fit_in_german(german: Flask) -> None:
    places = {place for row in navigation.NAVIGATION.values() for place in row} | {
        navigation.PROJECTS,
        navigation.STATUS,
    }
    labels = [_(place.label) for place in places] + [_(group.value) for group in navigation.Group if group.value]
    assert [label for label in labels if len(label) > MAX_NAV_LABEL] == []
    assert [_(place.phone_label) for place in places if len(_(place.phone_label)) > 10] == []


def test_a_word_is_german_inside_a_german_request_only(german: Flask) -> None:
    assert (language(), _("Import"), ngettext("%(num)d gap", "%(num)d gaps", 1)) == ("de", "Netzbezug", "1 Lücke")
    assert CATALOGUES in german.extensions


def test_outside_of_a_request_words_are_english() -> None:
    server = Flask("dash_app")
    Babel(server, locale_selector=lambda: "de")
    with server.app_context():
        assert (language(), _("Import"), ngettext("%(num)d gap", "%(num)d gaps", 2)) == ("en", "Import", "2 gaps")
    assert (language(), _("Import")) == ("en", "Import")


def test_numbers_have_a_decimal_comma_in_german(german: Flask) -> None:
    assert [numbers.number(value) for value in (36.24, 1357.4, -12.5)] == ["36,2", "1.357", "−12,5"]
    assert numbers.number(1234.5, 1) == "1.234,5"
    assert numbers.with_unit(118.2, "kW") == "118\xa0kW"
    assert numbers.percent(0.924) == "92\xa0%"
    assert numbers.money(-34.917, "AUD") == "−34,92\xa0AUD"
    assert numbers.separators() == ",."


def test_days_are_written_as_in_german(german: Flask) -> None:
    day = date(2020, 9, 28)
    assert numbers.day_words(day) == "28.\xa0Sep."
    assert numbers.day_words(day, weekday=True, year=True) == "Mo 28.\xa0Sep.\xa02020"
    assert numbers.period_words(date(2020, 9, 27), day) == "27.–28.\xa0Sep.\xa02020"
    assert numbers.period_words(day, date(2020, 10, 4), year=False) == "28.\xa0Sep. – 4.\xa0Okt."
    moment = datetime(2020, 9, 28, 1, 15, tzinfo=UTC)
    assert numbers.moment_words(moment, ZoneInfo("Australia/Melbourne")) == "Mo 28.\xa0Sep. 11:15"
