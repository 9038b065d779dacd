-- What was known at `stop` (ms; else the largest append time): one row an event, repeats dropped, what no receiver
-- would take dropped. Variable: as_of.

SET VARIABLE as_of = coalesce(getvariable('stop'), (SELECT max(moment) FROM heard));

CREATE TABLE known AS
SELECT moment, time, event ->> 'source' AS source, event ->> 'id' AS id, event ->> 'type' AS type,
       event ->> 'subject' AS subject, event ->> 'segment' AS segment, event ->> 'stage' AS stage, event -> 'data' AS data
FROM heard
WHERE moment <= getvariable('as_of') AND time <= moment + 300000
QUALIFY row_number() OVER (PARTITION BY event ->> 'source', event ->> 'id' ORDER BY moment, place) = 1;

-- A merged customer is the one that it was merged into, all along.
CREATE TABLE merged AS
WITH RECURSIVE word AS (
    SELECT subject, type, data ->> 'into' AS other FROM known WHERE type IN ('customer.merged', 'customer.unmerged')
    QUALIFY row_number() OVER (PARTITION BY subject ORDER BY time DESC, id DESC) = 1),
chain AS (
    SELECT subject, other, 1 AS length FROM word WHERE type = 'customer.merged'
    UNION ALL
    SELECT chain.subject, word.other, length + 1 FROM chain JOIN word ON word.subject = chain.other AND word.type = 'customer.merged'
    WHERE length < 16)
SELECT subject, arg_max(other, length) AS other FROM chain GROUP BY ALL;

CREATE TABLE event AS
SELECT known.*, coalesce(other, subject) AS customer FROM known LEFT JOIN merged USING (subject);

-- What a customer was from when on: the latest word by event time.
CREATE TABLE was_segment AS
SELECT customer, time, max(id) AS id, arg_max(data ->> 'segment', id) AS segment FROM event
WHERE type = 'customer.updated' AND data ->> 'segment' IS NOT NULL GROUP BY ALL;
CREATE TABLE was_stage AS
SELECT customer, time, max(id) AS id, arg_max(data ->> 'stage', id) AS stage FROM event
WHERE type = 'customer.updated' AND data ->> 'stage' IS NOT NULL GROUP BY ALL;

-- What is counted. `a`..`f` are the parts in the order that the runner names them.
-- A flow belongs to `moment`; a level holds in [moment, until).
CREATE TABLE flow (
    kpi VARCHAR, moment BIGINT, customer VARCHAR, own_segment VARCHAR, own_stage VARCHAR,
    channel VARCHAR, topic VARCHAR, team VARCHAR, kind VARCHAR, theme VARCHAR, content VARCHAR,
    signal VARCHAR,    a BIGINT, b BIGINT, c BIGINT, d BIGINT, e BIGINT);
CREATE TABLE level (
    kpi VARCHAR, moment BIGINT, until BIGINT, customer VARCHAR, own_segment VARCHAR, own_stage VARCHAR,
    channel VARCHAR, topic VARCHAR, team VARCHAR, a BIGINT, b BIGINT, c BIGINT, d BIGINT, e BIGINT);
-- What was counted for one customer over a span (a month, or the 30 d to now): cohort KPIs and levels of customers.
CREATE TABLE cohort (
    kpi VARCHAR, win VARCHAR, segment VARCHAR, stage VARCHAR, feature VARCHAR, tier VARCHAR,
    a BIGINT, b BIGINT, c BIGINT, d BIGINT, e BIGINT);

-- The whole time, months (UTC) and rolling windows: [lo, hi). Points in time: just before `t`.
CREATE TABLE month AS
SELECT strftime(m, '%Y-%m') AS name, epoch_ms(m) AS lo,
       least(epoch_ms(m + INTERVAL 1 MONTH), getvariable('as_of') + 1) AS hi
FROM (SELECT unnest(generate_series(
        date_trunc('month', make_timestamp(1000 * (SELECT min(time) FROM event))),
        make_timestamp(1000 * getvariable('as_of')), INTERVAL 1 MONTH)) AS m);
CREATE TABLE win AS
SELECT 'all' AS name, -9000000000000000 AS lo, getvariable('as_of') + 1 AS hi
UNION ALL SELECT name, lo, hi FROM month
UNION ALL SELECT label || '@' || t, t - width, t FROM rolling, ending
UNION ALL SELECT label, (getvariable('as_of') - width) // edge * edge, getvariable('as_of') + 1 FROM live;
CREATE TABLE point AS
SELECT 'now' AS name, getvariable('as_of') + 1 AS t
UNION ALL SELECT '@' || t, t FROM ending;
