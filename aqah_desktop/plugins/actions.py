"""An action plugin as an algorithm: the child says what changes, the program computes what follows."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from aqah_desktop.errors import BadInputError
from aqah_desktop.messages import LANGUAGES, Catalogue
from aqah_desktop.plugin_api import LegalStatus, Reference
from aqah_desktop.plugins.hosting import HostedPlugin, communes_of, known_communes
from aqah_desktop.plugins.isolation import ask, scratch_folder
from aqah_desktop.plugins.results import Checker
from aqah_desktop.plugins.texts import LocalisingFeedback
from aqah_desktop.processing.contract import Context, Feedback, Params, Results, TableResult
from aqah_desktop.processing.places import resolve_places, territory_of
from aqah_desktop.records import (
    AlgorithmSpec,
    Confidence,
    EmissionChange,
    ReceptorChange,
    Territory,
    Text,
)
from aqah_desktop.storage.records_json import to_plain

if TYPE_CHECKING:
    import pandas as pd

    from aqah_desktop.storage.pack import Pack

_EFFECTS = "action_effects"
#: What the simulation of changes reads, whatever the action (``processing.simulation``).
_SIMULATION_LAYERS = ("road_nox_2018", "no2_2019", "population", "wind_stability", "communes")
_SHARE_OF_CHILD = 0.15


@dataclasses.dataclass(frozen=True, slots=True)
class ActionAnswer:
    """What an action gave back, validated: changes, published effects to show beside, state of the law."""

    emission_changes: tuple[EmissionChange, ...]
    receptor_changes: tuple[ReceptorChange, ...]
    references: tuple[Reference, ...]
    legal_status: LegalStatus | None


class HostedAction(HostedPlugin):
    """An action plugin; ``run`` also disperses and counts who is concerned."""

    def run(self, params: Params, context: Context, feedback: Feedback) -> Results:
        """Run the child, compose its changes, simulate them; see ``processing.simulation``."""
        from aqah_desktop.processing.simulation import simulate_changes

        pack, territory = context.pack, territory_of(params, context.pack)
        answer = self.changes(params, context, feedback.child(0.0, _SHARE_OF_CHILD))
        feedback.check()
        results = simulate_changes(
            answer.emission_changes, pack, territory, feedback.child(_SHARE_OF_CHILD, 1.0)
        )
        return self._completed(results, answer, context.language)

    def changes(self, params: Params, context: Context, feedback: Feedback) -> ActionAnswer:
        """Return what the action changes, without simulating it.

        Raises
        ------
        PluginError
            The plugin failed, or returned something that cannot be used.
        JobCancelledError
            The user stopped it.
        """
        pack, territory = context.pack, territory_of(params, context.pack)
        given = self._given(resolve_places(self.spec, params, pack))
        with scratch_folder() as scratch:
            data = self._context(context, territory)
            speaking = LocalisingFeedback(feedback, self.texts)
            answer = ask(self.plugin, "run", scratch=scratch, feedback=speaking, params=given, context=data)
        return self._read(answer, pack)

    def references(
        self, context: Context, territory: Territory
    ) -> tuple[tuple[Reference, ...], LegalStatus | None]:
        """Return what stands beside the parameters before a run: published effects, state of the law."""
        with scratch_folder() as scratch:
            data = self._context(context, territory)
            answer = ask(self.plugin, "references", scratch=scratch, feedback=context.asking, context=data)
        return self._beside(answer)

    # ------------------------------------------------------------------ parts

    def layers_read(self, params: Params, pack: Pack) -> tuple[str, ...]:  # noqa: ARG002
        """Layers a run reads, for its record: those of the simulation and the sites it looks at."""
        return (*self.spec.inputs, *(layer.id for layer in pack.site_layers()))

    def _inputs(self, spec: AlgorithmSpec) -> tuple[str, ...]:  # noqa: ARG002
        return (*_SIMULATION_LAYERS, _EFFECTS) if self.plugin.manifest.effects else _SIMULATION_LAYERS

    def _context(self, context: Context, territory: Territory) -> dict[str, Any]:
        pack = context.pack
        return {
            "territory_code": territory.code,
            "territory_name": territory.name,
            "communes": communes_of(pack, territory),
            "base_year": base_year(pack),
            "effects": published_effects(pack, self.plugin.manifest.effects),
            "language": context.language,
        }

    def _read(self, answer: dict[str, Any], pack: Pack) -> ActionAnswer:
        checker = Checker(self.plugin.id, known_communes(pack))
        references, status = self._beside(answer)
        return ActionAnswer(
            emission_changes=checker.emission_changes(answer.get("emission_changes")),
            receptor_changes=checker.receptor_changes(answer.get("receptor_changes")),
            references=references,
            legal_status=status,
        )

    def _beside(self, answer: dict[str, Any]) -> tuple[tuple[Reference, ...], LegalStatus | None]:
        checker = Checker(self.plugin.id)
        localise = self.texts.localise
        references = tuple(
            dataclasses.replace(r, caveat=localise(r.caveat))
            for r in checker.references(answer.get("references"))
        )
        status = checker.legal_status(answer.get("legal_status"))
        return references, status and dataclasses.replace(status, text=localise(status.text))

    def _completed(self, results: Results, answer: ActionAnswer, language: str) -> Results:
        status = answer.legal_status
        tables = dict(results.tables)
        if answer.references:
            frame = effects_table(answer.references, language)
            tables["published_effects"] = TableResult(frame, Text("plugins.table_published_effects"))
        beside = {
            "published_effects": to_plain(answer.references),
            "legal_status": None if status is None else to_plain(status),
        }
        notes = list(results.notes)
        if answer.receptor_changes:
            notes.append(Text("plugins.note_receptors", {"count": len(answer.receptor_changes)}))
        if status is not None:
            key = "plugins.legal_to_be_verified" if status.to_be_verified else "plugins.legal"
            notes.append(Text(key, {"text": to_plain(status.text), "as_of": _day(status.as_of)}))
        return dataclasses.replace(
            results,
            tables=tables,
            figures={**results.figures, **beside},
            receptor_changes=answer.receptor_changes,
            notes=tuple(notes),
        )


def effects_table(references: Sequence[Reference], language: str) -> pd.DataFrame:
    """Return the published effects as a table for people: one row each, what it is worth in the last columns.

    Parameters
    ----------
    references : sequence of Reference
        Validated, texts in both languages.
    language : str
        Language of the words.
    """
    import pandas as pd

    catalogue = Catalogue(language)
    rows = [
        {
            "effect_id": r.effect.id,
            "pollutant": r.effect.pollutant,
            "effect_type": r.effect.effect_type,
            "low": r.effect.low,
            "central": r.effect.central,
            "high": r.effect.high,
            "unit": r.effect.unit,
            "context": r.effect.context.in_language(language),
            "note": r.effect.note.in_language(language),
            "source": r.effect.source,
            "confidence": r.effect.confidence.value,
            "usable": r.usable,
            "caveat": catalogue.text(r.caveat),
        }
        for r in references
    ]
    return pd.DataFrame(rows).astype(dict.fromkeys(("low", "central", "high"), "float64"))


def _day(iso: str) -> dict[str, str]:
    """The day as both languages write it."""
    day = date.fromisoformat(iso)
    return {language: Catalogue(language).day(day) for language in LANGUAGES}


def base_year(pack: Pack) -> int:
    """Return the year of the emissions the factors of an action apply to.

    Raises
    ------
    BadInputError
        ``plugins.no_base_year``: the pack holds no emissions.
    """
    measures = [layer.measure for layer in pack.layers.values() if layer.role == "emissions"]
    years = [measure.years[1] for measure in measures if measure is not None and measure.years is not None]
    if not years:
        raise BadInputError("plugins.no_base_year", pack=pack.manifest.id)
    return max(years)


def published_effects(pack: Pack, actions: Sequence[str]) -> list[dict[str, Any]]:
    """Return the published rows of some actions as plain data.

    Parameters
    ----------
    pack : Pack
        Holds the table ``action_effects``.
    actions : sequence of str
        Values of its column ``action_id``.
    """
    if not actions:
        return []
    table = pack.read_table(_EFFECTS)
    rows = table[table["action_id"].isin(list(actions))].sort_values("effect_id")
    return [_effect(row) for _, row in rows.iterrows()]


def _effect(row: pd.Series) -> dict[str, Any]:
    def words(name: str) -> dict[str, str]:
        return {lang: _text(row[f"{name}_{lang}"]) for lang in ("fr", "en")}

    plain = {name: _text(row[name]) for name in ("sector", "pollutant", "effect_type", "unit", "source")}
    figures = {name: _number(row[name]) for name in ("low", "central", "high")}
    wordy = {name: words(name) for name in ("action", "context", "note")}
    confidence = Confidence(row["confidence"]).value
    return {"id": str(row["effect_id"]), **plain, **figures, **wordy, "confidence": confidence}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
