-- People: finding and following them, guessed passwords, and accounts that are to be forgotten.

create extension if not exists pg_trgm;

-- Raised when the password changes, and not when the same one is hashed anew: whoever checked the
-- password before can tell whether it is still the one.
alter table users add column password_version integer not null default 1;

-- What people are found by. The line break keeps a username from running into a first name.
alter table users add column search_text text not null generated always as (
    lower(username || E'\n' || coalesce(first_name, '') || ' ' || coalesce(last_name, ''))) stored;
create index users_search_text_idx on users using gin (search_text gin_trgm_ops);
create index users_email_idx on users using gin (lower(email) gin_trgm_ops);
create index users_admins_idx on users (id) where 'ADMIN' = any (roles);

-- Who is followed by whom is counted when asked: an index-only scan, exact by nature, and nothing
-- that the followers of one person would have to wait for.
create table follows (
    follower_id uuid not null,
    followee_id uuid not null,
    created_at  timestamptz(3) not null default now(),
    constraint follows_pkey primary key (follower_id, followee_id),
    constraint follows_follower_id_fkey
        foreign key (follower_id) references users (id) on delete cascade,
    constraint follows_followee_id_fkey
        foreign key (followee_id) references users (id) on delete cascade,
    constraint follows_self_check check (follower_id <> followee_id)
);
create index follows_followers_idx on follows (followee_id, created_at desc, follower_id desc);
create index follows_following_idx on follows (follower_id, created_at desc, followee_id desc);

-- Wrong passwords, by whom and where: a hash each of (name, address) and of the address alone.
-- Unlogged: a count that a crash of the server forgets is no loss, and its writes wait for no disk.
create unlogged table password_failures (
    subject    bytea primary key,
    failures   integer not null,
    expires_at timestamptz not null
);
create index password_failures_expires_at_idx on password_failures (expires_at);

-- Accounts that are gone, and of which the other services must still be told.
create table account_deletions (
    user_id         uuid primary key,
    requested_at    timestamptz not null default now(),
    -- When to tell next; moved ahead by whoever takes the work on.
    next_attempt_at timestamptz not null default now(),
    attempts        integer not null default 0
);
create index account_deletions_next_attempt_at_idx on account_deletions (next_attempt_at);

-- What the sweep looks for.
create index refresh_tokens_expires_at_idx on refresh_tokens (expires_at);
