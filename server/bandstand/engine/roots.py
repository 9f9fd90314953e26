"""Where the files may lie that documents of an archive name."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bandstand.read.plain import real


@dataclass(frozen=True, slots=True)
class Roots:
    """Folders without links: the sources, and what the configuration adds."""

    folders: frozenset[Path]

    @classmethod
    def of(cls, folders: Iterable[Path]) -> "Roots":
        """As people name them."""
        return cls(frozenset(real(folder) for folder in folders))

    def refusal(self, path: Path, document: Path) -> str:
        """Why a document may not name a file; empty where it may.

        A file lies where its path ends when all links are followed: below a root, or below the document's own folder.
        Whether there is a file is not asked: its name would tell what else is on the machine.
        """
        end = real(path)
        if any(end.is_relative_to(folder) for folder in (*self.folders, real(document.parent))):
            return ""
        return f"{path} lies outside of the sources; if it is part of the archive, name its folder in archive: roots"
