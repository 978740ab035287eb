# SPDX-License-Identifier: Apache-2.0
"""`cardtool page` as a process, and the browser's side of it without a browser."""

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self
from urllib.parse import urlsplit

from tests.rig.command import COMMAND

_DEADLINE_S = 30.0


class LivePage:
    """One program with its page; a context manager that ends it."""

    def __init__(
        self,
        env: Mapping[str, str],
        *options: str,
        program: Sequence[str] = (str(COMMAND),),
        limit_s: float = _DEADLINE_S,
    ) -> None:
        """Start it; it prints the address that opens the page once.

        `program` is cardtool, `limit_s` the longest wait for one thing.
        """
        self._limit_s = limit_s
        self.process = subprocess.Popen(
            [*program, "page", "--no-open", *options],
            env=dict(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        """What opens it."""
        if not self.address:
            raise RuntimeError(self.process.communicate()[1])
        parts = urlsplit(self.address)
        self.port = parts.port or 0
        self.target = f"{parts.path}?{parts.query}"
        self.path = ""
        """Where the page is, once it was opened."""
        self.cookie = ""

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.process.kill()
        self.process.communicate()

    @property
    def own(self) -> dict[str, str]:
        """The headers that the browser of this user sends."""
        return {"Host": f"127.0.0.1:{self.port}", "Cookie": self.cookie}

    @property
    def origin(self) -> str:
        """Where the page is from."""
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        """Exchange the secret for the cookie."""
        status, headers, body = self.ask("GET", self.target)
        assert status == 200, status
        self.cookie = headers["set-cookie"].partition(";")[0]
        found = re.search(r"url=(/[^\"]+/)", body)
        assert found
        self.path = found[1]

    def ask(
        self, method: str, target: str, headers: Mapping[str, str] | None = None, body: str = ""
    ) -> tuple[int, dict[str, str], str]:
        """Return the status, headers and body of an answer."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self._limit_s)
        with contextlib.closing(link):
            link.request(method, target, body or None, dict(headers or {}))
            answer = link.getresponse()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            text = (
                "" if "event-stream" in fields.get("content-type", "") else answer.read().decode()
            )
            return answer.status, fields, text

    def told(self, limit_s: float | None = None) -> Iterator[dict[str, Any]]:
        """Follow the page: yield what its stream sends.

        Raises:
            TimeoutError: it sends nothing for so long.
        """
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=limit_s or self._limit_s)
        with contextlib.closing(link):
            link.request("GET", f"{self.path}events", headers=self.own)
            answer = link.getresponse()
            assert answer.status == 200
            while line := answer.readline():
                if line.startswith(b"data: "):
                    yield json.loads(line.removeprefix(b"data: "))

    def end(self) -> int:
        """Ask it to end, and return its exit status."""
        os.kill(self.process.pid, signal.SIGTERM)
        return self.process.wait(self._limit_s)
