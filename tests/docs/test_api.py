"""Every example of docs/api.md does what the page says, against a running server."""

import json
import re
import shutil
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
CONSOLE = [line for block in re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]


@pytest.mark.parametrize("line", CONSOLE, ids=lambda line: line[:60])
def test_an_example_runs(live, tmp_path, line):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed (Debian: curl)")
    command = line.replace("curl ", "curl --fail-with-body --silent --show-error ", 1)
    answer = subprocess.run(
        ["/bin/bash", "-c", command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"BASE": live, "HOME": str(tmp_path), "PATH": "/usr/local/bin:/usr/bin:/bin"},
    )
    assert answer.returncode == 0, (answer.stdout, answer.stderr)
    pictures = list(tmp_path.glob("*.png"))
    for path in pictures:
        with Image.open(path) as picture:
            assert picture.getbbox() is not None
    assert pictures or json.loads(answer.stdout)


@pytest.mark.parametrize(
    ("sign", "status"), [("<", b"200"), (">", b"200"), ("%3C", b"200"), (" < ", b"400"), ("\u2264", b"400")]
)
def test_raw_signs_are_taken_where_an_address_may_have_them(live, sign, status):
    place = urlsplit(live)
    with socket.create_connection((place.hostname, place.port), timeout=30) as wire:
        target = f'/api/expressions/validate?layer=s2_l2a&expr=B08{sign}0.3&picture="x"'
        wire.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        head = wire.makefile("rb").readline()
    assert head.split()[1] == status
