-- A login first goes into the history, then to the events service as an activity; only then it leaves the outbox.
ALTER TABLE outbox
    DROP CONSTRAINT outbox_kind_known,
    ADD CONSTRAINT outbox_kind_known CHECK (kind IN ('login', 'login_activity'));
