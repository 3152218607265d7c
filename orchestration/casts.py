"""From the types that landing files have to the types of the contract, losing nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Conversion:
    """How one column of the files becomes the contract's type.

    ``value`` fails on a value that does not fit, ``attempt`` gives null; ``is_bad`` is true of
    such values. Both are None where every value fits. ``is_refused``: no value of that type
    could ever be meant.
    """

    source: str
    value: str
    attempt: str | None = None
    is_bad: str | None = None
    is_refused: bool = False


_INTEGERS = {
    "TINYINT": 3,
    "UTINYINT": 3,
    "SMALLINT": 5,
    "USMALLINT": 5,
    "INTEGER": 10,
    "UINTEGER": 10,
    "BIGINT": 19,
    "UBIGINT": 20,
    "HUGEINT": 38,
}
_FITS_INTEGER = {"TINYINT", "UTINYINT", "SMALLINT", "USMALLINT", "INTEGER"}
_TIMESTAMPS = {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}
_ZONED = "TIMESTAMP WITH TIME ZONE"
_OFFSET = r"\d{2}:\d{2}.*(Z|z|[+-]\d{2}(:?\d{2})?)$"
_TIMESTAMP_TEXT = (
    r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?\s?(Z|z|[+-]\d{2}(:?\d{2})?)?)?"
)


def convert(source: str, physical: str, data_type: str) -> Conversion:
    """How ``source`` (an expression of type ``physical``) becomes ``data_type``, losing nothing."""
    target = "timestamp" if data_type.startswith("timestamp") else data_type.split("(")[0]
    return _CONVERTERS[target](source, physical, data_type)


def _plain(source: str) -> Conversion:
    return Conversion(source, source)


def _cast(source: str, data_type: str) -> Conversion:
    value = f"cast({source} as {data_type})"
    return Conversion(source, value)


def _refused(source: str) -> Conversion:
    return Conversion(source, source, is_refused=True)


def _checked(source: str, how: Callable[[str], str], is_kept: Callable[[str], str]) -> Conversion:
    """A conversion that may fail. ``how`` makes the expression with ``cast`` or ``try_cast``;
    ``is_kept`` makes the condition that such a value, null where it fails, has lost nothing.
    """
    attempt = how("try_cast")
    is_bad = f"{source} is not null and not coalesce({is_kept(attempt)}, false)"
    return Conversion(source, how("cast"), attempt, is_bad)


def _checked_text(source: str, how: Callable[[str], str], shape: str) -> Conversion:
    """A conversion of text: a cast rounds or reads on where it can, so the shape counts too."""
    attempt = how("try_cast")
    matches = f"regexp_full_match({source}, {quote_text(shape)})"
    is_bad = f"{source} is not null and ({attempt} is null or not {matches})"
    return Conversion(source, how("cast"), attempt, is_bad)


def _is_text(physical: str) -> bool:
    return physical in ("TEXT", "VARCHAR") or physical.startswith("ENUM")


def _decimal_digits(physical: str) -> tuple[int, int] | None:
    """Digits before and after the point that a decimal or integer type can hold."""
    if physical in _INTEGERS:
        return _INTEGERS[physical], 0
    if match := re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", physical.upper()):
        precision, scale = int(match[1]), int(match[2])
        return precision - scale, scale
    return None


def _to_varchar(source: str, physical: str, _: str) -> Conversion:
    if physical in ("TEXT", "VARCHAR"):
        return _plain(source)
    if physical in _INTEGERS or physical == "UUID" or physical.startswith("ENUM"):
        return _cast(source, "varchar")
    return _refused(source)


def _to_number(source: str, physical: str, data_type: str) -> Conversion:
    if data_type in ("integer", "bigint"):
        whole, scale = (10, 0) if data_type == "integer" else (19, 0)
        fits = physical in (
            _FITS_INTEGER if data_type == "integer" else _FITS_INTEGER | {"UINTEGER", "BIGINT"}
        )
    else:
        held = _decimal_digits(data_type)
        if held is None:
            raise ValueError(f"the contract's type {data_type} needs a size, as decimal(18,2)")
        whole, scale = held
        given = _decimal_digits(physical)
        fits = given is not None and given[0] <= whole and given[1] <= scale
    if fits:
        return _cast(source, data_type)

    def how(cast: str) -> str:
        return f"{cast}({source} as {data_type})"

    if _decimal_digits(physical) is not None or physical in ("DOUBLE", "FLOAT"):
        return _checked(source, how, lambda value: f"try_cast({value} as {physical}) = {source}")
    if _is_text(physical):
        shapes = rf"\d+(\.\d{{0,{scale}}}0*)?" + (rf"|\.\d{{1,{scale}}}0*" if scale else "")
        return _checked_text(source, how, rf"\s*[+-]?({shapes})\s*")
    return _refused(source)


def _to_date(source: str, physical: str, _: str) -> Conversion:
    def how(cast: str) -> str:
        return f"{cast}({source} as date)"

    if physical == "DATE":
        return _plain(source)
    if _is_text(physical):
        return _checked_text(source, how, r"\d{4}-\d{2}-\d{2}([ T]00:00(:00(\.0+)?)?)?")
    if physical in _TIMESTAMPS:
        return _checked(source, how, lambda value: f"cast({value} as timestamp) = {source}")
    return _refused(source)


def _to_timestamp(source: str, physical: str, _: str) -> Conversion:
    def how(cast: str) -> str:
        # Cast to a timestamp, DuckDB reads past an offset, so text that has one goes its own way.
        return (
            f"case when regexp_matches({source}, {quote_text(_OFFSET)})"
            f" then timezone('UTC', {cast}({source} as timestamptz))"
            f" else {cast}({source} as timestamp) end"
        )

    if physical == "TIMESTAMP":
        return _plain(source)
    if physical in _TIMESTAMPS or physical == "DATE":
        return _cast(source, "timestamp")
    if physical == _ZONED:
        return Conversion(source, f"timezone('UTC', {source})")
    if _is_text(physical):
        return _checked_text(source, how, _TIMESTAMP_TEXT)
    return _refused(source)


def _to_boolean(source: str, physical: str, _: str) -> Conversion:
    def how(cast: str) -> str:
        return f"{cast}({source} as boolean)"

    if physical == "BOOLEAN":
        return _plain(source)
    if physical in _INTEGERS:
        return _checked(source, how, lambda _: f"{source} in (0, 1)")
    if _is_text(physical):
        return _checked_text(source, how, "(?i)true|false|t|f|1|0")
    return _refused(source)


_CONVERTERS: dict[str, Callable[[str, str, str], Conversion]] = {
    "varchar": _to_varchar,
    "integer": _to_number,
    "bigint": _to_number,
    "decimal": _to_number,
    "date": _to_date,
    "timestamp": _to_timestamp,
    "boolean": _to_boolean,
}


def described(data_type: str) -> str:
    """What a type holds, in the words of an error message."""
    if data_type.startswith("decimal"):
        precision, scale = re.findall(r"\d+", data_type)
        whole = int(precision) - int(scale)
        return f"a {data_type}; expected at most {whole} digits before the point and {scale} after"
    return {
        "integer": "an integer; expected a whole number of at most 2,147,483,647",
        "bigint": "a bigint; expected a whole number",
        "date": "a date; expected a calendar date such as 2025-12-31",
        "timestamp": "a timestamp; expected UTC such as 2025-12-31 23:59:59, or with an offset",
        "boolean": "a boolean; expected true or false",
    }[data_type]


def quote_text(value: str) -> str:
    """An SQL string literal."""
    return "'" + value.replace("'", "''") + "'"


def quote_name(value: str) -> str:
    """An SQL identifier."""
    return '"' + value.replace('"', '""') + '"'


def glob_escape(path: str) -> str:
    """A path that DuckDB's file functions read as itself, whatever characters it has."""
    return re.sub(r"([*?[])", r"[\1]", path)
