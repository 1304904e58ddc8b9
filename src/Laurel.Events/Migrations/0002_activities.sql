-- What users did. A row is never changed but for being voided, and never counted twice.

-- The log is kept in generations of one dedup window each: an id is looked for in the current one (by its key) and the one before.
-- So the index that is written to stays small, and an old generation is dropped as a table.
CREATE TABLE activities (
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    value       bigint      CONSTRAINT activities_value_in_range CHECK (value BETWEEN 0 AND 9007199254740991),
    generation  int         NOT NULL,
    user_id     text        NOT NULL COLLATE "C",
    id          text        NOT NULL COLLATE "C",
    type        text        NOT NULL COLLATE "C",
    source      uuid,       -- the service account that reported it; null: Laurel itself
    void_id     uuid,       -- set when it counts no longer
    attributes  jsonb,
    CONSTRAINT activities_pkey PRIMARY KEY (user_id, id, generation)
) PARTITION BY LIST (generation);

-- To find what one service sent in a period. Rows lie in the order of their arrival, so this index takes next to no room.
CREATE INDEX activities_by_arrival ON activities USING brin (received_at) WITH (autosummarize = on);

CREATE TABLE generations (
    number     int         NOT NULL CONSTRAINT generations_pkey PRIMARY KEY,
    started_at timestamptz NOT NULL
);

INSERT INTO generations (number, started_at) SELECT generation, generation_since FROM catalog;
CREATE TABLE activities_1 PARTITION OF activities FOR VALUES IN (1);

-- A demo (`laurel seed`) that is made here, or was. Its activities are stored weeks after they occurred, so it is kept which generations
-- can hold them.
CREATE TABLE demo (
    single           boolean     NOT NULL DEFAULT true CONSTRAINT demo_pkey PRIMARY KEY CONSTRAINT demo_is_one_row CHECK (single),
    users            int         NOT NULL,
    days             int         NOT NULL,
    until            timestamptz NOT NULL,
    player_id        uuid        NOT NULL, -- the account to sign in with
    first_generation int         NOT NULL,
    last_generation  int         -- null as long as it is not whole
);

-- When activities were taken back, by whom and why.
CREATE TABLE voids (
    id         uuid        NOT NULL CONSTRAINT voids_pkey PRIMARY KEY,
    reason     text        NOT NULL,
    criteria   jsonb       NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text        NOT NULL
);

-- The last heartbeat of a player's session.
CREATE TABLE presence (
    user_id text        NOT NULL COLLATE "C" CONSTRAINT presence_pkey PRIMARY KEY,
    seen_at timestamptz NOT NULL
) WITH (fillfactor = 80);
