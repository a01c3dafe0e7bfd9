-- Premium prompts: who may read their content, as the marketplace says.

-- The marketplace numbers what it says of a prompt, so that a repeated or late call changes nothing.
alter table prompts
    add column premium_revision bigint not null default 0,
    add constraint prompts_premium_price_check check (is_premium = (price is not null));

-- One row a licence: its holder reads this version and newer ones.
create table prompt_entitlements (
    license_id   uuid primary key,
    prompt_id    uuid not null references prompts (id) on delete cascade,
    user_id      uuid not null,
    from_version integer not null,
    expires_at   timestamptz(3),
    granted_at   timestamptz(3) not null default now(),
    constraint prompt_entitlements_from_version_check check (from_version >= 1)
);
create index prompt_entitlements_holder_idx on prompt_entitlements (prompt_id, user_id);
