"""Licence report of what the program ships with; fails on a licence the project may not ship.

Usage: ``licences.py [--check]`` — without ``--check`` the table is written to ``out/licences.md``.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# GPL/AGPL without a linking exception may not be shipped; LGPL (Qt) is shipped as shared libraries.
FORBIDDEN = re.compile(r"(?<!L)(?<!Lesser )\bA?GPL|GNU (Affero )?General Public", re.IGNORECASE)
OFFERS_CHOICE = re.compile(r"LGPL|Lesser General Public|MIT|BSD|Apache", re.IGNORECASE)


def shipped_names() -> list[str]:
    """Names of the run-time lock that are installed here."""
    lock = (ROOT / "requirements" / "run.lock").read_text(encoding="utf-8")
    return sorted(set(re.findall(r"^([a-zA-Z0-9_.-]+)==", lock, flags=re.MULTILINE)))


def report() -> list[dict[str, str]]:
    """One row per shipped package: Name, Version, License."""
    tool = str(Path(sys.executable).parent / "pip-licenses")
    command = [tool, "--format=json", "--from=mixed", "--packages"]
    answer = subprocess.run([*command, *shipped_names()], capture_output=True, text=True, check=True)
    rows: list[dict[str, str]] = json.loads(answer.stdout)
    return rows


def main() -> int:
    """Write or check the report; 1 when a licence may not be shipped or is unknown."""
    rows = report()
    bad = [
        row
        for row in rows
        if row["License"] in ("", "UNKNOWN")
        or (FORBIDDEN.search(row["License"]) and not OFFERS_CHOICE.search(row["License"]))
    ]
    if "--check" not in sys.argv:
        lines = ["| package | version | licence |", "|---|---|---|"]
        lines += [f"| {r['Name']} | {r['Version']} | {r['License'].splitlines()[0]} |" for r in rows]
        target = ROOT / "out" / "licences.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{len(rows)} packages -> {target.relative_to(ROOT)}")
    for row in bad:
        print(f"licence not acceptable: {row['Name']} {row['Version']}: {row['License']}", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
