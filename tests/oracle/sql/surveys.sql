-- Surveys: the latest answer is the score, the earliest decides whether it came in time.

CREATE TABLE answer AS
SELECT customer, data ->> 'survey' AS survey, data ->> 'kind' AS kind, (data ->> 'score')::BIGINT AS score,
       lower(data ->> 'comment') AS comment, data ->> 'ticket' AS ticket, time, id, segment, stage
FROM event WHERE type = 'survey.answered'
AND EXISTS (FROM survey_kind k WHERE k.kind = data ->> 'kind' AND (data ->> 'score')::BIGINT BETWEEN k.low AND k.high);
CREATE TABLE sending AS
SELECT customer, data ->> 'survey' AS survey, data ->> 'kind' AS kind, data ->> 'ticket' AS ticket,
       coalesce((data ->> 'delivered')::BOOLEAN, true) AS delivered, time, id, segment, stage
FROM event WHERE type = 'survey.sent' AND data ->> 'kind' IN (SELECT kind FROM survey_kind);

CREATE TABLE survey AS
WITH word AS (
    SELECT customer, survey, ticket, time, 0 AS rank, id, segment, stage FROM sending
    UNION ALL SELECT customer, survey, ticket, time, 1, id, segment, stage FROM answer),
head AS (
    SELECT customer, survey, arg_min(coalesce(segment, ''), (time, rank, id)) AS own_segment,
           arg_min(coalesce(stage, ''), (time, rank, id)) AS own_stage,
           arg_min(ticket, (time, rank, id)) FILTER (ticket IS NOT NULL) AS ticket FROM word GROUP BY ALL),
sent AS (  -- the earliest sending after the latest that failed
    SELECT customer, survey, min(time) AS sent, arg_max(kind, (time, id)) AS sent_kind
    FROM sending s WHERE NOT EXISTS (
        FROM sending f WHERE NOT f.delivered AND f.customer = s.customer AND f.survey = s.survey AND (f.time, f.id) >= (s.time, s.id))
    GROUP BY ALL),
said AS (
    SELECT customer, survey, min(time) AS first_answer, max(time) AS answered, arg_max(score, (time, id)) AS score,
           arg_max(kind, (time, id)) AS kind, arg_max(comment, (time, id)) FILTER (comment IS NOT NULL AND comment <> '') AS comment
    FROM answer GROUP BY ALL)
SELECT head.customer, survey, nullif(head.own_segment, '') AS own_segment, nullif(head.own_stage, '') AS own_stage,
       t.channel, t.topic, t.team, sent, sent_kind, first_answer, answered, score, kind, comment
FROM head LEFT JOIN sent USING (customer, survey) LEFT JOIN said USING (customer, survey)
LEFT JOIN ticket t ON t.customer = head.customer AND t.ticket = head.ticket;

-- Effort: 0 easy .. 1 hard, in millionths, half up. A family pools what has the scale of the kind that bears its name.
CREATE TABLE rated AS
SELECT s.*, k.family, k.low, k.high,
       (2000000 * (CASE WHEN k.easy_high THEN k.high - score ELSE score - k.low END) + (k.high - k.low))
           // (2 * (k.high - k.low)) AS effort,
       (k.low, k.high, k.easy_high) = (p.low, p.high, p.easy_high) AS pooled
FROM survey s JOIN survey_kind k USING (kind)
JOIN survey_kind p ON p.kind = (
    SELECT arg_min(f.kind, (f.kind <> f.family, f.place)) FROM survey_kind f WHERE f.family = k.family)
WHERE answered IS NOT NULL;

INSERT INTO flow BY NAME
SELECT unnest([{'kpi': 'ces', 'a': score, 'b': 1, 'c': 0}, {'kpi': 'ces_easy', 'a': (effort < 500000)::BIGINT, 'b': 1, 'c': 0},
               {'kpi': 'ces_net', 'a': (effort < 500000)::BIGINT, 'b': 1, 'c': (effort > 500000)::BIGINT}], recursive := true),
       answered AS moment, customer, own_segment, own_stage, channel, topic, team FROM rated WHERE family = 'ces' AND pooled;
INSERT INTO flow BY NAME
SELECT 'effort' AS kpi, effort AS a, 1 AS b, effort * effort AS c,
       answered AS moment, customer, own_segment, own_stage, channel, topic, team FROM rated WHERE family = 'ces';
INSERT INTO flow BY NAME
SELECT unnest([{'kpi': 'csat', 'a': score}, {'kpi': 'csat_top2', 'a': (score >= high - 1)::BIGINT}], recursive := true), 1 AS b,
       answered AS moment, customer, own_segment, own_stage, channel, topic, team FROM rated WHERE family = 'csat' AND pooled;
INSERT INTO flow BY NAME
SELECT 'nps_answers' AS kpi, (score >= 9)::BIGINT AS a, (score <= 6)::BIGINT AS b, 1 AS c,
       answered AS moment, customer, own_segment, own_stage, channel, topic, team FROM rated WHERE family = 'nps' AND pooled;
INSERT INTO level BY NAME
SELECT 'nps' AS kpi, (score >= 9)::BIGINT AS a, (score <= 6)::BIGINT AS b, 1 AS c, answered AS moment,
       least(answered + 90 * 86400000::BIGINT, lead(answered) OVER (PARTITION BY customer ORDER BY answered, survey)) AS until,
       customer, own_segment, own_stage, channel, topic, team FROM rated WHERE family = 'nps' AND pooled;
INSERT INTO flow BY NAME
SELECT 'survey_response_rate' AS kpi, coalesce(first_answer <= sent + 604800000, false)::BIGINT AS a, 1 AS b, sent AS moment,
       customer, own_segment, own_stage, channel, topic, team, sent_kind AS kind FROM survey WHERE sent IS NOT NULL;
-- A theme's share is of all answers, with or without a comment.
CREATE TABLE named AS
SELECT r.customer, r.survey, name FROM rated r JOIN theme ON len(list_intersect(regexp_split_to_array(comment, '\W+'), words)) > 0;
INSERT INTO flow BY NAME
SELECT 'feedback_themes' AS kpi, (EXISTS (FROM named n WHERE n.customer = r.customer AND n.survey = r.survey))::BIGINT AS a, 1 AS b,
       answered AS moment, customer, own_segment, own_stage, channel, topic, team FROM rated r WHERE EXISTS (FROM theme)
UNION ALL BY NAME
SELECT 'feedback_themes by theme' AS kpi, 1 AS a, 0 AS b, name AS theme,
       answered AS moment, customer, own_segment, own_stage, channel, topic, team FROM rated JOIN named USING (customer, survey);
