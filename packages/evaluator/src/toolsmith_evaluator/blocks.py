"""Generated blocks of a README: text between two marker lines that a command writes and a test compares.

::

    <!-- speed:begin -->
    …
    <!-- speed:end -->
"""

from __future__ import annotations

from pathlib import Path

from toolsmith_schema.errors import DataError
from toolsmith_schema.files import write_text


def block_of(readme: Path | str, name: str) -> str:
    """The text of block `name` as it stands in `readme`, without markers and blank lines around it.

    Raises:
        DataError: the file is missing, or does not hold the two markers once each and in order.
    """
    text = _read(readme)
    start, end = _span(readme, text, name)
    return text[start:end].strip()


def put(readme: Path | str, name: str, block: str) -> bool:
    """Make `block` the text of block `name`; returns whether anything changed.

    Raises:
        DataError: as for `block_of`.
    """
    text = _read(readme)
    start, end = _span(readme, text, name)
    new = f"{text[:start]}\n\n{block.strip()}\n\n{text[end:]}"
    if new != text:
        write_text(readme, new)
    return new != text


def _span(readme: Path | str, text: str, name: str) -> tuple[int, int]:
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise DataError(readme, f"the lines {begin} and {end} are wanted, once each and in this order")
    return text.index(begin) + len(begin), text.index(end)


def _read(readme: Path | str) -> str:
    try:
        return Path(readme).read_text("utf-8")
    except FileNotFoundError:
        raise DataError(readme, "there is no such file") from None
