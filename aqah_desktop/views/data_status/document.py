"""The state of the data as one rich text: quick to lay out, and its words can be selected across rows."""

from __future__ import annotations

import html

from aqah_desktop.models.data_status import StatusRow, age_words
from aqah_desktop.records import LayerStatus
from aqah_desktop.reporting.words import standing_tone
from aqah_desktop.views.context import ViewContext

#: Share of the width of each column, %.
_SHARES = (25, 17, 23, 35)
_COLUMNS = ("layer", "quality", "source_age", "better")


class StatusDocument:
    """Makes the table in the colours of the theme."""

    def __init__(self, context: ViewContext) -> None:
        self._context = context

    def html(self, rows: list[StatusRow]) -> str:
        """The whole table; what would improve a layer is said once for neighbouring rows."""
        lines = [self._head()]
        group, above = "", ""
        for found in rows:
            if found.group != group:
                group, above = found.group, ""
                lines.append(self._section(group))
            lines.append(self._row(found, said_above=bool(above) and found.better == above))
            above = found.better
        return f'<table width="100%" cellspacing="0" cellpadding="0">{"".join(lines)}</table>'

    def nothing(self, text: str) -> str:
        """What is shown when no row passes the filter."""
        return self._words(self._t("none", text=text), "ink_soft", 15)

    def words(self, found: StatusRow) -> str:
        """Every word of a row, for searching."""
        better = [self._t(f"better.{found.better}.{part}") for part in ("what", "where") if found.better]
        parts = [found.title, found.publisher, found.vintage, self._t(f"group.{found.group}"), *better]
        return " ".join([*parts, *(text for text, _ in self._badges(found)), *found.replaced_by])

    # ------------------------------------------------------------------ parts

    def _t(self, key: str, **params: object) -> str:
        return self._context.t(f"data_status.{key}", **params)

    def _colour(self, token: str) -> str:
        return self._context.theme.tokens.colours[token]

    def _words(self, text: str, token: str = "ink", size: int = 15, weight: int = 400) -> str:
        style = f"color:{self._colour(token)}; font-size:{size}px; font-weight:{weight}"
        return f'<span style="{style}">{html.escape(text)}</span>'

    def _cell(self, content: str, share: int, padding: str) -> str:
        line = f"border-bottom:1px solid {self._colour('line')}"
        return f'<td width="{share}%" valign="top" style="padding:{padding}; {line}">{content}</td>'

    def _head(self) -> str:
        cells = (
            self._cell(self._words(self._t(f"column.{key}"), "ink_faint", 12, 600), share, "0 16px 6px 0")
            for key, share in zip(_COLUMNS, _SHARES, strict=True)
        )
        return f"<tr>{''.join(cells)}</tr>"

    def _section(self, group: str) -> str:
        words = self._words(self._t(f"group.{group}"), "ink", 17, 600)
        return f'<tr><td colspan="4" style="padding:18px 0 4px 0">{words}</td></tr>'

    def _row(self, found: StatusRow, said_above: bool) -> str:
        cells = (self._title(found), self._quality(found), self._source(found))
        better = self._words(self._t("same"), "ink_soft", 13) if said_above else self._better(found)
        pairs = zip((*cells, better), _SHARES, strict=True)
        return f"<tr>{''.join(self._cell(text, share, '8px 16px 8px 0') for text, share in pairs)}</tr>"

    def _title(self, found: StatusRow) -> str:
        parts = [self._words(found.title, "ink", 15, 600)]
        if found.status is not LayerStatus.OK:
            tone = "danger" if found.status is LayerStatus.MISSING else "warning"
            parts.append(self._badge(self._t(f"status.{found.status.value}"), tone))
        if found.replaces:
            known = self._context.services.pack.layers.get(found.replaces)
            title = self._context.t(known.title) if known is not None else found.replaces
            parts.append(self._words(self._t("replaces", title=title), "ink_soft", 13))
        if found.replaced_by:
            titles = ", ".join(found.replaced_by)
            parts.append(self._words(self._t("replaced", titles=titles), "ink_soft", 13))
        return "<br>".join(parts)

    def _badges(self, found: StatusRow) -> list[tuple[str, str]]:
        standing, t = found.standing, self._context.t
        if standing is None:
            return []
        tone = standing_tone(standing)
        method = t(f"reporting.method.{standing.method.value}")
        quality = t(f"layer_panel.quality.{standing.quality.value}")
        flags = [t(f"reporting.flag.{flag.value}") for flag in standing.flags]
        return [(text, tone) for text in (f"{method} — {quality}", *flags)]

    def _quality(self, found: StatusRow) -> str:
        return "<br>".join(self._badge(text, tone) for text, tone in self._badges(found)) or "—"

    def _badge(self, text: str, tone: str) -> str:
        style = (
            f"background-color:{self._colour(f'{tone}_wash')}; color:{self._colour(tone)}; "
            "font-size:12px; font-weight:500"
        )
        return f'<span style="{style}">&nbsp;{html.escape(text)}&nbsp;</span>'

    def _source(self, found: StatusRow) -> str:
        age = age_words(found, self._context.catalogue) or self._t("no_date")
        dated = " · ".join(text for text in (found.vintage, age) if text)
        return f"{self._words(found.publisher)}<br>{self._words(dated, 'ink_soft', 13)}"

    def _better(self, found: StatusRow) -> str:
        if not found.better:
            return self._words("—", "ink_soft")
        what, where = (self._t(f"better.{found.better}.{part}") for part in ("what", "where"))
        return f"{self._words(what)}<br>{self._words(where, 'ink_soft', 13)}"
