"""One HTTP POST of a sink, and what its answer means: the same for every sink that speaks HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, ClassVar, Self

import aiohttp

from stream.infra.sinks import DELIVERED, Clock, Link, OneByOne, Outcome, nowhere
from stream.notices import Notice

AGAIN = (408, 425, 429)  # of 4xx, those that time may mend
SHOWN = 200  # characters of an answer that are kept
AT_ONCE = 8  # messages on their way, each about another alert


class Poster:
    """Posts JSON and waits at most `timeout` s for the answer. Close it, or use `async with`.

    An outcome never holds the address: it may be a secret.
    """

    def __init__(self, timeout: float, clock: Clock) -> None:
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Outcome:
        """2xx is delivered; 408, 425, 429, 5xx and no answer may be tried again; all else is rejected."""
        headers = {"Content-Type": "application/json", **(headers or {})}
        try:
            # A redirected POST would be repeated as a GET.
            async with self._connected().post(url, data=body, headers=headers, allow_redirects=False) as answer:
                if answer.status < 300:
                    return DELIVERED
                words = (await answer.content.read(4 * SHOWN)).decode("utf-8", "replace")[:SHOWN].strip()
                detail = _shown(f"{answer.status} {answer.reason}: {words}", url)
                if answer.status in AGAIN or answer.status >= 500:
                    return Outcome("retry", detail, self._after(answer.headers))
                return Outcome("rejected", detail)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Outcome("retry", _shown(f"{type(error).__name__}: {error}".rstrip(": "), url))

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        return self._session

    def _after(self, headers: Mapping[str, str]) -> float | None:
        """Retry-After in seconds: given so, or as an HTTP date."""
        value = headers.get("Retry-After", "").strip()
        if value.isdecimal():
            return float(value)
        try:
            return max(parsedate_to_datetime(value).timestamp() - self._clock(), 0.0)
        except ValueError:
            return None


def _shown(words: str, url: str) -> str:
    return words.replace(url, "(its address)") if url else words


class Posting(OneByOne):
    """An open sink that posts message by message, `at_once` at a time. `settings` have a `timeout`, s."""

    at_once: ClassVar[int] = AT_ONCE

    def __init__(self, settings: Any, clock: Clock, link: Link = nowhere) -> None:
        self._settings = settings
        self._clock = clock
        self._link = link
        self._poster = Poster(settings.timeout, clock)

    async def send(self, notices: Sequence[Notice]) -> list[Outcome]:
        return await tell_each(notices, self.tell, self.at_once)

    async def close(self) -> None:
        await self._poster.close()

    async def tell(self, notice: Notice) -> Outcome:
        """Tells one; what an answer means is said in `Poster.post`."""
        raise NotImplementedError


async def tell_each(
    notices: Sequence[Notice], tell: Callable[[Notice], Awaitable[Outcome]], at_once: int = AT_ONCE
) -> list[Outcome]:
    """A few at once: no two of a batch are about the same alert. After the first that failed no more are tried.

    What `tell` raises is a failure of that one: others were told, and are not told again.
    """

    async def told(notice: Notice) -> Outcome:
        try:
            return await tell(notice)
        except Exception as error:  # noqa: BLE001  as the mailbox has it of a whole batch
            return Outcome("retry", f"{type(error).__name__}: {error}")

    outcomes: list[Outcome] = []
    for start in range(0, len(notices), at_once):
        outcomes += await asyncio.gather(*map(told, notices[start : start + at_once]))
        if failed := [outcome for outcome in outcomes if outcome.status == "retry"]:
            longest = max(failed, key=lambda outcome: outcome.after or 0.0)
            return outcomes + [longest] * (len(notices) - len(outcomes))
    return outcomes
