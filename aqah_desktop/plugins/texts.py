"""Texts of a plugin made into texts of the program, in both languages, where they cross the border.

What is kept (messages of a run, notes of a result) must be readable when the plugin is gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from aqah_desktop.errors import PluginError
from aqah_desktop.messages import LANGUAGES, Catalogue
from aqah_desktop.processing.contract import Feedback
from aqah_desktop.records import AlgorithmSpec, LocalText, Text

_LONGEST = 4000


@dataclass(frozen=True)
class PluginTexts:
    """Texts of one plugin.

    Parameters
    ----------
    plugin_id : str
        For messages.
    folder : Path, optional
        Its folder of translations.
    """

    plugin_id: str
    folder: Path | None
    _catalogues: dict[str, Catalogue] = field(init=False)

    def __post_init__(self) -> None:
        extra = (self.folder,) if self.folder else ()
        object.__setattr__(self, "_catalogues", {lang: Catalogue(lang, extra=extra) for lang in LANGUAGES})

    def localise(self, text: Text) -> Text:
        """Return ``plugins.said`` with the text in both languages; a text that breaks shows its key."""
        return Text("plugins.said", {"text": {lang: self.text(text, lang) for lang in LANGUAGES}})

    def local(self, text: Text) -> LocalText:
        """Return the text in both languages."""
        return LocalText(fr=self.text(text, "fr"), en=self.text(text, "en"))

    def text(self, text: Text, language: str) -> str:
        """Return the text in one language."""
        try:
            return self._catalogues[language].text(text)[:_LONGEST]
        except Exception:
            # A placeholder without its parameter, a damaged file: the key says more than nothing.
            return text.key[:_LONGEST]

    def missing(self, spec: AlgorithmSpec) -> list[str]:
        """Return the keys of ``spec`` that lack a text in one language."""
        return [
            f"{key} ({lang})"
            for key in keys_of(spec)
            for lang in LANGUAGES
            if not self._catalogues[lang].has(key)
        ]

    def check(self, spec: AlgorithmSpec) -> None:
        """Make sure the texts of a declaration can be shown.

        Raises
        ------
        PluginError
            ``plugins.broken_texts``: a file that cannot be read, or a placeholder in a label.
        """
        for language in LANGUAGES:
            for key in keys_of(spec):
                try:
                    self._catalogues[language].text(key)
                except Exception as error:  # whatever a file of others makes a reader of catalogues raise
                    raise PluginError(
                        "plugins.broken_texts",
                        plugin=self.plugin_id,
                        key=key,
                        language=language,
                        reason=repr(error),
                    ) from error


def keys_of(spec: AlgorithmSpec) -> list[str]:
    """Return every text key of a declaration."""
    keys = [spec.title, spec.summary, *(o.label for o in spec.outputs)]
    for parameter in spec.parameters:
        keys += [parameter.label, parameter.help]
    return [key for key in dict.fromkeys(keys) if key]


class LocalisingFeedback(Feedback):
    """Passes a plugin's progress and messages on, with its texts in both languages."""

    def __init__(self, inner: Feedback, texts: PluginTexts) -> None:
        self._inner, self._texts = inner, texts

    def progress(self, fraction: float, text: Text | None = None) -> None:
        """Pass progress on."""
        self._inner.progress(fraction, None if text is None else self._texts.localise(text))

    def log(self, text: Text) -> None:
        """Pass a message on."""
        self._inner.log(self._texts.localise(text))

    def warn(self, text: Text) -> None:
        """Pass a warning on."""
        self._inner.warn(self._texts.localise(text))

    def cancelled(self) -> bool:
        """Whether the user asked to stop."""
        return self._inner.cancelled()
