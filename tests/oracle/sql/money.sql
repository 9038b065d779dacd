-- Subscriptions and money: what runs from when to when at which MRR, its movements, cohorts of calendar months.
-- Amounts become minor units of the reporting currency, half up; `rate.micro` is 10^6 x the rate.

CREATE TABLE term AS
SELECT customer, data ->> 'subscription' AS subscription, data ->> 'product' AS product, time, id,
       CASE type WHEN 'subscription.started' THEN 0 WHEN 'subscription.changed' THEN 1 ELSE 2 END AS rank,
       (((data ->> 'amount')::DECIMAL(18, 4) * 10000)::HUGEINT * coalesce((data ->> 'quantity')::BIGINT, 1) * micro) AS whole,
       100000000::HUGEINT * CASE data ->> 'interval' WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 ELSE 12 END AS share
FROM event JOIN rate ON currency = data ->> 'currency'
WHERE type IN ('subscription.started', 'subscription.changed', 'subscription.renewed');

CREATE TABLE running AS
WITH first AS (SELECT customer, subscription, min(time) AS started FROM term WHERE rank = 0 GROUP BY ALL),
over AS (
    SELECT customer, data ->> 'subscription' AS subscription,
           arg_max(greatest(time, coalesce(epoch_ms((data ->> 'effective_at')::TIMESTAMPTZ), time)), (time, id)) AS ended
    FROM event WHERE type = 'subscription.cancelled' GROUP BY ALL),
