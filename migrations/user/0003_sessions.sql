-- Sessions that people can see and end, access tokens that end with their session, and one folding of
-- names.

-- A stored username or address has ASCII characters only, by the rules for both, and collation "C"
-- lowers exactly those, whatever the locale of the database. What people type is folded in the same way
-- by `domain::names::fold`, and compared with these. Should two rows have been told apart until now (a
-- Turkish locale lowers I to another letter), this migration fails, and nothing is changed.
drop index users_username_key;
drop index users_email_key;
drop index users_email_idx;
alter table users
    add column username_folded text not null generated always as (lower(username collate "C")) stored,
    add column email_folded text not null generated always as (lower(email collate "C")) stored,
    -- The account was made from ADMIN_EMAIL, by nobody who registered.
    add column made_from_settings boolean not null default false;
alter table users
    add constraint users_username_key unique (username_folded),
    add constraint users_email_key unique (email_folded);
create index users_email_idx on users using gin (email_folded gin_trgm_ops);

-- Suspended people are few; they are subtracted from the counts of followers.
create index users_suspended_idx on users (id) where not active;

alter table sessions
    -- The `sid` of its access tokens, where that is not `id` any more: it changes with the roles of the
    -- account, so that the tokens from before can be revoked and those from after are good.
    add column sid          uuid,
    -- When it last gave out tokens, and to whom.
    add column last_used_at timestamptz not null default clock_timestamp(),
    add column address      text,
    add column user_agent   text;
update sessions s set last_used_at = coalesce(
    (select max(t.issued_at) from refresh_tokens t where t.session_id = s.id), s.created_at);

-- Access tokens that must not be accepted any more, by their `sid`, until the last of them must have
-- expired. Written in the transaction that ends the session.
create table revocations (
    sid        uuid primary key,
    expires_at timestamptz not null,
    -- The transaction that wrote the row. Who reads on from the oldest transaction that was open at the
    -- last reading (`pg_snapshot_xmin`) misses no row, whatever the order of commits.
    written_by bigint not null default pg_current_xact_id()::text::bigint
);
create index revocations_written_by_idx on revocations (written_by);
create index revocations_expires_at_idx on revocations (expires_at);
