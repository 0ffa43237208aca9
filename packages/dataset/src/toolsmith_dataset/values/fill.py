"""What goes into one placeholder: the text, and which parts of it are values of arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from toolsmith_dataset.draw import Draw


@dataclass(frozen=True, kw_only=True)
class Span:
    """A part of a text that is the value of an argument."""

    argument: str
    """The tool's argument."""
    start: int
    """Index of the first character."""
    end: int
    """Index after the last character."""
    item: bool = False
    """True when it is one item of a list argument."""

    def moved(self, by: int) -> Span:
        """The same span, `by` characters further on."""
        return replace(self, start=self.start + by, end=self.end + by)


@dataclass(frozen=True, kw_only=True)
class Fill:
    """A filled placeholder."""

    text: str
    """What stands in the request."""
    spans: tuple[Span, ...] = ()
    """The values of arguments in `text`."""
    fixed: Mapping[str, str] = field(default_factory=dict)
    """Arguments that are enumerations, with the value that the text stands for."""
    keys: tuple[str, ...] = ()
    """What the text means, for telling two fills apart."""
    meant: object = None
    """What the span has to be converted to, where that is known."""

    @classmethod
    def of(
        cls, argument: str, value: str, *, before: str = "", keys: tuple[str, ...] = (), meant: object = None
    ) -> Fill:
        """A fill whose value is `value`, with a preposition `before` it that does not belong to the value."""
        lead = f"{before} " if before else ""
        span = Span(argument=argument, start=len(lead), end=len(lead) + len(value))
        return cls(text=lead + value, spans=(span,), keys=keys or (value.casefold(),), meant=meant)


@dataclass(frozen=True, kw_only=True)
class Context:
    """Where a placeholder stands."""

    draw: Draw
    """The source of choices."""
    split: str
    """The split whose values may be used."""
    now: datetime
    """The user's clock."""
    tool: str = ""
    """The tool that the request is for; empty when there is none."""
    register: str = "plain"
    """The register of the wording."""
    before: str = ""
    """The wording's text before the placeholder."""
    after: str = ""
    """The wording's text after it."""
    used: tuple[str, ...] = ()
    """Keys of the other fills of this request."""

    @property
    def typed(self) -> bool:
        """Whether people write short here."""
        return self.register in ("terse", "noisy")
