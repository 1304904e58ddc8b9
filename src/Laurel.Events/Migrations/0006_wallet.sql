-- Points. Every transfer takes from one account what it gives to another: the user's, or the issuer's, whose balance is what all
-- transfers come to and is stored nowhere, since every transfer would write it.
CREATE TABLE transfers (
    created_at timestamptz NOT NULL,
    amount     bigint      NOT NULL CONSTRAINT transfers_amount_positive CHECK (amount > 0),
    id         uuid        NOT NULL,
    user_id    text        NOT NULL COLLATE "C",
    debit      text        NOT NULL,
    credit     text        NOT NULL,
    kind       text        NOT NULL CONSTRAINT transfers_kind_known CHECK (kind IN ('reward', 'credit', 'debit', 'reversal')),
    ref        text        NOT NULL COLLATE "C", -- what it is for: a claim, a request's key, the transfer that it reverses
    reason     text,
    created_by text        NOT NULL,
    CONSTRAINT transfers_pkey PRIMARY KEY (user_id, id),
    -- A claim's id begins with its time, so the newest are neighbours in the index; by users they would be strewn over all of it.
    CONSTRAINT transfers_once UNIQUE (ref, kind, user_id),
    CONSTRAINT transfers_between_two CHECK ((debit = 'issuer' AND credit = 'user') OR (debit = 'user' AND credit = 'issuer'))
);

CREATE INDEX transfers_by_id ON transfers (id);

CREATE TABLE balances (
    balance bigint NOT NULL CONSTRAINT balances_in_range CHECK (balance BETWEEN 0 AND 9007199254740991),
    user_id text   NOT NULL COLLATE "C" CONSTRAINT balances_pkey PRIMARY KEY
) WITH (fillfactor = 75);
