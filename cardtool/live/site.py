# SPDX-License-Identifier: Apache-2.0
"""The page in a browser that follows this workstation, and the stream that keeps it up to date."""

import asyncio
import html
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from importlib import resources

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from cardtool.live.following import Told

_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>\n?')
"""A saved page forbids itself everything; of this page the headers say what it may do."""

MOST_STREAMS = 64

_FILES = {"live.js": "text/javascript", "live.css": "text/css"}


@dataclass(frozen=True, kw_only=True)
class Words:
    """What the page says of itself."""

    language: str
    of: Callable[[Told[str]], str]
    """Says what was told."""
    title: str
    """Until the first check has ended."""
    again: str
    """The button that checks once more."""
    ended: str
    """Said when the program behind the page has ended."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What the stream sends: as JSON, one line."""

    words: str
    """What was seen last, and whether a check goes on."""
    is_checking: bool = False
    page: str | None = None
    """The page of the last check, whole; None: the stream has sent it, or there is none yet."""


class Site:
    """The routes of the page, and how many browsers follow it."""

    def __init__(self, words: Words, again: Callable[[], object]) -> None:
        """Show nothing yet; `again` begins another check."""
        self._words, self._again = words, again
        self._state = Shown(words=words.title, is_checking=True)
        self._page: str | None = None
        self._pages = 0
        self._number = 0
        self._changed = asyncio.Condition()
        self._closed = False
        self.answer = Starlette()
        """What answers requests."""
        self.streams = 0
        """How many browsers follow."""

    def stand_at(self, path: str) -> None:
        """Have the page at this path."""
        routes = [
            Route(path, self._show),
            Route(f"{path}events", self._stream),
            Route(f"{path}again", self._check, methods=["POST"]),
            *(Route(f"{path}{name}", _file(name, kind)) for name, kind in _FILES.items()),
        ]
        self.answer.router.routes.extend(routes)

    async def put(self, told: Told[str]) -> None:
        """Show what was told; while a check goes on, the earlier page stays."""
        async with self._changed:
            is_checking = told.result is None
            self._state = Shown(words=self._words.of(told), is_checking=is_checking)
            if told.result is not None:
                self._page, self._pages = told.result, self._pages + 1
            self._number += 1
            self._changed.notify_all()

    async def close(self) -> None:
        """End all streams."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    async def _show(self, _: Request) -> Response:
        page = self._page or _empty(self._words)
        return Response(_alive(page, self._words), media_type="text/html")

    async def _check(self, _: Request) -> Response:
        self._again()
        return Response(status_code=204)

    async def _stream(self, _: Request) -> Response:
        if self.streams >= MOST_STREAMS or self._closed:
            return Response(status_code=503)
        self.streams += 1
        return _Stream(self._events(), self._left, media_type="text/event-stream")

    def _left(self) -> None:
        self.streams -= 1

    async def _events(self) -> AsyncIterator[bytes]:
        """Yield each state; a browser that is slow misses those in between."""
        number, pages = -1, 0
        while True:
            async with self._changed:
                while self._number == number and not self._closed:
                    await self._changed.wait()
                if self._closed:
                    return
                number, state = self._number, self._state
                if self._pages != pages:
                    pages, state = self._pages, msgspec.structs.replace(state, page=self._page)
            yield b"data: " + msgspec.json.encode(state) + b"\n\n"


class _Stream(StreamingResponse):
    """A stream that says when it has ended, however that came."""

    def __init__(
        self, events: AsyncIterator[bytes], left: Callable[[], None], media_type: str
    ) -> None:
        super().__init__(events, media_type=media_type)
        self._left = left

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        try:
            await super().__call__(scope, receive, send)  # type: ignore[arg-type]
        finally:
            self._left()


def _file(name: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
    body = resources.files(__package__).joinpath(name).read_bytes()

    async def answer(_: Request) -> Response:
        return Response(body, media_type=kind)

    return answer


def _empty(words: Words) -> str:
    """Return what is shown until the first check has ended."""
    return (
        f'<!DOCTYPE html>\n<html lang="{words.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(words.title)}</title>\n<style>\n</style>\n</head>\n"
        "<body>\n<main></main>\n</body>\n</html>\n"
    )


def _alive(page: str, words: Words) -> str:
    """Return a page with the bar and the program that keep it up to date."""
    head = '<link rel="stylesheet" href="live.css">\n<script src="live.js" defer></script>\n'
    bar = (
        f'<aside id="live" data-ended="{html.escape(words.ended)}">'
        '<p id="live-state" role="status"></p>'
        f'<button id="live-again" type="button">{html.escape(words.again)}</button></aside>\n'
    )
    page = _POLICY.sub("", page, count=1).replace("</head>", f"{head}</head>", 1)
    return page.replace("<body>\n", f"<body>\n{bar}", 1)
