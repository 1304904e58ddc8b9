-- What one user has reached in one event and window.
CREATE TABLE progress (
    updated_at timestamptz NOT NULL DEFAULT now(),
    met        bigint      NOT NULL, -- bit 0: the event's condition; bit n: the offer with ordinal n
    version    int         NOT NULL, -- each write is version + 1, guarded by the version that it started from
    epoch      int         NOT NULL, -- of the event, under which this state was folded
    window_key date        NOT NULL,
    event_id   uuid        NOT NULL,
    user_id    text        NOT NULL COLLATE "C",
    state      bytea       NOT NULL,
    CONSTRAINT progress_pkey PRIMARY KEY (user_id, event_id, window_key)
) WITH (fillfactor = 75);

CREATE INDEX progress_by_event ON progress (event_id, user_id, window_key);