piece AS (
    SELECT customer, subscription, product, time AS moment, ((2 * whole + share) // (2 * share))::BIGINT AS mrr, ended,
           lead(time) OVER (PARTITION BY customer, subscription ORDER BY time, rank, id) AS next
    FROM term JOIN first USING (customer, subscription) LEFT JOIN over USING (customer, subscription)
    WHERE time >= started)
SELECT customer, subscription, product, mrr, moment, least(next, ended) AS until FROM piece
WHERE moment < coalesce(least(next, ended), 9000000000000000);

CREATE TABLE movement AS
WITH mark AS (
    SELECT customer, moment AS time, mrr AS delta, 1 AS runs FROM running
    UNION ALL SELECT customer, until, -mrr, -1 FROM running WHERE until IS NOT NULL),
net AS (SELECT customer, time, sum(delta)::BIGINT AS delta, sum(runs)::BIGINT AS runs FROM mark GROUP BY ALL),
total AS (
    SELECT *, sum(runs) OVER (PARTITION BY customer ORDER BY time)::BIGINT AS after FROM net)
SELECT customer, time, delta, after, after - runs AS before,
       bool_or(after > 0) OVER (PARTITION BY customer ORDER BY time ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS known
FROM total;

INSERT INTO flow BY NAME
SELECT 'mrr movements' AS kpi, time AS moment, customer,
       CASE WHEN before = 0 AND NOT coalesce(known, false) THEN delta ELSE 0 END AS a,
       CASE WHEN before > 0 AND after > 0 AND delta > 0 THEN delta ELSE 0 END AS b,
       CASE WHEN before > 0 AND after > 0 AND delta < 0 THEN -delta ELSE 0 END AS c,
       CASE WHEN before > 0 AND after = 0 THEN -delta ELSE 0 END AS d,
       CASE WHEN before = 0 AND known THEN delta ELSE 0 END AS e
FROM movement WHERE before > 0 OR after > 0;

-- Spans whose two ends are compared: calendar months (the last one as far as it goes), and the 30 d to now.
CREATE TABLE span AS
SELECT name, lo, least(hi, getvariable('as_of')) AS hi FROM month
UNION ALL SELECT '30d', getvariable('as_of') - 30 * 86400000::BIGINT, getvariable('as_of');
CREATE TABLE instant AS SELECT lo AS t FROM span UNION SELECT hi FROM span UNION SELECT t - 1 FROM point;

-- At the instant `t`: who is active, at which MRR, in which segment and stage.
CREATE TABLE state_product AS
SELECT t, customer, product, sum(mrr)::BIGINT AS mrr FROM running JOIN instant ON moment <= t AND coalesce(until, 9000000000000000) > t
GROUP BY ALL;
CREATE TABLE state AS
WITH total AS (SELECT t, customer, sum(mrr)::BIGINT AS mrr FROM state_product GROUP BY ALL)
SELECT t, customer, mrr,
       (SELECT arg_max(w.segment, (w.time, w.id)) FROM was_segment w WHERE w.customer = total.customer AND w.time <= t) AS segment,
       (SELECT arg_max(w.stage, (w.time, w.id)) FROM was_stage w WHERE w.customer = total.customer AND w.time <= t) AS stage
FROM total;

INSERT INTO cohort BY NAME
SELECT unnest([{'kpi': 'active_customers', 'a': 1}, {'kpi': 'mrr', 'a': mrr}, {'kpi': 'arpc', 'a': mrr}], recursive := true),
       1 AS b, name AS win, segment, stage FROM state s JOIN point p ON p.t - 1 = s.t;

CREATE TABLE base AS
SELECT name, s.customer, s.segment, s.stage, s.mrr AS mrr_start, coalesce(e.mrr, 0) AS mrr_end, e.customer IS NOT NULL AS stays
FROM span JOIN state s ON s.t = lo LEFT JOIN state e ON e.t = hi AND e.customer = s.customer;

INSERT INTO cohort BY NAME
SELECT unnest([{'kpi': 'churn_rate', 'a': (NOT stays)::BIGINT, 'b': 1}, {'kpi': 'retention_rate', 'a': stays::BIGINT, 'b': 1},
               {'kpi': 'grr', 'a': least(mrr_start, mrr_end), 'b': mrr_start}, {'kpi': 'nrr', 'a': mrr_end, 'b': mrr_start}],
              recursive := true),
       1 AS c, name AS win, segment, stage FROM base WHERE name <> '30d';
INSERT INTO cohort BY NAME
SELECT 'churn_rate_30d' AS kpi, 'now' AS win, (NOT stays)::BIGINT AS a, 1 AS b, 1 AS c, segment, stage FROM base WHERE name = '30d';

INSERT INTO cohort BY NAME
WITH pair AS (
    SELECT name, coalesce(s.customer, e.customer) AS customer,
           bool_or(s.mrr IS NOT NULL AND e.mrr > s.mrr) AS up, bool_or(s.mrr IS NULL) AS fresh
    FROM (SELECT name, hi, q.* FROM span JOIN state_product q ON q.t = lo) s
    FULL JOIN (SELECT name, p.* FROM span JOIN state_product p ON p.t = hi) e USING (name, customer, product) GROUP BY ALL)
SELECT unnest([{'kpi': 'upsell_rate', 'a': coalesce(up, false)::BIGINT},
               {'kpi': 'cross_sell_rate', 'a': coalesce(fresh, false)::BIGINT}], recursive := true),
       1 AS b, 1 AS c, name AS win, segment, stage
FROM base LEFT JOIN pair USING (name, customer) WHERE name <> '30d';

CREATE TABLE amount AS
SELECT customer, type, time, segment, stage, data ->> 'kind' AS kind,
       ((2 * ((data ->> 'amount')::DECIMAL(18, 4) * 10000)::HUGEINT * micro + 100000000) // 200000000)::BIGINT AS minor
FROM event JOIN rate ON currency = data ->> 'currency' WHERE type IN ('invoice.paid', 'invoice.refunded', 'cost.recorded');

INSERT INTO cohort BY NAME
WITH spent AS (SELECT name, segment, stage, minor FROM amount JOIN month ON time >= lo AND time < hi
               WHERE type = 'cost.recorded' AND kind = 'retention')
SELECT 'retention_cost' AS kpi, name AS win, segment, stage, minor AS a, 0 AS b FROM spent
UNION ALL BY NAME
SELECT 'retention_roi' AS kpi, name AS win, segment, stage, 0 AS a, minor AS b, 0 AS c FROM spent
UNION ALL BY NAME
SELECT 'retention_cost' AS kpi, name AS win, segment, stage, 0 AS a, 1 AS b FROM base WHERE stays AND name <> '30d'
UNION ALL BY NAME
SELECT 'retention_roi' AS kpi, name AS win, segment, stage, mrr_end AS a, 0 AS b, 1 AS c FROM base WHERE name <> '30d';

INSERT INTO cohort BY NAME
WITH paid AS (
    SELECT customer, sum(CASE type WHEN 'invoice.paid' THEN minor ELSE -minor END)::BIGINT AS a
    FROM amount WHERE type LIKE 'invoice.%' AND time <= getvariable('as_of')
    GROUP BY ALL HAVING bool_or(type = 'invoice.paid'))
SELECT 'clv_realised' AS kpi, 'now' AS win, a, 1 AS b,
       (SELECT arg_max(w.segment, (w.time, w.id)) FROM was_segment w WHERE w.customer = paid.customer) AS segment,
       (SELECT arg_max(w.stage, (w.time, w.id)) FROM was_stage w WHERE w.customer = paid.customer) AS stage FROM paid;

-- Renewals due, and done from 90 d before to 14 d after; a date announced anew before it passed was moved.
INSERT INTO flow BY NAME
WITH word AS (
    SELECT customer, data ->> 'subscription' AS subscription, type, time, id, segment, stage, data
    FROM event WHERE type LIKE 'subscription.%' OR type = 'renewal.due'),
head AS (
    SELECT customer, subscription, arg_min(coalesce(segment, ''), (time, id)) AS own_segment,
           arg_min(coalesce(stage, ''), (time, id)) AS own_stage, min(time) FILTER (type = 'subscription.started') AS started
    FROM word GROUP BY ALL),
told AS (
    SELECT customer, subscription, epoch_ms((data ->> 'due_at')::TIMESTAMPTZ) AS due, min(time) AS said
    FROM word WHERE type = 'renewal.due' GROUP BY ALL),
next AS (SELECT *, lead(said) OVER (PARTITION BY customer, subscription ORDER BY said) AS newer FROM told),
renewed AS (SELECT customer, subscription, time AS done FROM word WHERE type = 'subscription.renewed'),
due AS (
    SELECT customer, subscription, said, due, newer, nullif(own_segment, '') AS own_segment, nullif(own_stage, '') AS own_stage
    FROM next JOIN head USING (customer, subscription)
    WHERE said >= started AND (newer IS NULL OR newer > due OR EXISTS (
              FROM renewed r WHERE r.customer = next.customer AND r.subscription = next.subscription AND done > said AND done <= newer))
          AND said < coalesce((SELECT max(until) FROM running r WHERE r.customer = next.customer
                               AND r.subscription = next.subscription HAVING count(*) = count(until)), 9000000000000000))
SELECT 'renewal_rate' AS kpi, due AS moment, customer, own_segment, own_stage, 1 AS b,
       (EXISTS (FROM renewed r WHERE r.customer = due.customer AND r.subscription = due.subscription AND done > said
                AND done BETWEEN due - 90 * 86400000::BIGINT AND due + 14 * 86400000::BIGINT))::BIGINT AS a
FROM due;
