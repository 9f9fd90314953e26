"""The way of one request in docs/architecture.md is the way that a request really takes."""

import re
import sys
from pathlib import Path

from bandstand.model.crs import CRS84, WEB_MERCATOR, transformer

DOC = Path(__file__).parents[2] / "docs" / "architecture.md"


def documented():
    section = DOC.read_text(encoding="utf-8").split("## The way of one request")[1].split("## The rooms")[0]
    return re.findall(r"^\| \w+ \| `([\w.:]+)` \|", section, re.MULTILINE)


def trace(call):
    """First calls of the package's functions, in order, as `room.module:function`."""
    seen = {}

    def hook(frame, event, _):
        if event == "call" and "/bandstand/" in frame.f_code.co_filename:
            module = frame.f_globals.get("__name__", "").removeprefix("bandstand.")
            seen.setdefault(f"{module}:{frame.f_code.co_qualname}", len(seen))

    before = sys.getprofile()
    sys.setprofile(hook)
    try:
        call()
    finally:
        sys.setprofile(before)
    return seen


def test_a_tile_takes_the_documented_way(client):
    box = client.get("/api/layers").json["layers"][0]["bbox"]
    x, y = transformer(CRS84, WEB_MERCATOR).transform((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    col, row = (int((value + 20037508.342789244) / (2 * 20037508.342789244) * 2**15) for value in (x, -y))
    address = f"/xyz/s2_l2a/15/{col}/{row}.png?expr=NDVI&time=2022-07-19"
    # What is learnt once (which bands the collection has) is not the way of every request.
    client.get(address.replace("NDVI", "NDWI"))
    seen = trace(lambda: client.get(address))
    missing = [step for step in documented() if step not in seen]
    assert missing == []
    order = [seen[step] for step in documented()]
    assert order == sorted(order)
