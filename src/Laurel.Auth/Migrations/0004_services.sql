-- Which services stand behind the gateway. A service that an admin removed keeps its row, so that it cannot come back by itself.
CREATE TABLE services (
    added_at     timestamptz NOT NULL DEFAULT now(),
    removed_at   timestamptz,
    name         text        NOT NULL COLLATE "C" CONSTRAINT services_pkey PRIMARY KEY,
    prefix       text        COLLATE "C" CONSTRAINT services_prefix_once UNIQUE, -- null: Laurel's own, or removed
    owner        text,       -- who may register its processes; null: nobody, an admin has named them
    passes_token boolean     NOT NULL DEFAULT false -- an admin lets it have its callers' tokens
);

-- Its processes. Each renews its lease; those that an admin named have none.
CREATE TABLE service_instances (
    registered_at timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz,
    name          text        NOT NULL COLLATE "C" CONSTRAINT service_instances_of REFERENCES services ON DELETE CASCADE,
    address       text        NOT NULL COLLATE "C",
    digest        bytea       NOT NULL, -- of what it says of itself
    said          jsonb       NOT NULL, -- what it says of itself
    bytes         integer     NOT NULL, -- how much that is
    CONSTRAINT service_instances_pkey PRIMARY KEY (name, address)
);
