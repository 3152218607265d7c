# One row per survey response and term of its comment: a word, or a phrase of up to three.
# A comment is data: whatever it holds, it gives terms or none, and never stops the build.
import re

import pyarrow as pa
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

# What stands for the words of somebody who asked for deletion (macros/deleted_text.sql).
DELETED = "deleted"
# No comment that somebody wrote is longer, nor is a word.
LONGEST_COMMENT = 10_000
LONGEST_WORD = 40
LONGEST_PHRASE = 3
NEGATIONS = frozenset({"no", "not", "never", "nobody", "nothing", "without", "cannot"})
# Words of the library's list that say something about software and its makers.
TELLING_WORDS = frozenset(
    {"amount", "bill", "call", "describe", "detail", "empty", "fill", "find", "found"}
    | {"full", "interest", "move", "serious", "show", "system"}
)
STOP_WORDS = (ENGLISH_STOP_WORDS | NEGATIONS) - TELLING_WORDS
END_OF_SENTENCE = re.compile(r"[.!?;:,()\n\r]+(?:\s|$)")
WORD = r"(?u)\b\w\w+(?:[-'\u2019]\w+)*\b"


def _is_stop_word(word: str) -> bool:
    stem, _, ending = word.replace("\u2019", "'").partition("'")
    return (stem in STOP_WORDS or word in STOP_WORDS) and ending != "t"


def _says_something(term: str) -> bool:
    words = term.split(" ")
    first, last = words[0], words[-1]
    if any(len(word) > LONGEST_WORD for word in words) or _is_stop_word(last):
        return False
    if not any(character.isalpha() for character in term):
        return False
    return not _is_stop_word(first) or (len(words) > 1 and first in NEGATIONS)


def comment_terms(comment: str | None) -> list[str]:
    """The words of a comment and its phrases within a sentence, each once, in order.

    A stop word is no word, and neither begins nor ends a phrase, but for a negation that begins
    one: "without solving", not "of the". What was deleted has no words.
    """
    if comment == DELETED:
        return []
    tokens = CountVectorizer(token_pattern=WORD, ngram_range=(1, LONGEST_PHRASE)).build_analyzer()
    terms: set[str] = set()
    for sentence in END_OF_SENTENCE.split((comment or "")[:LONGEST_COMMENT]):
        terms.update(filter(_says_something, tokens(sentence)))
    return sorted(terms)


def model(dbt, session):  # noqa: ARG001
    dbt.config(materialized="table")
    comments = dbt.ref("int_survey_answers").filter("comment is not null")
    rows = comments.select("response_id, comment").order("response_id").fetchall()
    found = [(response_id, term) for response_id, text in rows for term in comment_terms(text)]
    return pa.table(
        {
            "response_id": pa.array([row[0] for row in found], pa.string()),
            "term": pa.array([row[1] for row in found], pa.string()),
            "word_count": pa.array([row[1].count(" ") + 1 for row in found], pa.int32()),
        }
    )
