-- Listings, purchases, licences, and the simulated payment provider's own ledger.
--
-- Times have milliseconds, which is what clients see: a cursor made of one then loses nothing.

create extension if not exists pg_trgm;

-- What is sold is a copy, taken when the prompt was listed: later changes of the prompt do not
-- change what a buyer was shown.
create table listings (
    id                 uuid primary key,
    prompt_id          uuid not null,
    prompt_version     integer not null,
    prompt_title       text not null,
    prompt_description text,
    prompt_category    text not null,
    content_preview    text not null,
    average_rating     numeric(3, 2),
    seller_id          uuid not null,
    seller_username    text not null,
    title              text not null,
    description        text,
    price              numeric(12, 2) not null,
    commercial_price   numeric(12, 2),
    currency           text not null,
    status             text not null default 'ACTIVE',
    sales_count        integer not null default 0,
    created_at         timestamptz(3) not null default now(),
    listed_at          timestamptz(3) not null default now(),
    updated_at         timestamptz(3) not null default now(),
    -- What a search looks into.
    search_text        text not null generated always as (
        lower(title || ' ' || coalesce(description, '') || ' ' || prompt_title || ' ' || prompt_category)
    ) stored,
    constraint listings_price_check check (price > 0 and price <= 99999.99),
    constraint listings_commercial_price_check
        check (commercial_price > 0 and commercial_price <= 99999.99),
    constraint listings_currency_check check (currency ~ '^[A-Z]{3}$'),
    constraint listings_status_check check (status in ('ACTIVE', 'PAUSED', 'REMOVED')),
    constraint listings_sales_count_check check (sales_count >= 0)
);

-- A prompt is on offer once; after a removal it can be offered anew.
create unique index listings_prompt_key on listings (prompt_id) where status <> 'REMOVED';
create index listings_seller_idx on listings (seller_id, id);
-- One for each order of the catalogue. Ids are in order of time, so the primary key serves "newest".
create index listings_popular_idx on listings (sales_count, id) where status = 'ACTIVE';
create index listings_price_idx on listings (price, id) where status = 'ACTIVE';
create index listings_rating_idx on listings (coalesce(average_rating, 0), id) where status = 'ACTIVE';
create index listings_category_idx on listings (lower(prompt_category), id) where status = 'ACTIVE';
create index listings_search_idx on listings using gin (search_text gin_trgm_ops) where status = 'ACTIVE';

-- One purchase, from intent on. PENDING is written before anyone is charged.
create table transactions (
    id               uuid primary key,
    listing_id       uuid not null references listings (id),
    prompt_id        uuid not null,
    prompt_version   integer not null,
    buyer_id         uuid not null,
    seller_id        uuid not null,
    license_type     text not null,
    amount           numeric(12, 2) not null,
    platform_fee     numeric(12, 2) not null,
    currency         text not null,
    payment_method   text not null,
    -- By which the provider knows the charge.
    charge_reference text,
    license_id       uuid,
    status           text not null default 'PENDING',
    failure_reason   text,
    -- The licence it gave ran out and was bought anew.
    lapsed           boolean not null default false,
    created_at       timestamptz(3) not null default now(),
    completed_at     timestamptz(3),
    constraint transactions_license_type_check check (license_type in ('PERSONAL', 'COMMERCIAL')),
    constraint transactions_status_check
        check (status in ('PENDING', 'COMPLETED', 'FAILED', 'REFUNDED')),
    constraint transactions_not_own_check check (buyer_id <> seller_id),
    constraint transactions_amount_check check (amount > 0),
    constraint transactions_fee_check check (platform_fee >= 0 and platform_fee <= amount),
    constraint transactions_failure_check check ((status = 'FAILED') = (failure_reason is not null)),
    -- Who has paid has a charge and a licence, and nobody else has.
    constraint transactions_paid_check check (
        (status in ('COMPLETED', 'REFUNDED')) = (completed_at is not null)
        and (completed_at is null) = (license_id is null)
        and (completed_at is null) = (charge_reference is null)
    )
);

-- Reserves the right to buy before anyone is charged: of two purchases of the same licence by one
-- buyer the second stops here.
create unique index transactions_reservation_key on transactions (buyer_id, prompt_id, license_type)
    where status in ('PENDING', 'COMPLETED') and not lapsed;
create index transactions_buyer_idx on transactions (buyer_id, id);
create index transactions_seller_idx on transactions (seller_id, id);
create index transactions_pending_idx on transactions (created_at) where status = 'PENDING';

create table licenses (
    id             uuid primary key,
    transaction_id uuid not null references transactions (id),
    prompt_id      uuid not null,
    prompt_version integer not null,
    buyer_id       uuid not null,
    license_type   text not null,
    license_key    text not null,
    created_at     timestamptz(3) not null default now(),
    expires_at     timestamptz(3),
    -- When it was closed for good. One that has merely run out is closed when it is bought anew.
    ended_at       timestamptz(3),
    constraint licenses_license_type_check check (license_type in ('PERSONAL', 'COMMERCIAL')),
    constraint licenses_transaction_key unique (transaction_id),
    constraint licenses_license_key_key unique (license_key)
);

create unique index licenses_holder_key on licenses (buyer_id, prompt_id, license_type)
    where ended_at is null;
create index licenses_buyer_idx on licenses (buyer_id, id);

-- Both are written by one statement, so neither can point at nothing.
alter table transactions
    add constraint transactions_license_fkey foreign key (license_id) references licenses (id);

-- Stands for the books of another company: nothing else refers to it, and it is written in
-- transactions of its own. One row a key, whatever is asked how often.
create table simulated_charges (
    idempotency_key uuid primary key,
    status          text not null,
    amount          numeric(12, 2),
    currency        text,
    created_at      timestamptz(3) not null default now(),
    constraint simulated_charges_status_check check (status in ('CHARGED', 'DECLINED', 'CANCELLED')),
    constraint simulated_charges_amount_check check (status <> 'CHARGED' or amount > 0)
);
