"""How text is coloured on a terminal, and the marks that carry the meaning without colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pmo_sync.model.words import Rag, Severity

RESET: Final = "\x1b[0m"
SEVERITY_COLOUR: Final = {Severity.CRITICAL: "1;31", Severity.MAJOR: "31", Severity.MINOR: "33", Severity.INFO: "36"}
RAG_MARK: Final = {
    Rag.GREEN: "●",
    Rag.AMBER_GREEN: "◔",
    Rag.AMBER: "◐",
    Rag.AMBER_RED: "◕",
    Rag.RED: "▲",
    Rag.GREY: "○",
}
_RAG_COLOUR: Final = {
    Rag.GREEN: "32",
    Rag.AMBER_GREEN: "32",
    Rag.AMBER: "33",
    Rag.AMBER_RED: "33",
    Rag.RED: "31",
    Rag.GREY: "2",
}
NO_DATA: Final = "no data"


@dataclass(frozen=True, slots=True)
class Style:
    """Colour on or off. Every method takes text that is clean already and changes its look, never its words."""

    colour: bool = False

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}{RESET}" if self.colour and text else text

    def bold(self, text: str) -> str:
        """Headings and totals."""
        return self._paint(text, "1")

    def dim(self, text: str) -> str:
        """What may be skipped."""
        return self._paint(text, "2")

    def good(self, text: str) -> str:
        """What is well."""
        return self._paint(text, "32")

    def warn(self, text: str) -> str:
        """What wants a look."""
        return self._paint(text, "33")

    def bad(self, text: str) -> str:
        """What is wrong."""
        return self._paint(text, "1;31")

    def severity(self, text: str, severity: Severity) -> str:
        """A word in the colour of a severity."""
        return self._paint(text, SEVERITY_COLOUR[severity])

    def rag(self, text: str, rag: str | None) -> str:
        """A word in a status colour; its mark says the same without."""
        return self._paint(text, _RAG_COLOUR[Rag(rag)]) if rag else self.dim(text)


def rag_text(rag: str | None) -> str:
    """A status colour as mark and word: `◐ amber`; `no data` where it cannot be told."""
    return f"{RAG_MARK[Rag(rag)]} {rag.replace('_', '-')}" if rag else NO_DATA
