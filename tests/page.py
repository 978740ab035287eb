# SPDX-License-Identifier: Apache-2.0
"""An HTML page read back: what it says, block by block, and what it is made of."""

from html.parser import HTMLParser

_BLOCKS = frozenset(
    ("caption", "dd", "desc", "div", "dt", "figcaption", "h1", "h2", "h3", "h4", "li", "p", "td")
) | {"text", "th", "title"}
_EMPTY = frozenset(("line", "link", "meta", "rect"))


class Page(HTMLParser):
    """A page as its reader would take it apart; a tag left open, or closed twice, is an error."""

    def __init__(self, page: str) -> None:
        """Read a whole page."""
        super().__init__()
        self.blocks: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[int] = []
        self._open: list[str] = []
        self._silent = 0
        self._words = ""
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag in _BLOCKS:
            self._end()
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(int(tag[1]))
        if tag not in _EMPTY:
            self._open.append(tag)
            is_silent = tag == "style" or dict(attrs).get("aria-hidden") == "true"
            self._silent = self._silent or (len(self._open) if is_silent else 0)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that holds nothing."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Note its end."""
        if self._silent == len(self._open):
            self._silent = 0
        assert self._open.pop() == tag
        if tag in _BLOCKS:
            self._end()

    def handle_data(self, data: str) -> None:
        """Note what is read; the marks in their circles are hidden from who listens."""
        if not self._silent:
            self._words += data

    def _end(self) -> None:
        if said := " ".join(self._words.split()):
            self.blocks.append(said)
        self._words = ""


def blocks(page: str) -> list[str]:
    """Return what a page says, a paragraph, a cell or a heading at a time."""
    return Page(page).blocks
