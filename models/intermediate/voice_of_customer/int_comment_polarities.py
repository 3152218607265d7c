# One row per survey response with a comment: what its words alone say, from -1 to 1.
# The lexicon is part of the library: nothing is downloaded when this runs.
import pyarrow as pa
from textblob.en import polarity

# No comment that somebody wrote is longer.
LONGEST_COMMENT = 10_000


def comment_polarity(comment: str | None) -> float:
    """From -1 (only bad words) to 1 (only good ones); 0 where no word is known."""
    return max(-1.0, min(1.0, round(float(polarity((comment or "")[:LONGEST_COMMENT])), 4)))


def model(dbt, session):  # noqa: ARG001
    dbt.config(materialized="table")
    comments = dbt.ref("int_survey_answers").filter("trim(comment) <> ''")
    rows = comments.select("response_id, comment").order("response_id").fetchall()
    return pa.table(
        {
            "response_id": pa.array([row[0] for row in rows], pa.string()),
            "polarity": pa.array([comment_polarity(row[1]) for row in rows], pa.float64()),
        }
    )
