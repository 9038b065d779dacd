-- Health of each customer, 0..100, as if every customer were looked at just now: the weighted mean over what is known.
-- Alerts are those of the program under test: `alert`.

CREATE TABLE measure (customer VARCHAR, name VARCHAR, points BIGINT, weight BIGINT);

CREATE TABLE held AS
WITH start AS (
    SELECT customer, data ->> 'subscription' AS subscription, min(time) AS started FROM event WHERE type = 'subscription.started' GROUP BY ALL),
stop AS (
    SELECT customer, data ->> 'subscription' AS subscription,
           arg_max(greatest(time, coalesce(epoch_ms((data ->> 'effective_at')::TIMESTAMPTZ), time)), (time, id)) AS ended
    FROM event WHERE type = 'subscription.cancelled' GROUP BY ALL)
SELECT customer, subscription FROM start LEFT JOIN stop USING (customer, subscription)
WHERE started <= getvariable('as_of') AND coalesce(ended, 9000000000000000) > getvariable('as_of');

-- Days (UTC) in use of the last 28, of which 12 are enough; who was not in use for 56 is not known by it, unless it pays.
INSERT INTO measure
WITH today AS (SELECT getvariable('as_of') // 86400000 AS today),
day AS (SELECT DISTINCT customer, time // 86400000 AS day FROM in_use WHERE time <= getvariable('as_of')),
used AS (SELECT customer, count(*) FILTER (day > today - 28) AS days FROM day, today GROUP BY ALL HAVING max(day) > any_value(today) - 56)
SELECT customer, 'usage', least(100, (200 * days + 12) // 24), 3 FROM used
UNION ALL SELECT DISTINCT customer, 'usage', 0, 3 FROM held WHERE customer NOT IN (SELECT customer FROM used);

-- The last three answers of 90 d: 100 x (1 - mean effort), or what is like it.
INSERT INTO measure
WITH late AS (
    SELECT customer, family, effort FROM rated
    WHERE family IN ('ces', 'csat') AND answered > getvariable('as_of') - 90 * 86400000::BIGINT
    QUALIFY row_number() OVER (PARTITION BY customer, family ORDER BY answered DESC, score DESC) <= 3)
SELECT customer, family, ((200 * sum(1000000 - effort) + count(*) * 1000000) // (2 * count(*) * 1000000))::BIGINT,
       CASE family WHEN 'ces' THEN 2 ELSE 1 END FROM late GROUP BY ALL;

-- A renewal that is due and was not done weighs, of the subscription that does worst.
INSERT INTO measure
WITH due AS (
    SELECT customer, data ->> 'subscription' AS subscription, time AS said, epoch_ms((data ->> 'due_at')::TIMESTAMPTZ) AS due
    FROM event WHERE type = 'renewal.due'
    QUALIFY row_number() OVER (PARTITION BY customer, subscription ORDER BY time DESC, id DESC) = 1),
ahead AS (
    SELECT customer, subscription, due - getvariable('as_of') AS left_ms FROM due d
    WHERE getvariable('as_of') <= due + 14 * 86400000::BIGINT AND NOT EXISTS (
        FROM event e WHERE e.type = 'subscription.renewed' AND e.customer = d.customer AND e.data ->> 'subscription' = d.subscription
        AND e.time > d.said AND e.time >= d.due - 90 * 86400000::BIGINT))
SELECT customer, 'renewal',
       min(CASE WHEN left_ms <= 30 * 86400000::BIGINT THEN 25 WHEN left_ms <= 90 * 86400000::BIGINT THEN 50 ELSE 100 END), 1
FROM held LEFT JOIN ahead USING (customer, subscription) GROUP BY customer;

-- Tickets open for over 7 d; who had a ticket within 90 d is known by that.
CREATE TABLE lately AS
SELECT t.customer, count(*) FILTER (t.last_resolved IS NULL AND t.opened < getvariable('as_of') - 7 * 86400000::BIGINT) AS old
FROM ticket t JOIN (SELECT customer, ticket, max(time) AS latest FROM step GROUP BY ALL) s USING (customer, ticket)
WHERE t.last_resolved IS NULL OR latest > getvariable('as_of') - 90 * 86400000::BIGINT GROUP BY ALL;

CREATE TABLE whose AS SELECT customer FROM measure UNION SELECT customer FROM lately;
INSERT INTO measure SELECT customer, 'tickets', greatest(0, 100 - 20 * coalesce(old, 0)), 1 FROM whose LEFT JOIN lately USING (customer);
INSERT INTO measure
SELECT customer, 'friction', greatest(0, 100 - 25 * count(a.id)), 3
FROM whose LEFT JOIN alert a ON a.subject = customer AND a.status = 'open' AND a.severity IN ('queue', 'page') GROUP BY ALL;

INSERT INTO cohort BY NAME
WITH score AS (
    SELECT customer, ((2 * sum(weight * points) + sum(weight)) // (2 * sum(weight)))::BIGINT AS points FROM measure GROUP BY ALL)
SELECT 'health' AS kpi, 'now' AS win, points AS a, 1 AS b, (points >= 70)::BIGINT AS c, (points >= 40 AND points < 70)::BIGINT AS d,
       (points < 40)::BIGINT AS e,
       (SELECT arg_max(w.segment, (w.time, w.id)) FROM was_segment w WHERE w.customer = score.customer AND w.time <= getvariable('as_of')) AS segment,
       (SELECT arg_max(w.stage, (w.time, w.id)) FROM was_stage w WHERE w.customer = score.customer AND w.time <= getvariable('as_of')) AS stage
FROM score;
