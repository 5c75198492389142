CREATE TABLE {slices} (
    table_name text NOT NULL,
    slice_date date NOT NULL,
    stream text NOT NULL,
    extracted_at timestamp with time zone NOT NULL,
    attempt_id text COLLATE "C" NOT NULL,
    load_id text NOT NULL,
    "rows" bigint NOT NULL,
    final boolean NOT NULL,
    loaded_at timestamp with time zone NOT NULL,
    kind text,
    trimmed_at timestamp with time zone,
    PRIMARY KEY (table_name, slice_date)
);
COMMENT ON TABLE {slices} IS 'What each slice of each table holds: which extraction, how many rows, whether final.';
COMMENT ON COLUMN {slices}.table_name IS 'The table.';
COMMENT ON COLUMN {slices}.slice_date IS 'Its slice: a UTC day, a month''s first day, or the day of a snapshot.';
COMMENT ON COLUMN {slices}.stream IS 'The stream that fills it.';
COMMENT ON COLUMN {slices}.extracted_at IS 'Zoom''s clock when the extraction began; a newer extraction replaces the slice.';
COMMENT ON COLUMN {slices}.attempt_id IS 'The extraction: the name of its folder in landing.';
COMMENT ON COLUMN {slices}.load_id IS 'The load that wrote it: _load_id of its rows.';
COMMENT ON COLUMN {slices}.rows IS 'Rows that it has.';
COMMENT ON COLUMN {slices}.final IS 'Whether it was extracted at least 48 hours after its end, when Zoom adds nothing more.';
COMMENT ON COLUMN {slices}.loaded_at IS 'The warehouse''s clock when it was written.';
COMMENT ON COLUMN {slices}.kind IS 'interval (a day), month or snapshot; NULL where an earlier version loaded it.';
COMMENT ON COLUMN {slices}.trimmed_at IS 'Since when the rows of a full snapshot are deleted; its changes stay.';

CREATE TABLE {load_ledger} (
    loaded_at timestamp with time zone NOT NULL,
    transaction_id text NOT NULL,
    load_id text NOT NULL,
    stream text NOT NULL,
    table_name text NOT NULL,
    slice_date date NOT NULL,
    extracted_at timestamp with time zone NOT NULL,
    attempt_id text NOT NULL,
    "rows" bigint NOT NULL,
    final boolean NOT NULL
);
COMMENT ON TABLE {load_ledger} IS 'Each slice that was ever loaded, in the order of loading; only ever appended to.';
COMMENT ON COLUMN {load_ledger}.loaded_at IS 'The warehouse''s clock.';
COMMENT ON COLUMN {load_ledger}.transaction_id IS 'Says after a lost connection whether the load was committed.';
COMMENT ON COLUMN {load_ledger}.load_id IS 'The load: _load_id of the rows that it wrote.';
COMMENT ON COLUMN {load_ledger}.stream IS 'The stream that was loaded.';
COMMENT ON COLUMN {load_ledger}.table_name IS 'The table.';
COMMENT ON COLUMN {load_ledger}.slice_date IS 'Its slice.';
COMMENT ON COLUMN {load_ledger}.extracted_at IS 'Zoom''s clock when the extraction began.';
COMMENT ON COLUMN {load_ledger}.attempt_id IS 'The extraction: the name of its folder in landing.';
COMMENT ON COLUMN {load_ledger}.rows IS 'Rows that were written.';
COMMENT ON COLUMN {load_ledger}.final IS 'Whether the slice was final then.';

CREATE TABLE {account} (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    account text NOT NULL
);
COMMENT ON TABLE {account} IS 'The Zoom account whose data this schema holds: account id and host.';
COMMENT ON COLUMN {account}.only_row IS 'True: there is one row.';
COMMENT ON COLUMN {account}.account IS 'Account id and host.';

CREATE TABLE {schema_version} (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version integer NOT NULL,
    since timestamp with time zone NOT NULL
);
COMMENT ON TABLE {schema_version} IS 'Which version of this project''s tables the schema has: older code leaves a newer one alone.';
COMMENT ON COLUMN {schema_version}.only_row IS 'True: there is one row.';
COMMENT ON COLUMN {schema_version}.version IS 'The version.';
COMMENT ON COLUMN {schema_version}.since IS 'When it was brought up to it.';

