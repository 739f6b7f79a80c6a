"""Every error of the room names values its texts need: a missing one would be a traceback in the window."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from aqah_desktop.messages import Catalogue

STORAGE = Path(__file__).resolve().parents[2] / "aqah_desktop" / "storage"
TRANSLATIONS = STORAGE.parents[1] / "resources" / "translations"
RAISED = {"StorageError", "BadInputError", "IntegrityError", "UnknownItemError"}
PLACEHOLDER = re.compile(r"{(\w+)")


def raised() -> list[tuple[str, int, str, set[str] | None]]:
    """File, line, key and names given (``None`` when some come from a dictionary) of each error made."""
    found = []
    for path in sorted(STORAGE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED
            ):
                continue
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant):
                names = {keyword.arg for keyword in node.keywords}
                given = None if None in names else {str(name) for name in names}
                found.append((path.name, node.lineno, str(first.value), given))
    return found


def placeholders(language: str) -> dict[str, set[str]]:
    """Key without its last part → values its texts name."""
    with (TRANSLATIONS / language / "LC_MESSAGES" / "storage.po").open("rb") as stream:
        catalogue = read_po(stream)
    needed: dict[str, set[str]] = {}
    for message in catalogue:
        if message.id:
            stem = re.sub(r"\.(message|cause|remedy)$", "", str(message.id))
            needed.setdefault(stem, set()).update(PLACEHOLDER.findall(str(message.string)))
    return needed


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_error_gives_what_its_texts_name(language: str) -> None:
    needed = placeholders(language)
    errors = raised()
    assert len(errors) > 60
    wrong = [
        (name, line, key, needed[key] - given)
        for name, line, key, given in errors
        if given is not None and not needed[key] <= given
    ]
    assert wrong == []


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_text_of_the_room_belongs_to_an_error_of_the_room(language: str) -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in STORAGE.glob("*.py"))
    unused = [key for key in placeholders(language) if f'"{key}"' not in source]
    assert [key for key in unused if not key.startswith("storage.verify_un")] == []  # made from a word


def test_an_error_reads_like_a_sentence() -> None:
    from aqah_desktop.storage.atomic import storage_error

    error = storage_error(OSError(28, "No space left on device"), "/d/étude.aqah", writing=True)
    told = Catalogue("fr").error(error)
    assert told.message == "Impossible d’écrire «\u00a0/d/étude.aqah\u00a0»\u00a0: le disque est plein."
    assert "L’ancien fichier est intact" in told.cause
