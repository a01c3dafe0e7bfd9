-- What happened, as told by events, and the figures kept beside it. The raw events are the record;
-- no answer reads them. Every figure moves in the transaction that inserts the event, and only by
-- what that insert returned, so that a redelivered event changes nothing.

-- Raw events, one partition a month, so that old months can be dropped whole.
--
-- An event is applied once: its id is unique. A partitioned table's unique constraint must hold the
-- partition key, so it is (event_id, event_time), and that is as good: event_time comes from the
-- event itself, never from the clock of whoever reads it, and producers write an event's bytes once
-- (in an outbox, or in the producer's buffer). A redelivery carries the same bytes, hence the same
-- pair. A table of ids alone would add nothing but an index that grows for ever.

create table user_activity_events (
    event_id    uuid not null,
    user_id     uuid not null,
    event_type  text not null,
    -- When they registered.
    event_time  timestamptz not null,
    received_at timestamptz not null default now(),
    constraint user_activity_events_pkey primary key (event_id, event_time),
    constraint user_activity_events_type_check check (event_type = 'REGISTERED')
) partition by range (event_time);

create table prompt_activity_events (
    event_id    uuid not null,
    prompt_id   uuid not null,
    -- Who wrote or viewed it; null for a viewer who is not signed in.
    user_id     uuid,
    event_type  text not null,
    -- When it was written or viewed.
    event_time  timestamptz not null,
    received_at timestamptz not null default now(),
    constraint prompt_activity_events_pkey primary key (event_id, event_time),
    constraint prompt_activity_events_type_check check (event_type in ('CREATED', 'VIEWED'))
) partition by range (event_time);

-- For events of a month that has no partition: none is refused for its age.
create table user_activity_events_default partition of user_activity_events default;
create table prompt_activity_events_default partition of prompt_activity_events default;

-- Makes sure that a table has the partition of a month (given by its first day, in UTC). Rows of
-- that month that the default partition holds move into it; with them there, Postgres would refuse
-- the new partition. Attaching, unlike `create table .. partition of`, leaves the parent open to
-- writers. Safe to call at once from several places.
create function ensure_month_partition(parent text, month date) returns void
language plpgsql as $$
declare
    part     text := parent || to_char(month, '_YYYY_MM');
    fallback text := parent || '_default';
    starts   timestamptz := month::timestamp at time zone 'UTC';
    ends     timestamptz := (month + interval '1 month') at time zone 'UTC';
begin
    perform pg_advisory_xact_lock(hashtext(part));
    if to_regclass(quote_ident(part)) is not null then
        return;
    end if;
    execute format('create table %I (like %I including all)', part, parent);
    -- Nobody may add to the rows that move until the new partition takes them.
    execute format('lock table %I in access exclusive mode', fallback);
    execute format(
        'with moved as (delete from %I where event_time >= %L and event_time < %L returning *)
         insert into %I select * from moved',
        fallback, starts, ends, part);
    execute format(
        'alter table %I attach partition %I for values from (%L) to (%L)',
        parent, part, starts, ends);
end
$$;

-- Events ever, by type. The rows are there from the beginning, so that there is always an answer.
create table activity_totals (
    event_type text primary key,
    events     bigint not null default 0,
    updated_at timestamptz not null default now(),
    constraint activity_totals_type_check check (event_type in ('REGISTERED', 'CREATED', 'VIEWED'))
);
insert into activity_totals (event_type) values ('REGISTERED'), ('CREATED'), ('VIEWED');

-- Events by hour (UTC), kept for good.
create table activity_hours (
    hour       timestamptz not null,
    event_type text not null,
    events     bigint not null,
    constraint activity_hours_pkey primary key (hour, event_type)
);

-- Events by minute: for the ends of rolling windows, which rarely fall on a full hour. The service
-- deletes minutes that the longest window has left behind.
create table activity_minutes (
    minute     timestamptz not null,
    event_type text not null,
    events     bigint not null,
    constraint activity_minutes_pkey primary key (minute, event_type)
);

-- What is known of a prompt. Topics keep no order among each other, so a view may come before the
-- creation: title and category are those of the event that happened last, the rest is null until
-- the creation is here.
create table prompt_facts (
    prompt_id uuid primary key,
    title     text not null,
    category  text not null,
    -- The time of the event that title and category are from.
    as_of     timestamptz not null,
    username  text,
    -- Whether everyone may know of it, as the event that happened last said; null while none did.
    is_public boolean
);

-- Views by prompt and day (UTC). unique_viewers counts the rows of prompt_viewers.
create table prompt_days (
    prompt_id      uuid not null,
    day            date not null,
    views          bigint not null,
    unique_viewers bigint not null,
    constraint prompt_days_pkey primary key (prompt_id, day),
    constraint prompt_days_viewers_check check (unique_viewers between 0 and views)
);
create index prompt_days_day_idx on prompt_days (day);

-- Which signed-in people viewed a prompt on a day (UTC).
create table prompt_viewers (
    prompt_id uuid not null,
    day       date not null,
    user_id   uuid not null,
    constraint prompt_viewers_pkey primary key (prompt_id, day, user_id)
);

-- Messages that can never be applied, exactly as they came. The digest is part of what makes one
-- unique because a broker that is set up anew hands out the same offsets for other messages.
create table dead_letters (
    id              uuid primary key,
    topic           text not null,
    kafka_partition integer not null,
    kafka_offset    bigint not null,
    key             bytea,
    payload         bytea not null,
    payload_digest  bytea not null generated always as (sha256(payload)) stored,
    reason          text not null,
    received_at     timestamptz not null default now(),
    -- When the dead-letter topic had it; null until then.
    forwarded_at    timestamptz,
    constraint dead_letters_message_key unique (topic, kafka_partition, kafka_offset, payload_digest)
);
create index dead_letters_unforwarded_idx on dead_letters (id) where forwarded_at is null;
