"""Reading the public corpus that the embedded base is pretrained on.

The folder holds gzipped JSON lines: ``utterances`` (requests with intents and slots), ``text`` and
``books`` (plain text). Each row names its source and licence; the model card lists them.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolsmith_schema.errors import DataError

FILES = ("utterances", "text", "books")


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """The rows of the corpus, in file order."""

    utterances: tuple[dict[str, Any], ...]
    """``utterance, intent, bucket, slots, standalone, source, license``."""
    texts: tuple[str, ...]
    """Plain text, modern first, then books."""
    licences: dict[str, str]
    """Source → licence."""

    @classmethod
    def read(cls, folder: Path | str) -> Corpus:
        """Read the three files of `folder`.

        Raises:
            DataError: a file is missing or malformed.
        """
        folder = Path(folder)
        rows = {name: tuple(_rows(folder / f"{name}.jsonl.gz")) for name in FILES}
        licences = {(str(row["source"]), str(row["license"])) for name in FILES for row in rows[name]}
        return cls(
            utterances=rows["utterances"],
            texts=tuple(row["text"] for name in ("text", "books") for row in rows[name]),
            licences=dict(sorted(licences)),
        )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            for line in stream:
                yield json.loads(line)
    except FileNotFoundError:
        raise DataError(
            path, "there is no such file; --corpus names the folder of the public corpus"
        ) from None
    except (OSError, ValueError) as error:
        raise DataError(path, f"not gzipped JSON lines ({error})") from None
