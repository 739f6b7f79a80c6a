"""How the command line speaks: tables or JSON on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aqah_desktop.errors import AqahError
from aqah_desktop.messages import Catalogue

if TYPE_CHECKING:
    from aqah_desktop.processing.job import Change, Job
    from aqah_desktop.records import Text


@dataclass(frozen=True)
class Console:
    """Prints answers in the reader's language, or as JSON for other programs."""

    catalogue: Catalogue
    as_json: bool = False

    def table(self, rows: Sequence[dict[str, Any]], columns: Sequence[tuple[str, str]]) -> None:
        """Print rows: as a JSON list, or the ``columns`` (name, header key) as aligned text."""
        if self.as_json:
            self.json(list(rows))
            return
        headers = [self.catalogue.text(key) for _, key in columns]
        cells = [[self._cell(row.get(name)) for name, _ in columns] for row in rows]
        widths = [max(len(line[i]) for line in [headers, *cells]) for i in range(len(headers))]
        for line in [headers, ["─" * w for w in widths], *cells]:
            print("  ".join(text.ljust(w) for text, w in zip(line, widths, strict=True)).rstrip())

    def json(self, data: Any) -> None:
        """Print JSON."""
        from aqah_desktop.storage.records_json import to_plain

        json.dump(to_plain(data), sys.stdout, ensure_ascii=False, indent=1, default=str)
        print()

    def say(self, key: str, **params: Any) -> None:
        """Print a sentence for a person (nothing when JSON is wanted)."""
        if not self.as_json:
            print(self.catalogue.text(key, **params))

    def notes(self, texts: Iterable[Text]) -> None:
        """Print what must be known of a result, each sentence once."""
        for sentence in dict.fromkeys(self.catalogue.text(text) for text in texts):
            self.say("cli.note", text=sentence)

    def files(self, paths: Sequence[Path], **extra: Any) -> None:
        """Say which files were written."""
        if self.as_json:
            self.json({"files": [str(p) for p in paths], **extra})
            return
        for path in paths:
            print(f"  {path}")

    def error(self, error: AqahError) -> None:
        """Print what happened, why, and what to do."""
        text = self.catalogue.error(error)
        if self.as_json:
            parts = {"key": error.key, "message": text.message, "cause": text.cause, "remedy": text.remedy}
            print(json.dumps({"error": parts}, ensure_ascii=False), file=sys.stderr)
        else:
            print(text.as_lines(), file=sys.stderr)

    def follow(self, job: Job, change: Change) -> None:
        """Listener of a run: progress on one line of a terminal, warnings as they come."""
        if change == "message" and job.messages[-1].level == "warn":
            print(self.catalogue.text(job.messages[-1].text), file=sys.stderr)
        elif change == "progress" and sys.stderr.isatty():
            words = self.catalogue.text(job.text) if job.text else ""
            print(f"\r{100 * job.fraction:3.0f} %  {words[:60]:60}", end="", file=sys.stderr, flush=True)
        elif change == "state" and job.state.ended and sys.stderr.isatty():
            print("\r" + " " * 70 + "\r", end="", file=sys.stderr, flush=True)

    def _cell(self, value: Any) -> str:
        if isinstance(value, bool):
            return self.catalogue.text("cli.yes" if value else "cli.no")
        if isinstance(value, int):
            return self.catalogue.number(value)
        return "" if value is None else str(value)
