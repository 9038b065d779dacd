"""E-mail: the queue as a digest at some hours of the day, and pages at once if wanted. Plain text, by SMTP.

All mail about one alert is one thread. `Message-ID` is made of the alert's version, so a repeat is known as one.
"""

from __future__ import annotations

import asyncio
import logging
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import formatdate
from typing import Literal

from stream.claims import Severity
from stream.infra.pseudonym import is_person
from stream.infra.sinks import DELIVERED, Clock, Link, Naming, Outcome, Queue, nowhere, secret
from stream.infra.wording import facts, is_news, line, moment, state
from stream.notices import Notice
from stream.ranking import Ranked

_log = logging.getLogger("journeywatch.delivery")
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


class Mail(Naming, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`to` gets the digest at `digest` hours (0-23, in the reporting time zone), and with `pages` each page at once.

    `password_file` holds the password of `username`; `ca_file` the authority of a server that has its own.
    `shown`: alerts listed in a digest.
    """

    name: str = "mail"
    host: str = ""
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: str = ""
    username: str = ""
    password_file: str = ""
    sender: str = ""
    to: tuple[str, ...] = ()
    digest: tuple[int, ...] = (8,)
    pages: bool = False
    shown: int = 50
    timeout: float = 20.0

    def __post_init__(self) -> None:
        if self.host and not (self.sender and self.to):
            raise ValueError("mail needs a sender, and at least one address as to")
        if any("\n" in one or "\r" in one or "@" not in one for one in (self.sender, *self.to) if one):
            raise ValueError("sender and to are addresses, as alerts@example.org")
        if not all(0 <= hour <= 23 for hour in self.digest):
            raise ValueError("digest names hours of the day, 0 to 23")
        if self.username and self.security == "none" and self.host not in _HERE:
            raise ValueError('the password would travel in the clear: take security = "starttls" or "tls"')

    @property
    def least(self) -> Severity | None:
        return Severity.page if self.pages else None

    @property
    def hours(self) -> tuple[int, ...]:
        return self.digest

    def ready(self) -> bool:
        return bool(self.host)

    def open(self, clock: Clock, link: Link = nowhere) -> Client:
        return Client(self, clock, link)


class Client:
    """Connects anew for each batch; smtplib waits, so it does that in a thread."""

    def __init__(self, settings: Mail, clock: Clock, link: Link = nowhere) -> None:
        self._settings = settings
        self._clock = clock
        self._link = link

    async def send(self, notices: Sequence[Notice]) -> list[Outcome]:
        told = [notice for notice in notices if is_news(notice)]
        mails = [_addressed(page(notice, self._settings, self._link), self._settings, self._clock()) for notice in told]
        outcomes = iter(await asyncio.to_thread(deliver, self._settings, mails) if mails else ())
        return [next(outcomes) if is_news(notice) else DELIVERED for notice in notices]

    async def active(self, notices: Sequence[Notice]) -> Outcome:
        return DELIVERED

    async def digest(self, queue: Queue) -> Outcome:
        mail = _addressed(digest(queue, self._settings, self._link), self._settings, self._clock())
        [outcome] = await asyncio.to_thread(deliver, self._settings, [mail])
        return outcome

    async def close(self) -> None:
        pass


def page(notice: Notice, settings: Mail, link: Link = nowhere) -> EmailMessage:
    """One alert that opened, became louder, or is over."""
    alert = notice.alert
    mail = EmailMessage()
    mail["Subject"] = f"[{state(notice)}] {alert.signal}: {line(alert.text)}"[:200]
    mail["Message-ID"] = f"<{notice.key.replace('/', '.')}@journeywatch>"
    mail["References"] = f"<{alert.id}@journeywatch>"
    rows = [f"{name}: {value}" for name, value in facts(notice, settings.who(alert))]
    judge = [f"useful, noise or known? {address}"] if notice.kind != "resolve" and (address := link(alert)) else []
    mail.set_content("\n".join([line(alert.text), "", *rows, *judge, ""]))
    return mail


def digest(queue: Queue, settings: Mail, link: Link = nowhere) -> EmailMessage:
    """How much is open, and the most urgent of it in the order in which somebody should look."""
    total = sum(queue.active.values())
    loud = {name: sum(n for (_, s), n in queue.active.items() if s == name) for name in ("page", "queue", "info")}
    counts = ", ".join(f"{n} {name}" for name, n in loud.items() if n)
    first = queue.first[: settings.shown]
    mail = EmailMessage()
    mail["Subject"] = f"journeywatch: {total} open alerts" + (f" ({counts})" if counts else "")
    mail["Message-ID"] = f"<digest.{queue.at}@journeywatch>"
    rows = [row for ranked in first for row in _listed(ranked, settings, link)]
    more = [f"and {total - len(first)} more", ""] if total > len(first) else []
    head = f"Open at {moment(queue.at)}: {counts or 'nothing'}. The most urgent first."
    mail.set_content("\n".join([head, "", *rows, *more]))
    return mail


def _listed(ranked: Ranked, settings: Mail, link: Link) -> Iterator[str]:
    alert = ranked.alert
    yield f"{ranked.place}. {alert.signal}: {line(alert.text)}"
    yield f"   {'customer ' if is_person(alert) else ''}{line(settings.who(alert))}; {'; '.join(ranked.why)}"
    if address := link(alert):
        yield f"   {address}"
    yield ""


def _addressed(mail: EmailMessage, settings: Mail, now: float) -> EmailMessage:
    mail["From"], mail["To"] = settings.sender, ", ".join(settings.to)
    mail["Date"] = formatdate(now)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence is answered to us
    return mail


def deliver(settings: Mail, mails: Sequence[EmailMessage]) -> list[Outcome]:
    """Sends over one connection; one outcome for each. Blocks, at most `timeout` s a step.

    5xx about a message is a rejection. A login that is refused is not: it is mended in the settings, not in the mail.
    """
    outcomes: list[Outcome] = []
    try:
        with _connected(settings) as smtp:
            for mail in mails:
                outcomes.append(_sent(smtp, mail))  # noqa: PERF401  those before a failure count
    except (smtplib.SMTPException, OSError) as error:
        failed = Outcome("retry", f"{type(error).__name__}: {error}")
        return outcomes + [failed] * (len(mails) - len(outcomes))
    return outcomes


@contextmanager
def _connected(settings: Mail) -> Iterator[smtplib.SMTP]:
    context = ssl.create_default_context(cafile=settings.ca_file or None) if settings.security != "none" else None
    if settings.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(settings.host, settings.port, timeout=settings.timeout, context=context)
    else:
        smtp = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout)
    with smtp:
        if settings.security == "starttls":
            smtp.starttls(context=context)
        if settings.username:
            smtp.login(settings.username, secret(settings.password_file))
        yield smtp


def _sent(smtp: smtplib.SMTP, mail: EmailMessage) -> Outcome:
    try:
        if refused := smtp.send_message(mail):
            _log.warning("mail went to some recipients only: %s", _answered(list(refused.values())).detail)
    except smtplib.SMTPRecipientsRefused as error:
        return _answered(list(error.recipients.values()))
    except smtplib.SMTPResponseException as error:
        return _answered([(error.smtp_code, error.smtp_error)])
    return DELIVERED


def _answered(answers: list[tuple[int, bytes | str]]) -> Outcome:
    """Of several recipients one that may be tried again is enough."""
    words = "; ".join(
        f"{code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}" for code, text in answers
    )
    return Outcome("rejected" if all(code >= 500 for code, _ in answers) else "retry", words[:200])


SINK = Mail()
