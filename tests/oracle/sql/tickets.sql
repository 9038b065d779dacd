-- Tickets: opened, resolved, reopened, handed over; first contact resolution; the backlog.

CREATE TABLE step AS
SELECT customer, data ->> 'ticket' AS ticket, type, time, id, segment, stage, data,
       CASE type WHEN 'ticket.opened' THEN 0 WHEN 'ticket.replied' THEN 2 WHEN 'ticket.resolved' THEN 3
                 WHEN 'ticket.reopened' THEN 4 ELSE 1 END AS rank
FROM event WHERE type LIKE 'ticket.%';

CREATE TABLE opening AS
SELECT customer, ticket, time AS opened, id AS opening_id, data ->> 'channel' AS channel, data ->> 'team' AS first_team,
       data ->> 'content' AS content
FROM step WHERE type = 'ticket.opened'
QUALIFY row_number() OVER (PARTITION BY customer, ticket ORDER BY time, id) = 1;

-- The steps that can count: those at or after the opening.
CREATE TABLE taken AS
SELECT s.*, o.opened FROM step s JOIN opening o USING (customer, ticket)
WHERE s.time >= o.opened AND (s.type <> 'ticket.opened' OR s.id = o.opening_id);

-- A resolve counts while open, a reopen while resolved.
CREATE TABLE turn AS
WITH walk AS (
    SELECT *, lag(type) OVER (PARTITION BY customer, ticket ORDER BY time, rank, id) AS before
    FROM taken WHERE type IN ('ticket.resolved', 'ticket.reopened'))
SELECT customer, ticket, type, time FROM walk
WHERE (type = 'ticket.resolved' AND before IS DISTINCT FROM 'ticket.resolved')
   OR (type = 'ticket.reopened' AND before = 'ticket.resolved');

-- The teams that held it, each with the time from which it did.
CREATE TABLE holder AS
WITH word AS (
    SELECT customer, ticket, time, rank, id,
           CASE type WHEN 'ticket.opened' THEN data ->> 'team' ELSE data ->> 'to_team' END AS team
    FROM taken WHERE type IN ('ticket.opened', 'ticket.transferred')
    UNION ALL
    SELECT customer, ticket, time, 0, id, from_team FROM (
        SELECT m.*, o.first_team, m.data ->> 'from_team' AS from_team FROM taken m JOIN opening o USING (customer, ticket)
        WHERE m.type = 'ticket.transferred'
        QUALIFY row_number() OVER (PARTITION BY customer, ticket ORDER BY m.time, m.id) = 1)
    WHERE first_team IS NULL),
known AS (
    SELECT *, lag(team) OVER (PARTITION BY customer, ticket ORDER BY time, rank, id) AS before FROM word WHERE team IS NOT NULL),
changed AS (SELECT * FROM known WHERE before IS DISTINCT FROM team)
SELECT customer, ticket, time, rank, id, team, before,
       lead(time) OVER (PARTITION BY customer, ticket ORDER BY time, rank, id) AS until,
       row_number() OVER (PARTITION BY customer, ticket ORDER BY time, rank, id) AS place,
       row_number() OVER (PARTITION BY customer, ticket, team ORDER BY time, rank, id) > 1 AS held_before
FROM changed;

CREATE TABLE ticket AS
WITH head AS (
    SELECT customer, ticket, arg_min(coalesce(segment, ''), (time, rank, id)) AS own_segment,
           arg_min(coalesce(stage, ''), (time, rank, id)) AS own_stage FROM step GROUP BY ALL),
said AS (
    SELECT customer, ticket, arg_max(data ->> 'topic', (time, rank, id)) AS topic FROM taken
    WHERE type IN ('ticket.opened', 'ticket.updated') AND data ->> 'topic' IS NOT NULL GROUP BY ALL),
held AS (SELECT customer, ticket, arg_max(team, place) AS team FROM holder GROUP BY ALL),
ended AS (
    SELECT customer, ticket, min(time) FILTER (type = 'ticket.resolved') AS first_resolved,
           max(time) FILTER (type = 'ticket.resolved') AS latest_resolve,
           count(*) FILTER (type = 'ticket.reopened') AS reopens, count(*) AS turns
    FROM turn GROUP BY ALL),
talk AS (
    SELECT customer, ticket,
           count(*) FILTER (data ->> 'author' = 'customer') AS customer_replies,
           count(*) FILTER (data ->> 'author' = 'agent') AS agent_replies,
           min(time) FILTER (data ->> 'author' = 'agent') AS first_reply
    FROM taken WHERE type = 'ticket.replied' AND coalesce((data ->> 'public')::BOOLEAN, true) GROUP BY ALL)
