"""Samples of odd input that is taken, each with what it counts as: rows of docs/events.md, and of its test."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

Said = tuple[float, str, dict[str, Any]]  # hours after the first day began, type, data


class Odd(Struct, frozen=True):
    """`words` came; `rule` is what it counts as. Of the events `said` the `readings` (KPI -> parts, over all or now)
    must be so at the end of day `days`; None = no value.
    """

    words: str
    rule: str
    said: tuple[Said, ...]
    readings: dict[str, dict[str, int] | None]
    days: int = 9


def _terms(amount: str = "10", subscription: str = "P-1", product: str = "core") -> dict[str, Any]:
    about = {"subscription": subscription, "product": product}
    return {**about, "amount": amount, "currency": "USD", "interval": "month"}


def _paid(amount: str) -> dict[str, Any]:
    return {"invoice": "I-1", "amount": amount, "currency": "USD"}


def _answer(score: int, survey: str = "V-1") -> dict[str, Any]:
    return {"survey": survey, "kind": "ces", "score": score}


SENT = {"survey": "V-1", "kind": "ces"}
TICKET = {"ticket": "T-1"}
OPENED = {**TICKET, "channel": "chat"}

ODD: tuple[Odd, ...] = (
    Odd(
        "a subscription for nothing (amount `0`)",
        "the customer is active, with an MRR of 0",
        ((0, "subscription.started", _terms("0")),),
        {"active_customers": {"n": 1}, "mrr": {"mrr": 0, "customers": 1}},
    ),
    Odd(
        "a second `subscription.started` of one subscription",
        "changes nothing: the earliest holds, and its terms; other terms are said by `subscription.changed`",
        ((0, "subscription.started", _terms("10")), (24, "subscription.started", _terms("99"))),
        {"mrr": {"mrr": 1_000, "customers": 1}},
    ),
    Odd(
        "a cancel dated before its subscription started",
        "changes nothing, now or later",
        ((24, "subscription.started", _terms()), (0, "subscription.cancelled", {"subscription": "P-1"})),
        {"active_customers": {"n": 1}},
    ),
    Odd(
        "an `effective_at` before the cancel's own time",
        "the subscription ends at the cancel's time",
        (
            (0, "subscription.started", _terms()),
            (48, "subscription.cancelled", {"subscription": "P-1", "effective_at": "2026-06-01T12:00:00Z"}),
        ),
        {"active_customers": None, "mrr": {"mrr": 0, "customers": 0, "churn": 1_000}},
    ),
    Odd(
        "several cancels of a subscription",
        "while its end lies ahead the latest holds; after its end none changes it",
        (
            (0, "subscription.started", _terms()),
            (1, "subscription.cancelled", {"subscription": "P-1", "effective_at": "2026-06-05T00:00:00Z"}),
            (2, "subscription.cancelled", {"subscription": "P-1", "effective_at": "2026-06-20T00:00:00Z"}),
        ),
        {"active_customers": {"n": 1}},
    ),
    Odd(
        "a renewal of a subscription whose end lies ahead",
        "takes the cancel back; a change does not",
        (
            (0, "subscription.started", _terms()),
            (1, "subscription.cancelled", {"subscription": "P-1", "effective_at": "2026-06-05T00:00:00Z"}),
            (24, "subscription.renewed", _terms()),
        ),
        {"active_customers": {"n": 1}},
    ),
    Odd(
        "a change or renewal after a subscription's end",
        "changes nothing: who comes back starts another one",
        (
            (0, "subscription.started", _terms()),
            (1, "subscription.cancelled", {"subscription": "P-1"}),
            (24, "subscription.renewed", _terms()),
        ),
        {"active_customers": None},
    ),
    Odd(
        "more refunded than was paid",
        "counts as it is: the customer's realised value is below 0",
        ((0, "invoice.paid", _paid("10")), (1, "invoice.refunded", _paid("15"))),
        {"clv_realised": {"sum": -500, "n": 1}},
    ),
    Odd(
        "a refund of a customer who never paid",
        "counts nowhere until something is paid, then in full",
        ((0, "invoice.refunded", _paid("15")),),
        {"clv_realised": None},
    ),
    Odd(
        "an answer without a `survey.sent`",
        "counts for scores, not for the response rate",
        ((0, "survey.answered", _answer(6)),),
        {"ces": {"sum": 6, "n": 1}, "survey_response_rate": None},
    ),
    Odd(
        "an answer dated before its sending",
        "came in time",
        ((24, "survey.sent", SENT), (0, "survey.answered", _answer(6))),
        {"ces": {"sum": 6, "n": 1}, "survey_response_rate": {"num": 1, "den": 1}},
    ),
    Odd(
        "several answers to a survey",
        "the latest is the score, the earliest says whether it came in time",
        ((0, "survey.sent", SENT), (1, "survey.answered", _answer(2)), (200, "survey.answered", _answer(6))),
        {"ces": {"sum": 6, "n": 1}, "survey_response_rate": {"num": 1, "den": 1}},
    ),
    Odd(
        "a survey sent several times",
        "was sent at the earliest; after a failed delivery, at the next",
        (
            (0, "survey.sent", {**SENT, "delivered": False}),
            (24, "survey.sent", SENT),
            (180, "survey.answered", _answer(6)),
        ),
        {"survey_response_rate": {"num": 1, "den": 1}},
    ),
    Odd(
        "a step of a ticket dated before its opening",
        "changes nothing",
        ((24, "ticket.opened", OPENED), (0, "ticket.resolved", TICKET)),
        {"backlog": {"n": 1}, "resolution_time": None},
    ),
    Odd(
        "a ticket opened, resolved or reopened twice",
        "opened at the earliest; resolved only while it is open, reopened only while it is resolved",
        (
            (0, "ticket.opened", OPENED),
            (1, "ticket.opened", OPENED),
            (1, "ticket.reopened", TICKET),
            (2, "ticket.resolved", TICKET),
            (3, "ticket.resolved", TICKET),
        ),
        {"resolution_time": {"sum": 7_200, "n": 1}, "reopen_rate": {"num": 0, "den": 1}},
    ),
    Odd(
        "a session id used again days later",
        "is the same session, whatever the gap, while it is kept (`keep.sessions`)",
        (
            (0, "page.viewed", {"url": "/", "session": "V"}),
            (72, "page.viewed", {"url": "/", "session": "V"}),
        ),
        {"pages_per_session": {"sum": 2, "n": 1}},
    ),
)
