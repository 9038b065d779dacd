-- Verdicts of people on alerts: by when the alert opened by the log, as known when the verdict was heard; of an alert
-- that nobody knows, and of one of a watch, by the verdict's own time. The latest verdict on an alert holds.

INSERT INTO flow BY NAME
WITH said AS (
    SELECT customer, data ->> 'alert' AS alert, data ->> 'signal' AS signal, data ->> 'verdict' AS verdict, time, id, moment, segment, stage
    FROM event WHERE type = 'alert.reviewed'),
placed AS (
    SELECT *, coalesce((
        SELECT max(a.opened) FROM alert a WHERE a.id = said.alert AND a.opened <= said.moment AND a.signal NOT IN (
            'kpi_fell', 'falling_ces_segment', 'response_collapse', 'volume_surge', 'content_failing', 'source_silent')),
        time) AS began FROM said)
SELECT 'signal_precision' AS kpi, (arg_max(verdict, (time, id)) = 'useful')::BIGINT AS a, 1 AS b, min(began) AS moment, customer,
       arg_max(signal, (time, id)) AS signal, nullif(arg_min(coalesce(segment, ''), (time, id)), '') AS own_segment,
       nullif(arg_min(coalesce(stage, ''), (time, id)), '') AS own_stage
FROM placed GROUP BY customer, alert;
