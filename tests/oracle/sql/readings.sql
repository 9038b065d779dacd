-- The facts of every window, each with the segment and stage of its record, else of its customer then.
CREATE TABLE counted AS
WITH fact AS (
    SELECT w.name AS win, f.* FROM flow f JOIN win w ON f.moment >= w.lo AND f.moment < w.hi
    UNION ALL BY NAME
    SELECT p.name AS win, l.* EXCLUDE until FROM level l
    JOIN point p ON l.moment < p.t AND coalesce(l.until, 9000000000000000) >= p.t AND (l.kpi <> 'open_age' OR p.name = 'now'))
SELECT fact.*, coalesce(own_segment, s.segment) AS segment, coalesce(own_stage, g.stage) AS stage
FROM fact ASOF LEFT JOIN was_segment s ON fact.customer = s.customer AND fact.moment >= s.time
ASOF LEFT JOIN was_stage g ON fact.customer = g.customer AND fact.moment >= g.time
UNION ALL BY NAME
SELECT * FROM cohort;