CREATE TABLE {checks} (
    checked_at timestamp with time zone NOT NULL,
    stream text NOT NULL,
    attempt_id text,
    load_id text,
    table_name text,
    slice_date date,
    check_name text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('hard', 'warn')),
    outcome text NOT NULL CHECK (outcome IN ('passed', 'failed', 'not_applicable')),
    expected text NOT NULL,
    found text NOT NULL,
    told text NOT NULL
);
COMMENT ON TABLE {checks} IS 'Each check of each extraction, in the order of checking; only ever appended to. Names and counts, no data.';
COMMENT ON COLUMN {checks}.checked_at IS 'The warehouse''s clock.';
COMMENT ON COLUMN {checks}.stream IS 'The stream that was checked.';
COMMENT ON COLUMN {checks}.attempt_id IS 'The extraction: the name of its folder in landing.';
COMMENT ON COLUMN {checks}.load_id IS 'The load; NULL where pull or transform failed before there was one.';
COMMENT ON COLUMN {checks}.table_name IS 'NULL where the check is of the extraction as a whole.';
COMMENT ON COLUMN {checks}.slice_date IS 'NULL where the check is of the extraction as a whole.';
COMMENT ON COLUMN {checks}.check_name IS 'Which check; docs/trust.md says what each means.';
COMMENT ON COLUMN {checks}.severity IS 'hard: a failure keeps the old slice and fails the task; warn: it is told.';
COMMENT ON COLUMN {checks}.outcome IS 'passed, failed, or not_applicable where there was nothing to compare.';
COMMENT ON COLUMN {checks}.expected IS 'What would pass.';
COMMENT ON COLUMN {checks}.found IS 'What was there.';
COMMENT ON COLUMN {checks}.told IS 'What it means, where that is not plain.';

CREATE VIEW {failing} AS
SELECT checked_at, stream, attempt_id, load_id, table_name, slice_date, check_name, severity, outcome, expected, found, told
FROM (
    SELECT checks.*, row_number() OVER (
        PARTITION BY coalesce(table_name, stream), slice_date, check_name ORDER BY checked_at DESC
    ) AS age
    FROM {checks} AS checks
) AS latest
WHERE age = 1 AND outcome = 'failed';
COMMENT ON VIEW {failing} IS 'The checks whose latest outcome is a failure.';
COMMENT ON COLUMN {failing}.checked_at IS 'The warehouse''s clock.';
COMMENT ON COLUMN {failing}.stream IS 'The stream that was checked.';
COMMENT ON COLUMN {failing}.attempt_id IS 'The extraction: the name of its folder in landing.';
COMMENT ON COLUMN {failing}.load_id IS 'The load; NULL where pull or transform failed before there was one.';
COMMENT ON COLUMN {failing}.table_name IS 'NULL where the check is of the extraction as a whole.';
COMMENT ON COLUMN {failing}.slice_date IS 'NULL where the check is of the extraction as a whole.';
COMMENT ON COLUMN {failing}.check_name IS 'Which check; docs/trust.md says what each means.';
COMMENT ON COLUMN {failing}.severity IS 'hard: the old slice stays; warn: it is told.';
COMMENT ON COLUMN {failing}.outcome IS 'failed.';
COMMENT ON COLUMN {failing}.expected IS 'What would pass.';
COMMENT ON COLUMN {failing}.found IS 'What was there.';
COMMENT ON COLUMN {failing}.told IS 'What it means, where that is not plain.';

CREATE TABLE {new_fields} (
    stream text NOT NULL,
    table_name text NOT NULL,
    field text NOT NULL,
    first_seen timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    loads bigint NOT NULL,
    values_counted bigint NOT NULL,
    kinds text[] NOT NULL,
    alerted_at timestamp with time zone,
    declared_at timestamp with time zone,
    PRIMARY KEY (table_name, field)
);
COMMENT ON TABLE {new_fields} IS 'Fields that Zoom sends and no column declares; their values stand in the table''s _extra.';
COMMENT ON COLUMN {new_fields}.stream IS 'The stream that met it.';
COMMENT ON COLUMN {new_fields}.table_name IS 'The table in whose _extra it stands.';
COMMENT ON COLUMN {new_fields}.field IS 'Its name, with dots where it is nested.';
COMMENT ON COLUMN {new_fields}.first_seen IS 'The first extraction that had it.';
COMMENT ON COLUMN {new_fields}.last_seen IS 'The newest extraction that had it.';
COMMENT ON COLUMN {new_fields}.loads IS 'How many loads had it.';
COMMENT ON COLUMN {new_fields}.values_counted IS 'How many values they had together.';
COMMENT ON COLUMN {new_fields}.kinds IS 'Of which JSON types: string, number, boolean, object, array, null.';
COMMENT ON COLUMN {new_fields}.alerted_at IS 'When somebody was alerted; NULL: nobody yet.';
COMMENT ON COLUMN {new_fields}.declared_at IS 'When a load met a column that declares it; NULL: none does.';

