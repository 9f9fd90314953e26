"""A file in the folder is a member: collects the constants of a family, plus those of other packages."""

import importlib
import pkgutil
from importlib.metadata import entry_points
from types import ModuleType


def members(package: ModuleType, constant: str, *, group: str) -> list[object]:
    """The value of `constant` in every module of a package that has one, by module name.

    Args:
        package: Its modules are imported; one without the constant is no member.
        constant: `FORMAT`, `PAINTER`, `SERVICE`, …; a tuple or list counts as several members.
        group: Entry point group of members that other packages bring: `bandstand.formats`.

    Returns:
        Built-in members first, then those of other packages.
    """
    found: list[object] = []
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        found.extend(_values(getattr(module, constant, None)))
    for point in sorted(entry_points(group=group), key=lambda p: p.name):
        found.extend(_values(point.load()))
    return found


def _values(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, tuple | list) else [value]
