CREATE TABLE {slices} (
    table_name text NOT NULL,
    slice_date date NOT NULL,
    stream text NOT NULL,
    extracted_at timestamp with time zone NOT NULL,
    attempt_id text COLLATE "C" NOT NULL,
    load_id text NOT NULL,
    rows bigint NOT NULL,
    final boolean NOT NULL,
    loaded_at timestamp with time zone NOT NULL,
    PRIMARY KEY (table_name, slice_date)
);
COMMENT ON TABLE {slices} IS 'What each slice of each table holds: which extraction, how many rows, whether final.';
CREATE TABLE {load_ledger} (
    loaded_at timestamp with time zone NOT NULL,
    transaction_id text NOT NULL,
    load_id text NOT NULL,
    stream text NOT NULL,
    table_name text NOT NULL,
    slice_date date NOT NULL,
    extracted_at timestamp with time zone NOT NULL,
    attempt_id text NOT NULL,
    rows bigint NOT NULL,
    final boolean NOT NULL
);
COMMENT ON TABLE {load_ledger} IS 'Each slice that was ever loaded, in the order of loading; only ever appended to.';
CREATE TABLE {account} (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    account text NOT NULL
);
COMMENT ON TABLE {account} IS 'The Zoom account whose data this schema holds: account id and host.';