SELECT o.customer, o.ticket, o.opened, o.channel, said.topic, held.team,
       nullif(own_segment, '') AS own_segment, nullif(own_stage, '') AS own_stage, first_resolved,
       CASE WHEN turns % 2 = 1 THEN latest_resolve END AS last_resolved, coalesce(reopens, 0) AS reopens,
       coalesce(customer_replies, 0) AS customer_replies, coalesce(agent_replies, 0) AS agent_replies, first_reply
FROM opening o JOIN head USING (customer, ticket)
LEFT JOIN said USING (customer, ticket) LEFT JOIN held USING (customer, ticket)
LEFT JOIN ended USING (customer, ticket) LEFT JOIN talk USING (customer, ticket);

-- Contacts: a ticket opened, or a public customer reply on a ticket that is resolved.
CREATE TABLE contact AS
SELECT customer, topic, ticket, opened AS time, true AS opens FROM ticket
UNION ALL
SELECT customer, topic, ticket, time, false FROM (
    SELECT s.customer, s.ticket, s.time, s.data, s.type,
           last_value(CASE WHEN s.type IN ('ticket.resolved', 'ticket.reopened') THEN s.type END IGNORE NULLS)
               OVER (PARTITION BY s.customer, s.ticket ORDER BY s.time, s.rank, s.id) AS state
    FROM taken s) JOIN ticket USING (customer, ticket)
WHERE type = 'ticket.replied' AND data ->> 'author' = 'customer' AND coalesce((data ->> 'public')::BOOLEAN, true)
  AND state = 'ticket.resolved';

