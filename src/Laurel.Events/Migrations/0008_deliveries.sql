-- Handing over to the game what was granted.

-- Endpoints of the game's. They belong to the catalog: they are changed behind the fence, and every process holds them.
CREATE TABLE webhooks (
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    previous_until  timestamptz, -- until when the secret before this one signs too
    failing_since   timestamptz, -- no attempt has succeeded since then; the one column that is written without the fence
    disabled_at     timestamptz, -- when Laurel switched it off
    deleted_at      timestamptz, -- what waits for it is cancelled then, some at a time, and it goes
    enabled         boolean     NOT NULL,
    fulfils         boolean     NOT NULL, -- what it answers decides what becomes of a claim; others are only told
    id              uuid        NOT NULL CONSTRAINT webhooks_pkey PRIMARY KEY,
    url             text        NOT NULL,
    description     text        NOT NULL,
    secret          bytea       NOT NULL, -- sealed
    previous_secret bytea,      -- sealed
    disabled_reason text,
    created_by      text        NOT NULL
);

-- A claim is handed over by one channel: by the endpoint that fulfils, or, where there is none, by those who pull.
CREATE UNIQUE INDEX webhooks_one_fulfils ON webhooks (fulfils) WHERE fulfils AND deleted_at IS NULL;

CREATE TABLE deliveries (
    created_at   timestamptz NOT NULL,
    due_at       timestamptz NOT NULL, -- when it is sent, or may be pulled, next
    leased_until timestamptz,          -- by the database's clock; until then it is whoever's lease this is
    finished_at  timestamptz,
    attempts     int         NOT NULL DEFAULT 0, -- how often it was handed out
    failures     int         NOT NULL DEFAULT 0, -- how often that failed since it was last begun by hand
    id           uuid        NOT NULL, -- what the game knows it by: the same in every attempt
    claim_id     uuid        NOT NULL,
    queue        uuid        NOT NULL, -- the endpoint that is only told; zero: whoever fulfils
    lease        uuid,       -- of the attempt that is under way; only under it may that attempt end
    user_id      text        NOT NULL COLLATE "C",
    kind         text        NOT NULL CONSTRAINT deliveries_kind_known CHECK (kind IN ('granted', 'revoked')),
    status       text        NOT NULL DEFAULT 'pending' CONSTRAINT deliveries_status_known
        CHECK (status IN ('pending', 'accepted', 'dead', 'delivered', 'failed', 'cancelled')),
    history      jsonb       NOT NULL DEFAULT '[]', -- the last attempts
    CONSTRAINT deliveries_once PRIMARY KEY (user_id, claim_id, kind, queue)
) WITH (fillfactor = 70);

CREATE INDEX deliveries_by_id ON deliveries (id);
CREATE INDEX deliveries_due ON deliveries (queue, due_at) WHERE status IN ('pending', 'accepted');
CREATE INDEX deliveries_dead ON deliveries (id) WHERE status = 'dead';
