-- Use of the product: time to value, adoption, stickiness, activity; who is active comes from money.sql.

INSERT INTO flow BY NAME
WITH first AS (SELECT customer, min(moment) AS started FROM running GROUP BY ALL),
value AS (
    SELECT customer, started, min(time) AS reached FROM first JOIN event USING (customer)
    WHERE type = 'milestone.reached' AND data ->> 'milestone' = 'value' AND time >= started GROUP BY ALL)
SELECT 'time_to_value' AS kpi, first.started AS moment, customer,
       CASE WHEN reached - first.started <= 30 * 86400000::BIGINT THEN (reached - first.started) // 1000 ELSE 0 END AS a,
       coalesce(reached - first.started <= 30 * 86400000::BIGINT, false)::BIGINT AS b, 1 AS c
FROM first LEFT JOIN value USING (customer);

CREATE TABLE in_use AS
SELECT customer, time FROM event
WHERE type IN ('ticket.opened', 'page.viewed', 'help.searched', 'feature.used')
   OR (type = 'ticket.replied' AND data ->> 'author' = 'customer')
UNION ALL SELECT customer, time FROM answer;

-- Not active in use for 28 d: since the last use, or since the customer became active if that is later.
INSERT INTO cohort BY NAME
WITH run AS (SELECT customer, max(time) AS since FROM movement WHERE before = 0 AND after > 0 AND time <= getvariable('as_of') GROUP BY ALL),
last AS (SELECT customer, max(time) AS used FROM in_use WHERE time <= getvariable('as_of') GROUP BY ALL)
SELECT 'churn_activity' AS kpi, 'now' AS win, s.segment, s.stage, 1 AS b,
       (greatest(since, coalesce(used, 0)) + 28 * 86400000::BIGINT <= getvariable('as_of'))::BIGINT AS a
FROM state s JOIN point p ON p.t - 1 = s.t AND p.name = 'now' JOIN run USING (customer) LEFT JOIN last USING (customer);

CREATE TABLE tried AS
SELECT DISTINCT customer, data ->> 'feature' AS feature FROM event
WHERE type = 'feature.used' AND time <= getvariable('as_of') AND time > getvariable('as_of') - 28 * 86400000::BIGINT;

INSERT INTO cohort BY NAME
WITH holder AS (SELECT s.* FROM state s JOIN point p ON p.t - 1 = s.t AND p.name = 'now'),
breadth AS (SELECT customer, count(*) AS features FROM tried GROUP BY ALL)
SELECT 'adoption_rate' AS kpi, 'now' AS win, segment, stage, (features IS NOT NULL)::BIGINT AS a, 1 AS b
FROM holder LEFT JOIN breadth USING (customer)
UNION ALL BY NAME
SELECT 'adoption_tier' AS kpi, 'now' AS win,
       (SELECT arg_max(w.segment, (w.time, w.id)) FROM was_segment w WHERE w.customer = breadth.customer) AS segment,
       (SELECT arg_max(w.stage, (w.time, w.id)) FROM was_stage w WHERE w.customer = breadth.customer) AS stage, 1 AS a, 1 AS b,
       CASE WHEN features <= 2 THEN 'beginner' WHEN features <= 5 THEN 'intermediate' ELSE 'advanced' END AS tier
FROM breadth
UNION ALL BY NAME
SELECT 'adoption_rate by feature' AS kpi, 'now' AS win, segment, stage, feature, 1 AS a, 0 AS b
FROM holder JOIN tried USING (customer);

INSERT INTO cohort BY NAME
WITH day AS (SELECT getvariable('as_of') // 86400000 * 86400000 AS till),
used AS (
    SELECT customer, till, bool_or(time >= till - 86400000) AS lately FROM in_use, day
    WHERE time < till AND time >= till - 28 * 86400000::BIGINT GROUP BY ALL)
SELECT 'stickiness' AS kpi, 'now' AS win, lately::BIGINT AS a, 1 AS b,
       (SELECT arg_max(w.segment, (w.time, w.id)) FROM was_segment w WHERE w.customer = used.customer AND w.time < till) AS segment,
       (SELECT arg_max(w.stage, (w.time, w.id)) FROM was_stage w WHERE w.customer = used.customer AND w.time < till) AS stage
FROM used;