CREATE TABLE first_contact AS
SELECT t.customer, t.ticket,
       NOT EXISTS (
           FROM contact c WHERE c.customer = t.customer AND c.topic IS NOT DISTINCT FROM t.topic
           AND c.time > t.first_resolved AND c.time <= t.first_resolved + 604800000
           AND NOT (c.opens AND c.time // 1000 = t.first_resolved // 1000))
       AND NOT EXISTS (
           FROM turn r WHERE r.customer = t.customer AND r.ticket = t.ticket AND r.type = 'ticket.reopened'
           AND r.time > t.first_resolved AND r.time <= t.first_resolved + 604800000) AS fcr,
       NOT EXISTS (
           FROM ticket p WHERE p.customer = t.customer AND p.topic IS NOT DISTINCT FROM t.topic AND p.ticket <> t.ticket
           AND p.opened >= t.opened - 604800000 AND p.opened < t.opened) AS alone
FROM ticket t WHERE first_resolved IS NOT NULL;

INSERT INTO flow BY NAME
SELECT unnest([
    {'kpi': 'fcr', 'a': fcr::BIGINT}, {'kpi': 'one_contact', 'a': (fcr AND alone)::BIGINT},
    {'kpi': 'fcr_strict', 'a': (customer_replies = 0 AND reopens = 0)::BIGINT},
    {'kpi': 'fcr_one_touch', 'a': (agent_replies = 1 AND reopens = 0)::BIGINT},
    {'kpi': 'reopen_rate', 'a': (reopens > 0)::BIGINT}], recursive := true),
    1 AS b, first_resolved AS moment, customer, own_segment, own_stage, channel, topic, team
FROM ticket JOIN first_contact USING (customer, ticket);

INSERT INTO flow BY NAME
SELECT 'resolution_time' AS kpi, last_resolved AS moment, customer, own_segment, own_stage, channel, topic, team,
       (last_resolved - opened) // 1000 AS a, 1 AS b FROM ticket WHERE last_resolved IS NOT NULL
UNION ALL BY NAME
SELECT 'resolution_time_first' AS kpi, first_resolved AS moment, customer, own_segment, own_stage, channel, topic, team,
       (first_resolved - opened) // 1000 AS a, 1 AS b FROM ticket WHERE first_resolved IS NOT NULL
UNION ALL BY NAME
SELECT 'first_response_time' AS kpi, first_reply AS moment, customer, own_segment,
       own_stage, channel, topic, team, (first_reply - opened) // 1000 AS a, 1 AS b FROM ticket WHERE first_reply IS NOT NULL
UNION ALL BY NAME
SELECT unnest(['ticket_volume', 'ticket_share']) AS kpi, opened AS moment, customer, own_segment, own_stage, channel, topic, team,
       content, 1 AS a FROM ticket JOIN (SELECT customer, ticket, content FROM opening) USING (customer, ticket);

-- Business time: the shifts of the ticket's team (else those of ''); without any every hour is worked.
-- Waiting on the customer: from `ticket.waiting` to the next public customer reply, other waiting, resolve or reopen.
CREATE TABLE stretch AS
WITH word AS (
    SELECT customer, ticket, time, type = 'ticket.waiting' AND data ->> 'on' = 'customer' AS waits,
           lead(time) OVER (PARTITION BY customer, ticket ORDER BY time, rank, id) AS until
    FROM taken WHERE type IN ('ticket.waiting', 'ticket.resolved', 'ticket.reopened')
       OR (type = 'ticket.replied' AND data ->> 'author' = 'customer' AND coalesce((data ->> 'public')::BOOLEAN, true)))
SELECT 'resolution_time_business' AS kpi, customer, ticket, 1 AS sign, opened AS lo, last_resolved AS hi
FROM ticket WHERE last_resolved IS NOT NULL
UNION ALL
SELECT 'resolution_time_business', customer, ticket, -1, time, least(until, last_resolved)
FROM word JOIN ticket USING (customer, ticket) WHERE waits AND time < last_resolved
UNION ALL
SELECT 'first_response_time_business', customer, ticket, 1, opened, first_reply FROM ticket WHERE first_reply IS NOT NULL;

INSERT INTO flow BY NAME
WITH desk AS (
    SELECT customer, ticket, CASE WHEN team IN (SELECT team FROM shift) THEN team ELSE '' END AS calendar FROM ticket),
worked AS (
    SELECT kpi, customer, ticket, sign, d.calendar, s.hi - s.lo AS plain,
           (SELECT coalesce(sum(greatest(least(s.hi, w.hi) - greatest(s.lo, w.lo), 0)), 0) FROM shift w WHERE w.team = d.calendar) AS ms
    FROM stretch s JOIN desk d USING (customer, ticket)),
total AS (
    SELECT kpi, customer, ticket,
           sum(sign * CASE WHEN calendar IN (SELECT team FROM shift) THEN ms ELSE plain END)::BIGINT AS ms FROM worked GROUP BY ALL)
SELECT kpi, CASE kpi WHEN 'resolution_time_business' THEN last_resolved ELSE first_reply END AS moment,
       customer, own_segment, own_stage, channel, topic, team, ms // 1000 AS a, 1 AS b
FROM total JOIN ticket USING (customer, ticket);

INSERT INTO flow BY NAME
WITH moved AS (
    SELECT customer, ticket, count(*) FILTER (h.before IS NOT NULL) AS moves, coalesce(bool_or(h.held_before), false) AS back
    FROM ticket t JOIN holder h USING (customer, ticket) WHERE h.time <= t.first_resolved GROUP BY ALL)
SELECT 'transfers' AS kpi, first_resolved AS moment, customer, own_segment, own_stage, channel, topic, team,
       coalesce(moves, 0) AS a, 1 AS b, (coalesce(moves, 0) >= 2)::BIGINT AS c, coalesce(back, false)::BIGINT AS d
FROM ticket LEFT JOIN moved USING (customer, ticket) WHERE first_resolved IS NOT NULL;

-- Open from the opening, or from a reopen, to the next resolve; split at each hand-over.
CREATE TABLE open_span AS
WITH mark AS (
    SELECT customer, ticket, opened AS time, 'ticket.opened' AS type FROM ticket
    UNION ALL SELECT customer, ticket, time, type FROM turn)
SELECT * FROM (
    SELECT customer, ticket, type, time AS moment,
           lead(time) OVER (PARTITION BY customer, ticket ORDER BY time, type = 'ticket.reopened', type) AS until FROM mark)
WHERE type <> 'ticket.resolved';

INSERT INTO level BY NAME
WITH desk AS (
    SELECT customer, ticket, team, time AS moment, until FROM holder
    UNION ALL
    SELECT customer, ticket, NULL, opened, min(h.time) FROM ticket t LEFT JOIN holder h USING (customer, ticket) GROUP BY ALL)
SELECT 'backlog' AS kpi, greatest(o.moment, d.moment) AS moment, least(o.until, d.until) AS until, t.customer, own_segment, own_stage,
       channel, topic, d.team, 1 AS a
FROM open_span o JOIN desk d USING (customer, ticket) JOIN ticket t USING (customer, ticket)
WHERE greatest(o.moment, d.moment) < coalesce(least(o.until, d.until), 9000000000000000);

-- The age of what is open now; over_x: opened in a minute that ended by now - x.
INSERT INTO level BY NAME
SELECT 'open_age' AS kpi, opened AS moment, t.customer, own_segment, own_stage, channel, topic, team, opened AS a,
       (opened < (getvariable('as_of') - 86400000) // 60000 * 60000)::BIGINT AS b,
       (opened < (getvariable('as_of') - 3 * 86400000) // 60000 * 60000)::BIGINT AS c,
       (opened < (getvariable('as_of') - 7 * 86400000) // 60000 * 60000)::BIGINT AS d,
       (opened < (getvariable('as_of') - 30 * 86400000::BIGINT) // 60000 * 60000)::BIGINT AS e
FROM ticket t WHERE EXISTS (
    FROM open_span o WHERE o.customer = t.customer AND o.ticket = t.ticket
    AND o.moment <= getvariable('as_of') AND coalesce(o.until, 9000000000000000) > getvariable('as_of'));
