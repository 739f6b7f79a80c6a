"""Published effects of local actions, shown beside a user's own assumption, never in its place."""

from __future__ import annotations

import pandas as pd
from framework import Product, Workspace
from recipes._figures import in_words, number, slug, with_titles
from recipes._records import products

from aqah_desktop.records import Confidence

ID = "action_effects"
REQUIRES: tuple[str, ...] = ()


def build(work: Workspace) -> list[Product]:
    """Make the table of effects."""
    rows = with_titles(work, work.read_csv("action_effects.csv"))
    table = number_rows(rows)
    check(work, table)
    return products(work, {"action_effects": table})


def number_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Add ids; negative values are reductions."""
    action_id = rows["action"].map(slug)
    rank = rows.groupby("action").cumcount() + 1
    table = rows.assign(
        effect_id=action_id + "_" + rank.map("{:02d}".format),
        action_id=action_id,
        to_be_verified=rows["confidence"].eq(Confidence.RECALLED),
        **{name: number(rows[name]) for name in ("low", "central", "high")},
        **{name: in_words(rows[name]) for name in ("context", "context_fr", "note", "note_fr")},
    )
    return table.rename(columns={"action": "action_en", "context": "context_en", "note": "note_en"})


def check(work: Workspace, table: pd.DataFrame) -> None:
    """Prove that no figure was lost and that both languages are complete."""
    empty = table.loc[table[["low", "central", "high"]].isna().all(axis=1), "effect_id"].tolist()
    work.check("every effect has a figure", not empty, empty)
    work.check("90 effects with their own id", table["effect_id"].nunique() == len(table) == 90, len(table))
    untranslated = [
        row.effect_id
        for row in table.itertuples()
        if not row.action_fr or (row.context_fr is None) != (row.context_en is None)
        or (row.note_fr is None) != (row.note_en is None)
    ]  # fmt: skip
    work.check("French and English stand together", not untranslated, untranslated)
    zones = int(table["action_id"].eq("low_emission_zone").sum())
    work.check("11 effects of low emission zones", zones == 11, zones)
