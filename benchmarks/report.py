"""From rows to tables: medians, ratios to the best peer with their range, and the block of `docs/performance.md`.

`python -m benchmarks.report OUT/rows.jsonl [--update docs/performance.md]` prints the table, and writes it between the
two marks of a document.
"""

import argparse
import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

BEGIN, END = "<!-- benchmark:begin -->", "<!-- benchmark:end -->"
OURS = "bandstand"
NOTHING = "\N{EN DASH}"
MEASURED = (
    "Measured on {processor}, {cores} cores, {system}, on {day}; archive scale {scale}, {rounds} round(s), "
    "{seconds} s a slot."
)
LEGEND = (
    "Each cell: p50 in ms at one client · requests/s at eight. Ratios are to the best peer of the same round: median, "
    "and range over the rounds. Above 1 Bandstand is ahead."
)
Row = dict[str, Any]
Key = tuple[str, int, str]


def read_rows(file: Path) -> list[Row]:
    """The rows of a run."""
    return [json.loads(line) for line in file.read_text().splitlines() if line.strip()]


def usable(rows: Iterable[Row]) -> list[Row]:
    """Rows that count: no error, not wrapped, and drawn alike."""
    return [row for row in rows if not row["errors"] and not row["wrapped"] and row.get("same_picture", True)]


def medians(rows: Iterable[Row], field: str) -> dict[Key, float]:
    """The median over the rounds by workload, clients and target."""
    found: dict[Key, list[float]] = defaultdict(list)
    for row in rows:
        found[row["workload"], row["clients"], row["target"]].append(row[field])
    return {key: median(values) for key, values in found.items()}


def ratios(rows: Iterable[Row], workload: str, clients: int, ours: str = OURS) -> list[float]:
    """How many times better than the best peer, round by round; above 1 we are ahead.

    At one client the latency counts (p50), at more the throughput. The best peer is chosen anew each round.
    """
    rounds: dict[int, dict[str, float]] = defaultdict(dict)
    for row in rows:
        if row["workload"] == workload and row["clients"] == clients:
            rounds[row["round"]][row["target"]] = 1 / row["p50_ms"] if clients == 1 else row["rate"]
    found = []
    for speeds in rounds.values():
        peers = [speed for target, speed in speeds.items() if not target.startswith(ours)]
        if ours in speeds and peers:
            found.append(speeds[ours] / max(peers))
    return found


