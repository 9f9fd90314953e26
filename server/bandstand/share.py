"""Finds the data that ships beside the code: styles, recipes, the manual and the reference configuration."""

from pathlib import Path

_PACKED = Path(__file__).parent / "share"
_CHECKOUT = Path(__file__).parents[2]


def shipped(name: str) -> Path:
    """The shipped file or folder `styles`, `evalscripts`, `docs` or `config.yml`.

    An installed wheel carries it inside the package; a checkout has it at its top level.

    Raises:
        FileNotFoundError: Neither is there: a broken installation.
    """
    for root in (_PACKED, _CHECKOUT):
        candidate = root / name
        if candidate.exists():
            return candidate
    raise FileNotFoundError(f"{name} is missing from this installation of Bandstand")
