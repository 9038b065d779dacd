"""The pipe: throughput, lag, latency, recovery, dead letters, delivery. For those who keep it running."""

from __future__ import annotations

from typing import Any

from dashboards.parts import AMBER, RED, Query, board, graph, number, row, variable

UID = "journeywatch-pipe"
_OF = 'role=~"$role"'


def pipe() -> Any:
    role = variable("role", "Role", "Which hops.", "label_values(journey_processed_records_total, role)", many=True)
    made = board(UID, "The pipe", "Is it running, is it behind, and what does it refuse?", role)
    for part in (_now, _throughput, _lag, _latency, _recovery, _refused, _delivery, _processes):
        part(made)
    return made


def marks() -> list[dict[str, Any]]:
    """Where the pipe's own rules fired."""
    fired = 'ALERTS{alertname=~"Journey.+", alertstate="firing"}'
    return [{"name": "The pipe's own alerts", "expr": fired, "iconColor": "red", "enable": True}]


def _now(made: Any) -> None:
    made.with_row(row("Now"))
    up = 'sum(up{job="journeywatch"})'
    made.with_panel(number("Workers", "Processes that answer.", "short", Query(up, "")))
    fired = 'count(ALERTS{alertname=~"Journey.+", alertstate="firing"}) or vector(0)'
    made.with_panel(number("Own alerts", "Rules about the pipe that fire.", "short", Query(fired, ""), [(1, RED)]))
    lag = "sum(journey_consumer_lag_records)"
    made.with_panel(number("Records waiting", "In all topics together.", "short", Query(lag, ""), [(10_000, AMBER)]))
    behind = "max(journey_consumer_lag_seconds)"
    steps = [(60.0, AMBER), (300.0, RED)]
    made.with_panel(number("Furthest behind", "Age of the record it is at.", "s", Query(behind, ""), steps))
    closed = 'max(journey_closed_delay_seconds{role="kpis"})'
    words = "How far the slowest partition of journey.events holds up the watches; +Inf: one was never heard of."
    made.with_panel(number("Watches held up by", words, "s", Query(closed, ""), steps))
    sinks = "count(journey_sink_up == 0) or vector(0)"
    made.with_panel(number("Sinks away", "Where alerts do not arrive.", "short", Query(sinks, ""), [(1, RED)]))


def _throughput(made: Any) -> None:
    made.with_row(row("Throughput"))
    records = f"sum by (role) (rate(journey_processed_records_total{{{_OF}}}[$__rate_interval]))"
    made.with_panel(graph("Records", "Source records worked off, by role.", "cps", Query(records, "{{role}}")))
    events = "sum by (type) (rate(journey_events_total[$__rate_interval])) > 0"
    words = "What the journeys hear, by type."
    made.with_panel(graph("Events", words, "cps", Query(events, "{{type}}"), stacked=True))
    busy = f"sum by (role) (rate(journey_fold_seconds_total{{{_OF}}}[$__rate_interval]))"
    words = "Share of one CPU that folding takes. At 100 % a role needs more workers."
    made.with_panel(graph("Busy", words, "percentunit", Query(busy, "{{role}}")))


def _lag(made: Any) -> None:
    made.with_row(row("Lag"))
    records = f"sum by (role, topic) (journey_consumer_lag_records{{{_OF}}})"
    made.with_panel(graph("Records waiting", "Between what is done and the end.", "short", Query(records, "{{topic}}")))
    seconds = f"max by (role, topic) (journey_consumer_lag_seconds{{{_OF}}})"
    words = "Age of the last record worked off, while more wait; the worst partition."
    made.with_panel(graph("Behind", words, "s", Query(seconds, "{{topic}}")))
    clocks = 'topk(5, max by (partition) (journey_watermark_delay_seconds{role="journeys"}))'
    closed = 'topk(5, max by (partition) (journey_closed_delay_seconds{role="kpis"}) > 60)'
    words = "How old the log clock of the five slowest partitions is, and which hold up the watches of KPIs."
    queries = Query(clocks, "partition {{partition}}"), Query(closed, "watches, by {{partition}}", dashed=True)
    made.with_panel(graph("Log clocks", words, "s", *queries))


def _latency(made: Any) -> None:
    made.with_row(row("Latency"))
    rate = f"sum by (role, le) (rate(journey_append_latency_seconds_bucket{{{_OF}}}[$__rate_interval]))"
    words = "From the append of a record to its effects written"
    for q, name in ((0.5, "half are faster"), (0.99, "99 in 100 are faster")):
        query = Query(f"histogram_quantile({q}, {rate})", "{{role}}")
        made.with_panel(graph(f"Latency, p{q * 100:g}", f"{words}: {name}.", "s", query))
    loop = "max by (instance) (journey_event_loop_lag_seconds)"
    words = "What a fold holds up, everything else waits for."
    made.with_panel(graph("Event loop late", words, "s", Query(loop, "{{instance}}")))


