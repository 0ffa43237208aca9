"""Made-up words: syllables, and codes and telephone numbers that mean nothing."""

from __future__ import annotations

import random

_ONSETS = (
    "b c d f g h j k l m n p r s t v w y z " * 4
    + "br ch cl cr dr fl fr gl gr kh kl kr ng ny ph pl pr qu sh sk sl sm sn sp st th tr ts tw zh"
).split()
_NUCLEI = ("a e i o u " * 6 + "ai au ee ei ia ie io oa oo ou ua ue ö ü á é").split()
_CODAS = [""] * 6 + "n r l s t k m ng sh rd nt x ck lt nd".split()


def syllables(rng: random.Random, count: int) -> str:
    """A made-up word of `count` syllables."""
    return "".join(rng.choice(_ONSETS) + rng.choice(_NUCLEI) + rng.choice(_CODAS) for _ in range(count))


def code(rng: random.Random) -> str:
    """A reference such as ``ZX-4418``, ``#2093`` or ``77-k``."""
    letters = "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(rng.randint(1, 3)))
    digits = "".join(rng.choice("0123456789") for _ in range(rng.randint(2, 5)))
    return rng.choice(
        (f"{letters}-{digits}", f"{letters}{digits}", f"#{digits}", digits, f"{digits}-{letters.lower()}")
    )


def phone(rng: random.Random) -> str:
    """A telephone number."""
    prefix, area = rng.choice(("+44 ", "0", "+1 ", "")), rng.randint(100, 999)
    return f"{prefix}{area}{rng.choice((' ', '-', ''))}{rng.randint(1000, 9999)}"