CREATE VIEW {settling} AS
WITH provisional AS (
    SELECT table_name, slice_date, "rows", row_number() OVER (
        PARTITION BY table_name, slice_date ORDER BY extracted_at DESC, loaded_at DESC
    ) AS age
    FROM {load_ledger} WHERE NOT final
)
SELECT
    held.table_name, held.slice_date, held.stream, held."rows",
    CASE WHEN held.kind = 'snapshot' THEN 'snapshot' WHEN held.final THEN 'final' ELSE 'provisional' END AS state,
    held.extracted_at,
    CASE held.kind
        WHEN 'interval' THEN (held.slice_date + interval '3 days') AT TIME ZONE 'UTC'
        WHEN 'month' THEN (held.slice_date + interval '1 month 2 days') AT TIME ZONE 'UTC'
    END AS final_from,
    CASE WHEN held.final THEN provisional."rows" END AS provisional_rows,
    CASE WHEN held.final THEN held."rows" - provisional."rows" END AS settled_by
FROM {slices} AS held
LEFT JOIN provisional
    ON provisional.table_name = held.table_name AND provisional.slice_date = held.slice_date AND provisional.age = 1;
COMMENT ON VIEW {settling} IS 'Each slice of each table: whether more may come, from when on nothing does, and what came last.';
COMMENT ON COLUMN {settling}.table_name IS 'The table.';
COMMENT ON COLUMN {settling}.slice_date IS 'Its slice.';
COMMENT ON COLUMN {settling}.stream IS 'The stream that fills it.';
COMMENT ON COLUMN {settling}.rows IS 'Rows that it has.';
COMMENT ON COLUMN {settling}.state IS 'provisional: a later run loads it again; final: extracted 48 hours after its end; snapshot: of one moment.';
COMMENT ON COLUMN {settling}.extracted_at IS 'Zoom''s clock when the extraction began.';
COMMENT ON COLUMN {settling}.final_from IS 'An extraction from this moment on is final.';
COMMENT ON COLUMN {settling}.provisional_rows IS 'Rows of the last provisional load before it became final.';
COMMENT ON COLUMN {settling}.settled_by IS 'Rows that came (or went) between provisional and final.';

CREATE TABLE {forgotten} (
    identifier text COLLATE "C" PRIMARY KEY,
    person text NOT NULL,
    key_mark text NOT NULL,
    forgotten_at timestamp with time zone NOT NULL
);
COMMENT ON TABLE {forgotten} IS 'Who is forgotten and stays so: keyed hashes of ids and addresses, and what stands in their place.';
COMMENT ON COLUMN {forgotten}.identifier IS 'HMAC-SHA-256 of an id or address with [zoom] personal_hash_key.';
COMMENT ON COLUMN {forgotten}.person IS 'The person, by a text that tells nobody: what stands in their place in keys.';
COMMENT ON COLUMN {forgotten}.key_mark IS 'By which the key is known again.';
COMMENT ON COLUMN {forgotten}.forgotten_at IS 'When.';

CREATE TABLE {forget_ledger} (
    happened_at timestamp with time zone NOT NULL,
    person text NOT NULL,
    place text NOT NULL,
    deleted bigint NOT NULL,
    blanked bigint NOT NULL
);
COMMENT ON TABLE {forget_ledger} IS 'What forgetting has changed where: rows or records deleted, and those whose traces were blanked.';
COMMENT ON COLUMN {forget_ledger}.happened_at IS 'When.';
COMMENT ON COLUMN {forget_ledger}.person IS 'The person as in forgotten.person.';
COMMENT ON COLUMN {forget_ledger}.place IS 'A table, or landing and a stream.';
COMMENT ON COLUMN {forget_ledger}.deleted IS 'Rows or records that were the person''s own.';
COMMENT ON COLUMN {forget_ledger}.blanked IS 'Rows or records of others that lost what named the person.';

CREATE TABLE {change_slices} (
    table_name text NOT NULL,
    slice_date date NOT NULL,
    loaded_at timestamp with time zone NOT NULL,
    compared_with date,
    compared_loaded_at timestamp with time zone,
    added bigint NOT NULL,
    changed bigint NOT NULL,
    removed bigint NOT NULL,
    PRIMARY KEY (table_name, slice_date)
);
COMMENT ON TABLE {change_slices} IS 'Which load of which earlier snapshot each one was compared with, and what came of it.';
COMMENT ON COLUMN {change_slices}.table_name IS 'The snapshot table.';
COMMENT ON COLUMN {change_slices}.slice_date IS 'The snapshot.';
COMMENT ON COLUMN {change_slices}.loaded_at IS 'slices.loaded_at of the snapshot as it was compared.';
COMMENT ON COLUMN {change_slices}.compared_with IS 'The snapshot before it; NULL for the first one.';
COMMENT ON COLUMN {change_slices}.compared_loaded_at IS 'slices.loaded_at of that one as it was compared.';
COMMENT ON COLUMN {change_slices}.added IS 'Rows that it has and the one before had not.';
COMMENT ON COLUMN {change_slices}.changed IS 'Rows that it has otherwise.';
COMMENT ON COLUMN {change_slices}.removed IS 'Rows that it has no more.';