def _recovery(made: Any) -> None:
    made.with_row(row("Recovery"))
    owned = f"sum by (role, instance) (journey_assigned_partitions{{{_OF}}})"
    words = "Who owns how many partitions."
    made.with_panel(graph("Partitions", words, "short", Query(owned, "{{role}} at {{instance}}"), stacked=True))
    took = f"max by (role) (journey_table_recovery_seconds{{{_OF}}})"
    rebalances = f"sum by (role) (increase(journey_rebalances_total{{{_OF}}}[15m]))"
    words = "How long the last recovery of tables took; the shade: rebalances in 15 min."
    both = Query(took, "{{role}}"), Query(rebalances, "rebalances, {{role}}", faint=True)
    made.with_panel(graph("Recovery", words, "s", *both))
    read = "sum(increase(journey_recovered_records_total[15m]))"
    again = "sum(increase(journey_republished_records_total[15m]))"
    foreign = "sum(increase(journey_foreign_writes_total[15m])) + sum(increase(journey_void_records_total[15m]))"
    words = "In 15 min: read to restore tables, said again after a restart, made void by another owner."
    three = Query(read, "restored"), Query(again, "said again"), Query(foreign, "void")
    made.with_panel(graph("Records of recovery", words, "short", *three))
    keys = f"sum by (role) (journey_table_keys{{{_OF}}})"
    made.with_panel(graph("State", "Rows of the tables.", "short", Query(keys, "{{role}}")))
    written = f"sum by (role) (rate(journey_append_bytes_total{{{_OF}}}[$__rate_interval]))"
    made.with_panel(graph("Changelogs", "Bytes written to them.", "Bps", Query(written, "{{role}}")))
    dropped = "sum by (role) (increase(journey_guard_dropped_records_total[15m]))"
    sought = "sum by (role) (increase(journey_seeks_back_total[15m]))"
    words = "In 15 min: records dropped because they were not the next, and gaps sought back. Some at each rebalance."
    queries = Query(dropped, "dropped, {{role}}"), Query(sought, "sought back, {{role}}")
    made.with_panel(graph("Guard", words, "short", *queries))


def _refused(made: Any) -> None:
    made.with_row(row("Dead letters"))
    letters = "sum by (role, reason) (increase(journey_dead_letter_total[15m])) > 0"
    words = "In 15 min, by reason. journey.deadletters has the bytes and what is wrong."
    made.with_panel(graph("Dead letters", words, "short", Query(letters, "{{reason}} at {{role}}"), stacked=True))
    all_letters = "sum(rate(journey_dead_letter_total[15m]))"
    share = f'{all_letters} / sum(rate(journey_processed_records_total{{role="intake"}}[15m]))'
    words = "Dead letters to records taken in, over 15 min. A rule pages at 1 %."
    made.with_panel(graph("Share refused", words, "percentunit", Query(share, "refused")))
    dropped = "sum by (what) (increase(journey_state_dropped_total[1h]))"
    overflow = "sum(journey_label_overflow_total)"
    words = "State forgotten in an hour, by kind; the shade: labels and KPI series that did not fit."
    both = Query(dropped, "{{what}}"), Query(overflow, "did not fit", faint=True)
    made.with_panel(graph("Forgotten", words, "short", *both))


def _delivery(made: Any) -> None:
    made.with_row(row("Delivery"))
    told = "sum by (sink, outcome) (increase(journey_alert_notifications_total[15m]))"
    words = "Attempts in 15 min, by sink and outcome."
    made.with_panel(graph("Told", words, "short", Query(told, "{{sink}}: {{outcome}}")))
    waits = "max by (sink) (journey_sink_wait_seconds)"
    backlog = "max by (sink) (journey_sink_backlog_alerts)"
    words = "Since when something waits; the shade: how many alerts."
    both = Query(waits, "{{sink}}"), Query(backlog, "alerts, {{sink}}", faint=True)
    made.with_panel(graph("Waiting", words, "s", *both))
    writes = "sum(rate(journey_redis_writes_total[$__rate_interval]))"
    errors = "sum(rate(journey_redis_errors_total[$__rate_interval]))"
    words = "Commands to the read side, and those that failed."
    made.with_panel(graph("Redis", words, "cps", Query(writes, "written"), Query(errors, "failed")))


def _processes(made: Any) -> None:
    made.with_row(row("Processes"))
    cpu = 'sum by (instance) (rate(process_cpu_seconds_total{job="journeywatch"}[$__rate_interval]))'
    made.with_panel(graph("CPU", "Share of one CPU.", "percentunit", Query(cpu, "{{instance}}")))
    memory = 'max by (instance) (process_resident_memory_bytes{job="journeywatch"})'
    made.with_panel(graph("Memory", "Resident.", "bytes", Query(memory, "{{instance}}")))
    age = 'time() - max by (instance) (process_start_time_seconds{job="journeywatch"})'
    made.with_panel(graph("Uptime", "Since when each runs.", "s", Query(age, "{{instance}}")))
