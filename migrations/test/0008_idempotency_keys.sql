-- What a client's `Idempotency-Key` has created, and the answer that it gives for a day. A row is
-- written in the transaction that creates the thing: neither is there without the other.
create table idempotency_keys (
    user_id        uuid not null,
    -- The method and the route's pattern.
    route          text not null,
    key            text not null,
    -- SHA-256 of the path, the query string and the body.
    request_digest bytea not null,
    status         smallint not null,
    location       text,
    etag           text,
    -- As it was sent.
    body           text not null,
    created_at     timestamptz(3) not null default now(),
    constraint idempotency_keys_pkey primary key (user_id, route, key),
    constraint idempotency_keys_key_check check (length(key) between 1 and 255),
    constraint idempotency_keys_status_check check (status between 200 and 299)
);
create index idempotency_keys_age_idx on idempotency_keys (created_at);
