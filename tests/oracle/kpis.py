"""The KPIs that the oracle knows: the names of their parts, which of them is n, and the value they come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Parts = dict[str, int]


def _ratio(parts: Parts) -> float:
    return parts["num"] / parts["den"]


def _mean(parts: Parts) -> float:
    return parts["sum"] / parts["n"]


def _none(parts: Parts) -> None:
    return None


def _net(parts: Parts) -> float:
    return 100 * (parts["up"] - parts["down"]) / parts["n"]


@dataclass(frozen=True)
class Kpi:
    """Parts in the order of the columns a to e in SQL, a sixth is the number of facts; `n` names the one that is n."""

    parts: tuple[str, ...]
    n: str
    value: Callable[[Parts], float | None]
    duration: bool = False


RATIO = Kpi(("num", "den"), "den", _ratio)
MONEY_RATIO = Kpi(("num", "den", "customers"), "customers", lambda p: p["num"] / p["den"] if p["den"] else None)
MEAN = Kpi(("sum", "n"), "n", _mean)
DURATION = Kpi(("sum", "n"), "n", _mean, duration=True)
COUNT = Kpi(("n",), "n", lambda p: float(p["n"]))

KPIS: dict[str, Kpi] = {
    "ces": MEAN,
    "ces_easy": RATIO,
    "ces_net": Kpi(("up", "n", "down"), "n", _net),
    "effort": Kpi(("sum", "n", "sq"), "n", lambda p: p["sum"] / p["n"] / 1_000_000),
    "csat": MEAN,
    "csat_top2": RATIO,
    "nps": Kpi(("up", "down", "n"), "n", _net),
    "nps_answers": Kpi(("up", "down", "n"), "n", _net),
    "survey_response_rate": RATIO,
    "feedback_themes": RATIO,
    "feedback_themes by theme": Kpi(("num", "none"), "num", _none),
    "fcr": RATIO,
    "fcr_strict": RATIO,
    "fcr_one_touch": RATIO,
    "one_contact": RATIO,
    "resolution_time": DURATION,
    "resolution_time_first": DURATION,
    "resolution_time_business": DURATION,
    "first_response_time": DURATION,
    "first_response_time_business": DURATION,
    "reopen_rate": RATIO,
    "transfers": Kpi(("sum", "n", "two", "ping_pong"), "n", _mean),
    "backlog": COUNT,
    "ticket_volume": COUNT,
    "ticket_share": COUNT,
    "bounce_rate": RATIO,
    "pages_per_session": MEAN,
    "content_to_ticket": RATIO,
    "search_failure": RATIO,
    "active_customers": COUNT,
    "mrr": Kpi(("mrr", "customers"), "customers", lambda p: float(p["mrr"])),
    "mrr movements": Kpi(("new", "expansion", "contraction", "churn", "reactivation", "n"), "n", _none),
    "arpc": MEAN,
    "churn_rate": RATIO,
    "retention_rate": RATIO,
    "churn_rate_30d": RATIO,
    "churn_activity": RATIO,
    "grr": MONEY_RATIO,
    "nrr": MONEY_RATIO,
    "upsell_rate": RATIO,
    "cross_sell_rate": RATIO,
    "renewal_rate": RATIO,
    "clv_realised": MEAN,
    "clv_predicted": MEAN,
    "retention_cost": MEAN,
    "retention_roi": Kpi(("mrr", "cost", "customers"), "customers", _none),
    "time_to_value": Kpi(("sum", "n", "started"), "n", _mean, duration=True),
    "adoption_rate": RATIO,
    "adoption_rate by feature": Kpi(("num", "none"), "num", _none),
    "adoption_tier": COUNT,
    "stickiness": RATIO,
    "health": Kpi(("sum", "n", "green", "yellow", "red"), "n", _mean),
    "signal_precision": RATIO,
    "open_age": Kpi(("opened", "over_1d", "over_3d", "over_7d", "over_30d", "n"), "n", _none),
}
