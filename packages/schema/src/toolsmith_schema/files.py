"""Files that survive a crash: written beside their place and renamed into it, read line by line."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from toolsmith_schema.errors import DataError


def write_bytes(path: Path | str, data: bytes) -> Path:
    """Write `data` to `path` atomically: after a crash the file is the old one or the new one."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def write_text(path: Path | str, text: str) -> Path:
    """Write `text` as UTF-8, line ends as they are, atomically."""
    return write_bytes(path, text.encode("utf-8"))


def write_json(path: Path | str, value: Any) -> Path:
    """Write `value` as indented JSON, atomically."""
    return write_text(path, to_json(value, indent=2) + "\n")


def write_jsonl(path: Path | str, rows: Iterable[dict[str, Any]]) -> Path:
    """Write one JSON object a line, atomically."""
    return write_text(path, "".join(to_json(row) + "\n" for row in rows))


def to_json(value: Any, *, indent: int | None = None) -> str:
    """`value` as JSON that can be written as UTF-8: half a surrogate pair, which cannot, is escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=indent)
    return text


def read_json(path: Path | str) -> Any:
    """Read a JSON file.

    Raises:
        DataError: the file is missing, not UTF-8, or not JSON.
    """
    try:
        return json.loads(Path(path).read_text("utf-8"))
    except FileNotFoundError:
        raise DataError(path, "there is no such file") from None
    except IsADirectoryError:
        raise DataError(path, "this is a directory, a JSON file is wanted") from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise DataError(path, f"not a JSON file in UTF-8 ({error})") from None


def read_jsonl(path: Path | str, *, torn_tail: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON-lines file; blank lines are passed over.

    `torn_tail` accepts a last line without a line end that does not parse, the trace of a crash in mid-write.

    Raises:
        DataError: the file is missing, or a line is not a JSON object.
    """
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        raise DataError(path, "there is no such file") from None
    except IsADirectoryError:
        raise DataError(path, "this is a directory, a JSON-lines file is wanted") from None
    lines = data.split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode("utf-8"))
        except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
            if torn_tail and number == len(lines):
                return
            raise DataError(path, f"not a JSON object in UTF-8 ({error})", line=number) from None
        if not isinstance(row, dict):
            raise DataError(path, f"a JSON object is wanted, got {type(row).__name__}", line=number)
        yield row


def sha256(path: Path | str) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
