"""Where people judge alerts: a page behind each signed link, and the way back from PagerDuty.

GET shows the alert and asks; only POST votes, so programs that follow links (mail scanners, chat previews) vote for
nobody. Nothing is kept here: a verdict is an event, said to the log.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from html import escape
from uuid import uuid4

from aiohttp import web

from stream.infra.links import PATH, Links
from stream.infra.pagerduty_hook import Judged, is_signed, judged
from stream.infra.reviews import VERDICTS, Review, Reviewable, Verdict
from stream.infra.sinks import Clock
from stream.infra.wording import line

LARGEST = 1 << 20  # bytes of a request
NAME = 64  # characters of a name that somebody gives
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
BUTTONS = (("useful", "it was worth it"), ("noise", "it was not"), ("known", "we knew already"))
_log = logging.getLogger("journeywatch.verdicts")

Find = Callable[[str], Awaitable[Reviewable | None]]
Say = Callable[[Review], Awaitable[None]]


class Away(Exception):
    """What is needed to take a verdict is away: try again later."""


class PagerDuty:
    """The secret of a webhook subscription, and what its types of events stand for."""

    def __init__(self, secret: str, verdicts: Mapping[str, Verdict]) -> None:
        self.secret = secret
        self.verdicts = verdicts


class Ballot:
    """Listens on `bind`:`port` (0 = any free one; `port` then tells which) from `start` to `close`.

    `find` gives what is known of an alert, `say` puts a verdict on the log; both may raise Away.
    """

    def __init__(
        self,
        links: Links,
        find: Find,
        say: Say,
        *,
        bind: str = "127.0.0.1",
        port: int = 0,
        pagerduty: PagerDuty | None = None,
        clock: Clock = time.time,
    ) -> None:
        self.port = port
        self._links, self._find, self._say, self._clock = links, find, say, clock
        self._bind = bind
        self._pagerduty = pagerduty
        app = web.Application(client_max_size=LARGEST)
        app.router.add_get(PATH, self._ask)
        app.router.add_post(PATH, self._vote)
        if pagerduty is not None:
            app.router.add_post("/pagerduty", self._told)
        self._runner = web.AppRunner(app, access_log=None)  # its lines would hold the links

    async def start(self) -> None:
        """Raises OSError if the port is taken."""
        await self._runner.setup()
        await web.TCPSite(self._runner, self._bind, self.port).start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        await self._runner.cleanup()

    async def _ask(self, request: web.Request) -> web.Response:
        try:
            return _page(_question(await self._about(request)))
        except _Refused as refused:
            return refused.page

    async def _vote(self, request: web.Request) -> web.Response:
        try:
            about = await self._about(request)
            form = await request.post()
            verdict, by = _chosen(form.get("verdict")), line(str(form.get("by", "")))[:NAME]
            await self._record(Review(about, verdict, int(self._clock() * 1000), f"link/{uuid4().hex}", by))
        except _Refused as refused:
            return refused.page
        return _page(f"<p>Thank you. <b>{verdict}</b>: {escape(about.signal)}.</p>")

    async def _about(self, request: web.Request) -> Reviewable:
        """The alert of a genuine link. Raises _Refused."""
        given = request.match_info
        if not self._links.is_genuine(given["alert"], given["until"], given["signature"], self._clock()):
            raise _Refused(403, "This link is not valid, or not any more.")
        if (about := await self._found(given["alert"])) is None:
            raise _Refused(404, "This alert is forgotten here; `journeywatch verdict` still finds it in the log.")
        return about

    async def _found(self, alert: str) -> Reviewable | None:
        try:
            return await self._find(alert)
        except Away as error:
            _log.warning("a verdict can not be taken: %s", error)
            raise _Refused(503, "This can not be taken just now. Try again in a minute.") from error

    async def _record(self, review: Review) -> None:
        try:
            await self._say(review)
        except Away as error:
            _log.warning("a verdict was not taken: %s", error)
            raise _Refused(503, "This can not be taken just now. Try again in a minute.") from error
        _log.info("verdict on alert %s (%s): %s", review.about.id, review.about.signal, review.verdict)

    async def _told(self, request: web.Request) -> web.Response:
        """2xx for whatever will not be otherwise when it is sent again."""
        assert self._pagerduty is not None
        body = await request.read()
        if not is_signed(body, request.headers.get("X-PagerDuty-Signature", ""), self._pagerduty.secret):
            return web.Response(status=401, text="the signature is not of this body")
        found = judged(body, self._pagerduty.verdicts)
        if not isinstance(found, Judged):
            return web.Response(status=202, text=f"ignored: {found}")
        try:
            if (about := await self._found(found.alert)) is None:
                return web.Response(status=202, text="ignored: the alert is not known any more")
            await self._record(Review(about, found.verdict, found.at, found.id, found.by))
        except _Refused as refused:
            return web.Response(status=refused.page.status, headers={"Retry-After": "60"})
        return web.Response(status=202, text=found.verdict)


class _Refused(Exception):
    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.page = _page(f"<p>{escape(words)}</p>", status)


def _chosen(said: object) -> Verdict:
    for verdict in VERDICTS:
        if verdict == said:
            return verdict
    raise _Refused(400, "Say useful, noise or known.")


def _question(about: Reviewable) -> str:
    """No customer is named: a link may be passed on."""
    buttons = "".join(
        f'<p><button name="verdict" value="{value}">{value}</button> {words}</p>' for value, words in BUTTONS
    )
    name = f'<p><label>Your name, if you like <input name="by" maxlength="{NAME}"></label></p>'
    head = f"<p><b>{escape(about.signal)}</b> ({escape(about.status)})</p><p>{escape(line(about.text))}</p>"
    return f'{head}<form method="post"><p>Was this alert useful?</p>{buttons}{name}</form>'


def _page(body: str, status: int = 200) -> web.Response:
    whole = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>journeywatch</title>'
        '<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"></head>'
        f"<body>{body}</body></html>"
    )
    return web.Response(text=whole, content_type="text/html", status=status, headers=HEADERS)
