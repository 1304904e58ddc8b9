-- Codes out of pools, each of which is given to one claim. All codes of one upload that expire at the same time are a lot, and are numbered
-- from 1: those up to `taken` are given, those up to `last` are free. So what is left of a pool is a sum over few rows, whatever expires
-- meanwhile. A code that comes back is numbered anew, behind the last.
CREATE TABLE coupon_pools (
    turns bigint NOT NULL DEFAULT 0, -- raised by whoever takes of the pool: one at a time
    pool  text   NOT NULL COLLATE "C" CONSTRAINT coupon_pools_pkey PRIMARY KEY
) WITH (fillfactor = 10);

CREATE TABLE coupon_lots (
    expires_at timestamptz NOT NULL, -- infinity: never
    size       bigint      NOT NULL,
    last       bigint      NOT NULL,
    taken      bigint      NOT NULL DEFAULT 0,
    lot        uuid        NOT NULL CONSTRAINT coupon_lots_pkey PRIMARY KEY,
    pool       text        NOT NULL COLLATE "C" CONSTRAINT coupon_lots_pool REFERENCES coupon_pools (pool),
    CONSTRAINT coupon_lots_taken_in_range CHECK (taken >= 0 AND taken <= last AND last - taken <= size)
) WITH (fillfactor = 50);

CREATE INDEX coupon_lots_open ON coupon_lots (pool, expires_at, lot) WHERE taken < last;
CREATE INDEX coupon_lots_by_pool ON coupon_lots (pool);

CREATE TABLE coupons (
    given_at timestamptz,
    number   bigint   NOT NULL, -- in its lot
    place    smallint,          -- in the contents of its claim, from 1
    lot      uuid     NOT NULL CONSTRAINT coupons_lot REFERENCES coupon_lots (lot),
    claim_id uuid,
    pool     text     NOT NULL COLLATE "C",
    code     text     NOT NULL COLLATE "C",
    CONSTRAINT coupons_pkey PRIMARY KEY (pool, code),
    CONSTRAINT coupons_number UNIQUE (lot, number),
    CONSTRAINT coupons_given_whole CHECK ((claim_id IS NULL) = (place IS NULL) AND (claim_id IS NULL) = (given_at IS NULL))
) WITH (fillfactor = 90);

-- One code for each place in the contents of a claim that wants one.
CREATE UNIQUE INDEX coupons_one_per_place ON coupons (claim_id, place) WHERE claim_id IS NOT NULL;
