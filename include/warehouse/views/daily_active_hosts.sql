-- Hosts, meetings and minutes per UTC day, from meetings. A day that is loaded and had no meeting has zeros; a day
-- that is not loaded has no row. Hosts are told apart by their address at meeting time, since Zoom's history of
-- meetings has no host id. The table active_hosts is Zoom's own sum per host, of days in the account's time zone.
SELECT
    s.slice_date AS day, -- UTC day on which the meetings began
    s.final AS is_final, -- Whether the day was asked late enough to be complete
    COUNT(DISTINCT LOWER(m.host_email)) AS hosts, -- Different hosts of meetings or webinars
    COUNT(CASE WHEN m.type = 'Webinar' THEN NULL ELSE m.meeting_uuid END) AS meetings, -- Meetings
    COUNT(CASE WHEN m.type = 'Webinar' THEN m.meeting_uuid END) AS webinars, -- Webinars
    CAST(COALESCE(SUM(m.duration_minutes), 0) AS bigint) AS minutes -- Length of all of them, each rounded up by Zoom. unit: minutes
FROM {slices} s
LEFT JOIN {meetings} m ON m._slice_date = s.slice_date
WHERE s.table_name = 'meetings'
GROUP BY s.slice_date, s.final