def table(rows: list[Row]) -> str:
    """The Markdown table: p50 at one client, requests a second at the most clients, and the ratios."""
    counted = usable(rows)
    workloads = list(dict.fromkeys(row["workload"] for row in rows))
    targets = list(dict.fromkeys(row["target"] for row in rows))
    many = max(row["clients"] for row in rows)
    p50, rate = medians(counted, "p50_ms"), medians(counted, "rate")
    head = ["", *targets, "ratio, 1 client", f"ratio, {many} clients"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for workload in workloads:
        cells = [
            f"{_figure(p50.get((workload, 1, target)))} · {_figure(rate.get((workload, many, target)))}"
            for target in targets
        ]
        spans = [_span(ratios(counted, workload, clients)) for clients in (1, many)]
        lines.append("| " + " | ".join([workload, *cells, *spans]) + " |")
    return "\n".join(lines)


def costs(rows: list[Row]) -> str:
    """The Markdown table of what an answer costs at the most clients: CPU ms, peak memory, p99 over p50."""
    counted = [row for row in usable(rows) if row["clients"] == max(one["clients"] for one in rows)]
    workloads = list(dict.fromkeys(row["workload"] for row in rows))
    targets = list(dict.fromkeys(row["target"] for row in rows))
    cpu, peak = medians(counted, "cpu_ms_a_request"), medians(counted, "peak_rss_mb")
    p50, p99 = medians(counted, "p50_ms"), medians(counted, "p99_ms")
    lines = ["| | " + " | ".join(targets) + " |", "|---|" + "---|" * len(targets)]
    for workload in workloads:
        cells = []
        for target in targets:
            key = next((key for key in cpu if key[0] == workload and key[2] == target), None)
            cells.append(
                f"{_figure(cpu[key])} · {peak[key]:.0f} · {p99[key] / p50[key]:.1f}" if key is not None else NOTHING
            )
        lines.append("| " + " | ".join([workload, *cells]) + " |")
    return "\n".join(lines)


def document(rows: list[Row], machine: dict[str, Any]) -> str:
    """Everything that stands between the marks."""
    facts: dict[str, Row] = {row["target"]: row for row in rows}
    dropped = [row for row in rows if row not in usable(rows)]
    parts = [
        MEASURED.format(**machine),
        "",
        LEGEND,
        "",
        table(rows),
        "",
        "At eight clients: CPU ms a request · peak RSS of all processes in MB · p99 / p50.",
        "",
        costs(rows),
        "",
    ]
    for target, row in facts.items():
        parts.append(f"* **{target}**: {row['version']}; {row['arrangement']}; {row['settings']}")
    if dropped:
        names = sorted({f"{row['target']} {row['workload']} ({_why(row)})" for row in dropped})
        parts += ["", "Left out: " + ", ".join(names) + "."]
    return "\n".join(parts)


def _why(row: Row) -> str:
    if row["errors"]:
        return f"{row['errors']} errors"
    return "wrapped" if row["wrapped"] else "draws something else"


def update(text: str, block: str) -> str:
    """A document with the part between the marks replaced; raises ValueError without marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document lacks the marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{block}\n{END}{after}"


def chart(rows: list[Row]) -> str:
    """An SVG of the ratios to the best peer, logarithmic, one bar for one client and one for many."""
    counted = usable(rows)
    many = max(row["clients"] for row in rows)
    workloads = list(dict.fromkeys(row["workload"] for row in rows))
    left, right, line = 60, 640, 30
    width, height = right - left, line * len(workloads) + 50

    def place(ratio: float) -> float:
        return left + width * (math.log2(min(max(ratio, 0.5), 32)) + 1) / 6

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {right + 40} {height}" font-family="sans-serif">']
    for ratio in (0.5, 1, 2, 4, 8, 16, 32):
        x, stroke = place(ratio), "#222" if ratio == 1 else "#ccc"
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="20" y2="{height - 20}" stroke="{stroke}"/>')
        parts.append(f'<text x="{x:.1f}" y="14" font-size="11" text-anchor="middle">{ratio:g}x</text>')
    for number, workload in enumerate(workloads):
        y = 26 + line * number
        parts.append(f'<text x="4" y="{y + 15}" font-size="12">{workload}</text>')
        for clients, colour, shift in ((1, "#1a9850", 0), (many, "#4575b4", 11)):
            if found := ratios(counted, workload, clients):
                start, end = sorted((place(1), place(median(found))))
                size = f'width="{max(1, end - start):.1f}" height="9"'
                parts.append(f'<rect x="{start:.1f}" y="{y + shift}" {size} fill="{colour}"/>')
    caption = f"times the best peer: green p50 at 1 client, blue requests/s at {many}"
    parts.append(f'<text x="{left}" y="{height - 4}" font-size="11">{caption}</text></svg>')
    return "\n".join(parts)


def _figure(value: float | None) -> str:
    if value is None:
        return NOTHING
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _span(values: list[float]) -> str:
    if not values:
        return NOTHING
    middle = f"{median(values):.1f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.1f} to {max(values):.1f})"


def main() -> int:
    """Print the report of a run, or put it into a document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=Path, help="rows.jsonl of a run; machine.json lies beside it")
    parser.add_argument("--update", type=Path, help="document with the two marks")
    arguments = parser.parse_args()
    machine = json.loads(arguments.rows.with_name("machine.json").read_text())
    block = document(read_rows(arguments.rows), machine)
    if arguments.update:
        arguments.update.write_text(update(arguments.update.read_text(), block))
    else:
        print(block)
    return 0


if __name__ == "__main__":
    sys.exit(main())
