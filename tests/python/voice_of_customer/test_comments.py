"""Comments are data: their words are found, and none of them stops the reading."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from types import ModuleType

import pytest

from orchestration.contract import PROJECT_DIR

ROOM = PROJECT_DIR / "models" / "intermediate" / "voice_of_customer"
ODD_COMMENTS = {
    "none": None,
    "empty": "",
    "blanks": " \t\n ",
    "emoji": "\U0001f600\U0001f621\U0001f44d\U0001f3fd",
    "null signs": "\x00\x00",
    "right to left": "\u202eoverride\u202c \u0645\u0631\u062d\u0628\u0627",
    "chinese": "\u5f88\u597d\u7528\u7684\u4ea7\u54c1",
    "a megabyte of one word": "x" * 1_048_576,
    "a megabyte of words": "slow app " * 116_508,
    "a megabyte of stops": "." * 1_048_576,
    "a megabyte of brackets": "(:" * 524_288,
    "markup": "<b>Good</b> {{ 1 / 0 }} '; drop table x; --",
    "numbers": "10/10 100% 3.14",
    "combining": "a" + "\u0301" * 5000,
    "half a pair": "caf\u00e9 \ufffd \ufeff",
}


def _model(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOM / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def terms() -> ModuleType:
    return _model("int_comment_terms")


@pytest.fixture(scope="module")
def polarities() -> ModuleType:
    return _model("int_comment_polarities")


def test_words_and_phrases_are_found_within_sentences(terms) -> None:
    assert terms.comment_terms("Support closes tickets. Slow tickets!") == [
        "closes",
        "closes tickets",
        "slow",
        "slow tickets",
        "support",
        "support closes",
        "support closes tickets",
        "tickets",
    ]


def test_stop_words_are_no_words_and_do_not_end_phrases(terms) -> None:
    assert terms.comment_terms("The plan of the week") == ["plan", "week"]
    assert terms.comment_terms("Return on investment") == [
        "investment",
        "return",
        "return on investment",
    ]


def test_a_negation_begins_a_phrase_and_is_no_word(terms) -> None:
    assert terms.comment_terms("Closed without fixing") == [
        "closed",
        "closed without fixing",
        "fixing",
        "without fixing",
    ]
    assert terms.comment_terms("Not usable") == ["not usable", "usable"]
    assert terms.comment_terms("usable not") == ["usable"]


def test_a_term_stands_once_a_comment(terms) -> None:
    assert terms.comment_terms("Slow. slow, SLOW") == ["slow"]


def test_hyphens_and_apostrophes_hold_words_together(terms) -> None:
    assert terms.comment_terms("It's the go-live we didn't plan") == [
        "didn't",
        "didn't plan",
        "go-live",
        "go-live we didn't",
        "plan",
    ]


def test_words_of_software_are_kept_though_the_library_stops_them(terms) -> None:
    assert "system" in terms.comment_terms("The system")
    assert "bill" in terms.comment_terms("A bill")
    assert terms.TELLING_WORDS <= terms.ENGLISH_STOP_WORDS


def test_numbers_alone_and_endless_words_are_no_terms(terms) -> None:
    assert terms.comment_terms("100 2024") == []
    assert terms.comment_terms("x" * 40) == ["x" * 40]
    assert terms.comment_terms("x" * 41) == []


def test_a_deleted_comment_has_no_words_and_is_neutral(terms, polarities) -> None:
    assert terms.comment_terms("deleted") == []
    assert terms.comment_terms("They deleted it") == ["deleted"]
    assert polarities.comment_polarity("deleted") == 0


def test_a_comment_is_read_to_its_ten_thousandth_sign(terms) -> None:
    assert terms.comment_terms(" " * 9_994 + "thanks") == ["thanks"]
    assert terms.comment_terms(" " * 10_000 + "thanks") == []


@pytest.mark.parametrize("comment", ODD_COMMENTS.values(), ids=ODD_COMMENTS)
def test_no_comment_stops_the_reading(terms, polarities, comment) -> None:
    found = terms.comment_terms(comment)
    assert found == sorted(set(found))
    assert all(term and len(term) <= 3 * 40 + 2 for term in found)
    assert -1 <= polarities.comment_polarity(comment) <= 1


def test_words_alone_say_good_or_bad(polarities) -> None:
    assert polarities.comment_polarity("Excellent, thank you") > 0.5
    assert polarities.comment_polarity("Terrible and expensive") < -0.5
    assert polarities.comment_polarity("The week of the plan") == 0
    assert polarities.comment_polarity("Not good") < 0 < polarities.comment_polarity("Good")
    assert polarities.comment_polarity(None) == 0


OFFLINE = """
import runpy, socket, sys

def no_network(*_arguments):
    raise AssertionError("a lexicon was fetched")

socket.socket.connect = socket.getaddrinfo = no_network
model = runpy.run_path(sys.argv[1])
print(model["comment_polarity"]("A wonderful, quick team"))
"""


def test_the_lexicon_needs_no_network() -> None:
    said = subprocess.run(
        [sys.executable, "-c", OFFLINE, str(ROOM / "int_comment_polarities.py")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert float(said.stdout) > 0.3
