-- Meetings and their minutes per UTC day and department of the host, from meetings.
SELECT
    _slice_date AS day, -- UTC day on which the meetings began
    COALESCE(department, '(none)') AS department, -- Host's department as Zoom tells it with the meeting; (none) where it tells none
    COUNT(DISTINCT LOWER(host_email)) AS hosts, -- Different hosts, by their address at meeting time
    COUNT(*) AS meetings, -- Meetings and webinars
    CAST(COALESCE(SUM(duration_minutes), 0) AS bigint) AS minutes, -- Length of all of them, each rounded up by Zoom. unit: minutes
    CAST(COALESCE(SUM(total_participant_minutes), 0) AS bigint) AS participant_minutes -- Sum over all participants, as Zoom rounds it. unit: minutes
FROM {meetings}
GROUP BY _slice_date, COALESCE(department, '(none)')
