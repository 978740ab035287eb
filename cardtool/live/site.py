# SPDX-License-Identifier: Apache-2.0
"""The page in a browser that follows this workstation, and the stream that keeps it up to date."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Generic, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from cardtool.live.following import Report

T = TypeVar("T")

MOST_STREAMS = 64

_FILES = {
    "live.js": (__package__, "live.js", "text/javascript"),
    "live.css": (__package__, "live.css", "text/css"),
    "style.css": ("cardtool.views.people", "templates/style.css", "text/css"),
}

_MOST_EVENTS = 16
"""The most changes that are sent at once to a browser that was slow."""

_END = b"event: ended\ndata:\n\n"
"""Tells a browser that the program ends; without it the browser shows a lost connection."""


@dataclass(frozen=True, kw_only=True)
class Wording(Generic[T]):
    """What the page says, in one language."""

    line: Callable[[Report[T]], str]
    """Says what was reported last."""
    page: Callable[[T | None], str]
    """The whole page of a result; None: until the first check has ended."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What the stream sends: as JSON, one line."""

    words: str = ""
    """What was seen last, and whether a check goes on."""
    is_checking: bool = True
    events: tuple[str, ...] = ()
    """The changes since the stream last sent something, the latest last."""
    page: str | None = None
    """The page of the last check, whole; None: the stream has sent it, or there is none yet."""


class Site(Generic[T]):
    """The routes of the page, and how many browsers follow it."""

    def __init__(
        self,
        wordings: Mapping[str, Wording[T]],
        again: Callable[[], object],
        saved: Callable[[], bytes],
    ) -> None:
        """Show nothing yet; `wordings` are by language, the usual one first.

        `again` begins another check. `saved` returns the file for support.
        """
        self._wordings, self._again, self._saved = wordings, again, saved
        self._last: Report[T] | None = None
        self._result: T | None = None
        self._pages: dict[str, str] = {}
        self._results = 0
        self._events: deque[str] = deque(maxlen=_MOST_EVENTS)
        self._happened = 0
        self._number = 0
        self._changed = asyncio.Condition()
        self._closed = False
        self.answer = Starlette()
        """What answers requests."""
        self.streams = 0
        """How many browsers follow."""

    def serve_at(self, path: str) -> None:
        """Serve the page at this path."""
        routes = [
            Route(path, self._show),
            Route(f"{path}events", self._stream),
            Route(f"{path}again", self._check, methods=["POST"]),
            Route(f"{path}state.json", self._save),
            *(Route(f"{path}{name}", _file(*file)) for name, file in _FILES.items()),
        ]
        self.answer.router.routes.extend(routes)

    async def put(self, report: Report[T]) -> None:
        """Show a change or a result; while a check goes on, the earlier page stays."""
        async with self._changed:
            self._last = report
            if report.result is None:
                self._events.append(report.change.event.value)
                self._happened += 1
            else:
                self._result, self._results = report.result, self._results + 1
                self._pages.clear()
            self._number += 1
            self._changed.notify_all()

    async def close(self) -> None:
        """End all streams."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _language(self, request: Request) -> str:
        """Return the language that a page asks for, or the usual one."""
        asked = request.query_params.get("lang", "")
        return asked if asked in self._wordings else next(iter(self._wordings))

    def _page(self, language: str) -> str:
        """Return the page of the last result, which is made once a language."""
        if language not in self._pages:
            self._pages[language] = self._wordings[language].page(self._result)
        return self._pages[language]

    async def _show(self, request: Request) -> Response:
        return Response(self._page(self._language(request)), media_type="text/html")

    async def _check(self, _: Request) -> Response:
        self._again()
        return Response(status_code=204)

    async def _save(self, _: Request) -> Response:
        saved = self._saved()
        headers = {"content-disposition": "attachment"} if saved else None
        status = 200 if saved else 404
        return Response(saved, status, headers, media_type="application/json")

    async def _stream(self, request: Request) -> Response:
        if self.streams >= MOST_STREAMS or self._closed:
            return Response(status_code=503)
        self.streams += 1
        events = self._states(self._language(request))
        return _Stream(events, self._left, media_type="text/event-stream")

    def _left(self) -> None:
        self.streams -= 1

    async def _states(self, language: str) -> AsyncIterator[bytes]:
        """Yield each state; a browser that is slow misses those in between."""
        number, results, happened = -1, 0, self._happened
        while True:
            async with self._changed:
                while self._number == number and not self._closed:
                    await self._changed.wait()
                if self._closed:
                    yield _END
                    return
                number = self._number
                state = Shown()
                if self._last is not None:
                    fresh = self._happened - happened
                    state = Shown(
                        words=self._wordings[language].line(self._last),
                        is_checking=self._last.result is None,
                        events=tuple(self._events)[-fresh:] if fresh else (),
                        page=self._page(language) if self._results != results else None,
                    )
                results, happened = self._results, self._happened
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


def _file(package: str, name: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
    body = resources.files(package).joinpath(name).read_bytes()

    async def answer(_: Request) -> Response:
        return Response(body, media_type=kind)

    return answer
