"""No map server at all: one static file of a tile's size, to find the ceiling of the loader."""

import subprocess

from benchmarks.peers import nginx
from benchmarks.peers.target import Target
from benchmarks.workloads import Position

FILE_BYTES = 45_000


class Static(Target):
    """nginx with a file of 45 kB."""

    name = "static"

    def prepare(self) -> None:
        nginx.command()
        (self.folder / "tile.png").write_bytes(bytes(FILE_BYTES))
        nginx.write_static(self.folder, self.port, self.folder)

    def launch(self) -> None:
        self.spawn([nginx.command(), "-c", str(self.folder / "nginx.conf"), "-e", str(self.folder / "log.txt")])

    def path(self, position: Position) -> str:  # noqa: ARG002  whatever is asked, the file is the answer
        return "/tile.png"

    def facts(self) -> dict[str, object]:
        version = subprocess.run([nginx.command(), "-v"], capture_output=True, text=True, check=True).stderr.strip()
        return {"version": version, "arrangement": "1 process", "settings": f"static file of {FILE_BYTES} bytes"}
