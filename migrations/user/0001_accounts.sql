-- Accounts, sessions, and the outbox of the user service.

create table users (
    id             uuid primary key,
    username       text not null,
    email          text not null,
    password_hash  text not null,
    first_name     text,
    last_name      text,
    bio            text,
    avatar_url     text,
    roles          text[] not null default '{USER}',
    active         boolean not null default true,
    email_verified boolean not null default false,
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    last_login_at  timestamptz,
    constraint users_roles_check check (roles <@ array['USER', 'ADMIN'] and 'USER' = any (roles))
);

-- Both are unique without case; the constraint names are what the service tells them apart by.
create unique index users_username_key on users (lower(username));
create unique index users_email_key on users (lower(email));

-- One row a login. Every refresh token that descends from the login belongs to it; revoking the
-- session ends them all.
create table sessions (
    id         uuid primary key,
    user_id    uuid not null references users (id) on delete cascade,
    created_at timestamptz not null default now(),
    revoked_at timestamptz
);
create index sessions_user_id_idx on sessions (user_id) where revoked_at is null;

-- Only hashes are kept (SHA-256 of 256 random bits needs no salt). A spent token stays until it
-- expires, so that its reuse is noticed.
create table refresh_tokens (
    token_hash bytea primary key,
    session_id uuid not null references sessions (id) on delete cascade,
    issued_at  timestamptz not null default now(),
    expires_at timestamptz not null,
    spent_at   timestamptz
);
create index refresh_tokens_session_id_idx on refresh_tokens (session_id);

-- Events in the same transaction as their cause; a row goes once the broker has it.
create table outbox (
    id          bigint generated always as identity primary key,
    topic       text not null,
    key         text not null,
    payload     text not null,
    request_id  text,
    traceparent text,
    created_at  timestamptz not null default now()
);
