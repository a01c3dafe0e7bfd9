-- Refunds, idempotency keys, what the prompt service is told, and a copy of what is sold.

-- A refund is wanted before it is given: the wish is on the row before the provider is asked, so
-- that whatever dies in between, the money is given back and the licence ends.
alter table transactions
    add column refund_requested_at timestamptz(3),
    add column refunded_at timestamptz(3),
    -- By which the provider knows the refund.
    add column refund_reference text,
    add constraint transactions_refund_check check (
        (status = 'REFUNDED') = (refunded_at is not null)
        and (refunded_at is null) = (refund_reference is null)
        and (refunded_at is null or refund_requested_at is not null)
        and (refund_requested_at is null or status in ('COMPLETED', 'REFUNDED'))
    );
create index transactions_refund_wanted_idx on transactions (refund_requested_at)
    where refund_requested_at is not null and status = 'COMPLETED';
-- Top listings and months of one seller.
create index transactions_listing_idx on transactions (listing_id);

-- What a client's `Idempotency-Key` has led to. The row is written with the pending purchase, and
-- the answer with what settles it: neither is there without the other.
create table purchase_keys (
    user_id        uuid not null,
    route          text not null,
    key            text not null,
    -- SHA-256 of what was asked for.
    request_hash   bytea not null,
    transaction_id uuid not null references transactions (id),
    -- Null while the purchase is not settled.
    status         smallint,
    -- Of a 201, as it was sent. A 402 follows from the transaction, which does not change any more.
    body           text,
    created_at     timestamptz(3) not null default now(),
    constraint purchase_keys_pkey primary key (user_id, route, key),
    constraint purchase_keys_transaction_key unique (transaction_id),
    constraint purchase_keys_key_check check (length(key) between 1 and 255),
    constraint purchase_keys_status_check check (status in (201, 402)),
    constraint purchase_keys_body_check check ((status is not null and status = 201) = (body is not null))
);
create index purchase_keys_age_idx on purchase_keys (created_at);

-- The content that was listed, for those who bought it, should the prompt be deleted. Null on what
-- was listed before there was a copy.
alter table listings add column content text;

-- How far the walk through what is on sale has come that renews the copies of ratings: one row. Not a
-- column of listings, which would be rewritten, with all their indexes, when nothing has changed.
create table rating_walk (
    singleton boolean primary key default true,
    -- The last listing that was renewed; null at the start of a walk.
    after     uuid,
    due_at    timestamptz(3) not null default now(),
    constraint rating_walk_singleton_check check (singleton)
);
insert into rating_walk default values;

-- What the prompt service has to be told: of a prompt, whether it is premium; of a licence, whether
-- it stands. Not what is told, only that it is: what is true then is read when it is told, so one
-- row stands for any number of changes, and nothing is told out of order. `revision` goes up with
-- each change, in its transaction; the row stays, so that it never goes back.
create table prompt_steps (
    -- A prompt's id or a licence's.
    subject   uuid primary key,
    about     text not null,
    prompt_id uuid not null,
    revision  bigint not null default 1,
    -- The last revision that the prompt service is known to hold.
    delivered bigint not null default 0,
    attempts  integer not null default 0,
    due_at    timestamptz(3) not null default now(),
    constraint prompt_steps_about_check check (about in ('PREMIUM', 'LICENSE')),
    constraint prompt_steps_premium_check check ((about = 'PREMIUM') = (subject = prompt_id)),
    constraint prompt_steps_delivered_check check (delivered between 0 and revision)
);
create index prompt_steps_due_idx on prompt_steps (due_at) where delivered < revision;

-- Told of everything that is there already.
insert into prompt_steps (subject, about, prompt_id)
select distinct prompt_id, 'PREMIUM', prompt_id from listings;
insert into prompt_steps (subject, about, prompt_id)
select id, 'LICENSE', prompt_id from licenses where ended_at is null;

-- Stands for the refunds in the books of another company. One row a key, and one a charge.
create table simulated_refunds (
    idempotency_key text primary key,
    charge_key      uuid not null references simulated_charges (idempotency_key),
    amount          numeric(12, 2) not null,
    currency        text not null,
    created_at      timestamptz(3) not null default now(),
    constraint simulated_refunds_charge_key unique (charge_key),
    constraint simulated_refunds_amount_check check (amount > 0)
);
