"""The page on security lists every call that reads what others wrote."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "server" / "bandstand"
CALLS = re.compile(
    r"etree\.(fromstring|parse|XML)\(|yaml\.(safe_load|load|compose)\(|json\.loads?\(|rasterio\.open\(|MemoryFile\("
    r"|np\.frombuffer\(|imagecodecs\.\w+_decode\(|simplejpeg\.decode|ImageFont\.\w*load\w*\(|(Image|Pillow)\.open\("
    r"|CRS\.from_user_input\(|h5py\.File\(|pickle\.(loads?\(|Unpickler\b)"
)
WRITERS = {"demo/write.py", "encode/hdf5.py"}
"""Who makes files and reads none."""


def test_the_page_lists_every_reader_and_no_other():
    listed = set(re.findall(r"`([a-z0-9_/]+\.py)`", (ROOT / "docs" / "security.md").read_text()))
    found = {str(p.relative_to(SERVER)) for p in SERVER.rglob("*.py") if CALLS.search(p.read_text())}
    assert listed == found - WRITERS
