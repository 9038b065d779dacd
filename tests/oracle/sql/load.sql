-- The log as it was heard, read once.
-- Tables given: `line(place, json)`, `survey_kind`, `rate`, `theme`, `shift`, `alert`.

CREATE TABLE heard AS
WITH part AS (
    SELECT place, json ->> 'at' AS moment, coalesce(json -> 'event', json) AS event FROM line
), timed AS (
    SELECT place, event, epoch_ms((event ->> 'time')::TIMESTAMPTZ) AS time, epoch_ms(moment::TIMESTAMPTZ) AS said FROM part
)
SELECT place, event, time, coalesce(said, max(time) OVER (ORDER BY place)) AS moment FROM timed;
