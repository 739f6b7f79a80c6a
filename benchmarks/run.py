"""Every speed we claim, beside named peers, in one run: ``python -m benchmarks.run``.

Prints a Markdown table of medians, best times, ratios of medians and peaks, and writes
``out/bench/results.json``. Options: ``--jobs sample_25,nearest`` · ``--repeats 5`` ·
``--folder out/bench``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import qgis_peer
from benchmarks.generate import DEFAULT_FOLDER, generate
from benchmarks.jobs import JOBS, OURS, Job

#: A peer that takes longer than this on its first run is not repeated.
SLOW_S = 3.0
ROOT = Path(__file__).resolve().parents[1]
LIMIT_S = 900
Row = dict[str, Any]


def measured(job: str, implementation: str, folder: Path, repeats: int) -> Row:
    """Measure in a new process; once only when one run is already long."""
    command = [sys.executable, "-m", "benchmarks.measure", job, implementation, str(folder.resolve())]
    row: Row = {}
    for count in (0, repeats):
        done = subprocess.run(
            [*command, str(count)], capture_output=True, text=True, timeout=LIMIT_S, check=False, cwd=ROOT
        )
        if done.returncode:
            return {"failed": done.stderr.strip().splitlines()[-1:]}
        row = json.loads(done.stdout.splitlines()[-1])
        if row["first_s"] > SLOW_S:
            break
    return row


def run_job(name: str, job: Job, folder: Path, repeats: int) -> dict[str, Row]:
    """Measure every implementation that can run here."""
    rows = {}
    for implementation in job.runnable():
        rows[implementation] = measured(name, implementation, folder, repeats)
        print(f"  {name} · {implementation}: {describe(rows[implementation])}", file=sys.stderr, flush=True)
    if qgis_peer.can_do(name):
        rows["QGIS"] = qgis_peer.measured(name, folder, repeats)
        print(f"  {name} · QGIS: {describe(rows['QGIS'])}", file=sys.stderr, flush=True)
    return rows


def describe(row: Row) -> str:
    """Median and peak in words."""
    if "failed" in row:
        return f"failed {row['failed']}"
    return f"{row['median_s']:.3f} s · {row['peak_mb']:.0f} MB · {row['answer']}"


def table(results: dict[str, dict[str, Row]]) -> str:
    """Markdown: one row per implementation, ratio = peer / ours."""
    lines = [
        "| job | who | median | best | against ours | peak memory | answer | goal |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, rows in results.items():
        job, ours = JOBS[name], rows.get(OURS, {})
        goal = f"≤ {job.goal_s:g} s" if job.goal_s else ""
        for who, row in rows.items():
            if "failed" in row:
                lines.append(f"| {job.title} | {who} | failed | | | | | |")
                continue
            memory, target = f"{row['peak_mb']:.0f} MB", goal if who == OURS else ""
            cells = (
                job.title,
                who,
                seconds(row["median_s"]),
                seconds(row["best_s"]),
                ratio(who, row, ours),
                memory,
                row["answer"],
                target,
            )
            lines.append("| " + " | ".join(map(str, cells)) + " |")
        for who, time in job.quoted.items():
            if who not in rows:
                lines.append(f"| {job.title} | {who} | not this run (elsewhere {time}) | | | | | |")
        for who in sorted(set(job.implementations) - set(rows)):
            lines.append(f"| {job.title} | {who} | not this run | | | | | |")
    return "\n".join(lines)


def ratio(who: str, row: Row, ours: Row) -> str:
    """How many times longer than ours."""
    if who == OURS or "median_s" not in ours:
        return "1" if who == OURS else ""
    return f"{row['median_s'] / ours['median_s']:.1f} ×"


def seconds(value: float) -> str:
    """``38 ms`` or ``1.26 s``."""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def machine() -> dict[str, Any]:
    """What the figures depend on, without a name."""
    versions = {}
    for module in ("numpy", "shapely", "rasterio", "geopandas", "exactextract", "rasterstats"):
        try:
            versions[module] = __import__(module).__version__
        except ImportError:
            versions[module] = "not installed"
    return {
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "qgis": qgis_peer.version() or "not installed",
        **versions,
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--jobs", default=",".join(JOBS))
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    unknown = sorted(set(options.jobs.split(",")) - set(JOBS))
    if unknown:
        parser.error(f"unknown jobs {unknown}; there are: {', '.join(JOBS)}")
    generate(options.folder)
    results = {
        name: run_job(name, JOBS[name], options.folder, options.repeats) for name in options.jobs.split(",")
    }
    report = {"machine": machine(), "repeats": options.repeats, "results": results}
    target = options.folder / "results.json"
    target.write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
    print(table(results))


if __name__ == "__main__":
    main()
