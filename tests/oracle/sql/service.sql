-- Self-service: sessions of page views, help that ended in a ticket, searches that found nothing.

CREATE TABLE seen AS
SELECT customer, time, id, segment, stage, data ->> 'session' AS session, data ->> 'content' AS content,
       coalesce((data ->> 'key_event')::BOOLEAN, false) AS key_event FROM event WHERE type = 'page.viewed';

-- A session is its id; views without one belong together while gaps are at most 30 min.
CREATE TABLE session AS
WITH gap AS (
    SELECT *, (time - lag(time) OVER (PARTITION BY customer, session ORDER BY time, id) > 1800000)::INT AS fresh FROM seen),
named AS (
    SELECT *, coalesce('id ' || session, 'gap ' || sum(coalesce(fresh, 0)) OVER (PARTITION BY customer, session ORDER BY time, id))
           AS name FROM gap)
SELECT customer, name, count(*) AS views, bool_or(key_event) AS key_event, max(time) + 1800000 AS closed,
       nullif(arg_min(coalesce(segment, ''), (time, id)), '') AS own_segment,
       nullif(arg_min(coalesce(stage, ''), (time, id)), '') AS own_stage
FROM named GROUP BY ALL;

INSERT INTO flow BY NAME
SELECT unnest([{'kpi': 'bounce_rate', 'a': (views = 1 AND NOT key_event)::BIGINT}, {'kpi': 'pages_per_session', 'a': views}],
              recursive := true), 1 AS b, closed AS moment, customer, own_segment, own_stage FROM session;

INSERT INTO flow BY NAME
SELECT 'content_to_ticket' AS kpi, time AS moment, customer, segment AS own_segment, stage AS own_stage, content,
       (EXISTS (FROM opening o WHERE o.customer = seen.customer AND o.opened >= seen.time
                AND o.opened <= seen.time + 86400000))::BIGINT AS a, 1 AS b
FROM seen WHERE content IS NOT NULL;

INSERT INTO flow BY NAME
SELECT 'search_failure' AS kpi, time AS moment, customer, segment AS own_segment, stage AS own_stage,
       ((data ->> 'results')::BIGINT = 0)::BIGINT AS a, 1 AS b FROM event WHERE type = 'help.searched';
