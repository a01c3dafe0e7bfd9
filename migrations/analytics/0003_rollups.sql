-- Rollups fine enough for the days of every zone, written behind the events.
--
-- A batch of events only inserts: ids into the ledger, raw events, and deltas, so that parallel consumers
-- never wait for each other's rows. A job merges deltas into rollups. Readers add the deltas that are not
-- merged yet, in the same snapshot, so an event counts from the commit on that applied it.

-- The ids of the events that were applied: one id is one event, whatever else differs. An event's own time
-- may differ between two messages with one id, so the ledger is partitioned by the id itself: UUIDv7
-- begins with the time at which it was made. Other ids are in the default partition.
create table event_ids (
    event_id   uuid not null,
    event_time timestamptz not null,
    constraint event_ids_pkey primary key (event_id)
) partition by range (event_id);
create table event_ids_default partition of event_ids default;

-- Returns the lowest UUID that begins with the first millisecond of a day (UTC).
create function first_event_id(day date) returns uuid
language sql immutable as $$
    select rpad(lpad(to_hex((day - date '1970-01-01')::bigint * 86400000), 12, '0'), 32, '0')::uuid
$$;

-- As before, and for the ledger too: see 0001. The rows of the month that the default partition holds move
-- into the new one. A batch makes sure of its months before it inserts, so default partitions hold only
-- what no month could.
create or replace function ensure_month_partition(parent text, month date) returns void
language plpgsql as $$
declare
    part     text := parent || to_char(month, '_YYYY_MM');
    fallback text := parent || '_default';
    is_ids   boolean := parent = 'event_ids';
    key      text := case when is_ids then 'event_id' else 'event_time' end;
    next     date := (month + interval '1 month')::date;
    starts   text := case when is_ids then first_event_id(month)::text
                          else (month::timestamp at time zone 'UTC')::text end;
    ends     text := case when is_ids then first_event_id(next)::text
                          else (next::timestamp at time zone 'UTC')::text end;
begin
    perform pg_advisory_xact_lock(hashtext(part));
    if to_regclass(quote_ident(part)) is not null then
        return;
    end if;
    execute format('create table %I (like %I including all)', part, parent);
    -- Nobody may add to the rows that move until the new partition takes them.
    execute format('lock table %I in access exclusive mode', fallback);
    execute format(
        'with moved as (delete from %1$I where %2$I >= %3$L and %2$I < %4$L returning *)
         insert into %5$I select * from moved',
        fallback, key, starts, ends, part);
    execute format(
        'alter table %I attach partition %I for values from (%L) to (%L)',
        parent, part, starts, ends);
end
$$;

-- Returns the months (first days, UTC) that have a partition of a table.
create function months_of(parent text) returns setof date
language sql stable as $$
    select to_date(right(relname, 7), 'YYYY_MM')
    from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = parent::regclass and relname ~ '_[0-9]{4}_[0-9]{2}$'
    order by 1
$$;

-- Drops the raw events, and the ids, of the months before `floor` (the beginning of one). Ids of such a
-- month whose events happened later move to the default partition, which forgets them by their time.
create function drop_months_before(floor timestamptz) returns integer
language plpgsql as $$
declare
    parent  text;
    month   date;
    dropped integer := 0;
begin
    foreach parent in array array['user_activity_events', 'prompt_activity_events', 'event_ids'] loop
        for month in select m from months_of(parent) m
                     where (m + interval '1 month') at time zone 'UTC' <= floor loop
            if parent = 'event_ids' then
                execute format('create temporary table moved on commit drop as
                                select * from %I where event_time >= %L',
                               parent || to_char(month, '_YYYY_MM'), floor);
            end if;
            execute format('drop table %I', parent || to_char(month, '_YYYY_MM'));
            if parent = 'event_ids' then
                insert into event_ids select * from moved;
                drop table moved;
            end if;
            dropped := dropped + 1;
        end loop;
        execute format('delete from %I where event_time < %L', parent || '_default', floor);
    end loop;
    return dropped;
end
$$;

-- The ledger starts with what was applied. Two events with one id and different times count once from now
-- on: the earlier stays.
do $$
declare
    first_day date;
begin
    for first_day in
        select distinct date_trunc('month', event_time at time zone 'UTC')::date
        from (select event_time from user_activity_events
              union all select event_time from prompt_activity_events) e
    loop
        perform ensure_month_partition('user_activity_events', first_day);
        perform ensure_month_partition('prompt_activity_events', first_day);
        if first_day >= date '1970-01-01' then
            perform ensure_month_partition('event_ids', first_day);
        end if;
    end loop;
end
$$;
insert into event_ids (event_id, event_time)
select event_id, min(event_time)
from (select event_id, event_time from user_activity_events
      union all select event_id, event_time from prompt_activity_events) e
group by event_id;
delete from user_activity_events e using event_ids i
where i.event_id = e.event_id and i.event_time <> e.event_time;
delete from prompt_activity_events e using event_ids i
where i.event_id = e.event_id and i.event_time <> e.event_time;

-- Raw events are only ever appended, and read again by a rebuild, a day at a time: an index of the ranges of
-- time by block costs nothing to keep.
alter table user_activity_events drop constraint user_activity_events_pkey;
alter table prompt_activity_events drop constraint prompt_activity_events_pkey;
create index user_activity_events_event_time_idx on user_activity_events using brin (event_time);
create index prompt_activity_events_event_time_idx on prompt_activity_events using brin (event_time);

-- Who viewed it without being signed in: the first half of the SHA-256 of the event's viewerKey. Events
-- that were applied before this column have none, so a rebuild counts their viewers without an account
-- as views only.
alter table prompt_activity_events add column viewer uuid;

-- One row. Events before `floor` are passed over: their raw events and ids may be gone, so nothing else
-- would keep a replay from counting them again.
create table retention (
    id             boolean primary key default true,
    floor          timestamptz not null default '-infinity',
    -- Whether the service has to rebuild the rollups when it starts.
    rebuild_needed boolean not null default false,
    constraint retention_id_check check (id)
);
insert into retention (rebuild_needed)
select exists (select from event_ids);

drop table prompt_viewers;
drop table prompt_anonymous_viewers;
drop table prompt_days;
drop table activity_hours;
truncate activity_minutes;
update activity_totals set events = 0;

-- Views of a prompt on a day (UTC) that are not in prompt_days yet; `quarters` and `entries` are as there.
-- Nobody sees a row before `visible_at`, and no merge takes it: what is dated ahead counts once its time
-- has come.
create table prompt_view_deltas (
    prompt_id  uuid not null,
    day        date not null,
    visible_at timestamptz not null,
    views      integer not null,
    quarters   bytea not null,
    entries    bytea not null
);
create index prompt_view_deltas_prompt_id_idx on prompt_view_deltas (prompt_id);
-- Every row lives for a second or so: without frequent vacuuming merges would wade through dead ones.
alter table prompt_view_deltas set (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 200000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 200000
);
-- The compressor would find nothing to do in hashes, and take its time.
alter table prompt_view_deltas alter column entries set storage external;

-- Views of a prompt on a day (UTC).
create table prompt_days (
    prompt_id uuid not null,
    day       date not null,
    views     bigint not null,
    -- Distinct viewers; exact while `sample` is 0.
    viewers   bigint not null,
    -- `entries` holds one in 2^sample viewers: those whose hash begins with so many zero bits.
    sample    smallint not null,
    -- Views by quarter of an hour, 5 bytes each: the quarter (0 to 95), the views; sorted.
    quarters  bytea not null,
    -- Who viewed it in which quarter, 9 bytes each: a hash of the viewer, whose lowest bit is 1 without an
    -- account, and the quarter; sorted and distinct. A prefix is therefore a uniform sample of viewers,
    -- which is read without the rest, since nothing is compressed.
    entries   bytea not null,
    constraint prompt_days_pkey primary key (prompt_id, day)
);
alter table prompt_days alter column entries set storage external;
alter table prompt_days set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

-- Who wrote a prompt: the earliest creation.
create table prompt_authors (
    prompt_id  uuid not null,
    user_id    uuid not null,
    created_at timestamptz not null,
    constraint prompt_authors_pkey primary key (prompt_id)
);
create index prompt_authors_user_id_idx on prompt_authors (user_id);

-- The trending score, which halves with time, for four half-lives: 1/4, 7/4, 30/4 and 90/4 days. Kept as
-- the base-2 logarithm of the points weighted by 2^(days since 1970 / half-life), so that rows keep their
-- order while time goes by and change only when a prompt is viewed.
create table prompt_scores (
    prompt_id uuid not null,
    -- The last day (UTC) with a view.
    last_day  date not null,
    key_1     double precision not null,
    key_7     double precision not null,
    key_30    double precision not null,
    key_90    double precision not null,
    constraint prompt_scores_pkey primary key (prompt_id)
);
-- Sums in another order differ in their last bits: the rank is the key to 20 binary places, where they are
-- equal again, so that equal prompts stay in the order of their ids.
create function score_rank(key double precision) returns bigint
language sql immutable strict parallel safe as $$ select floor(key * 1048576 + 0.5)::bigint $$;
create index prompt_scores_key_1_idx on prompt_scores (score_rank(key_1) desc, prompt_id);
create index prompt_scores_key_7_idx on prompt_scores (score_rank(key_7) desc, prompt_id);
create index prompt_scores_key_30_idx on prompt_scores (score_rank(key_30) desc, prompt_id);
create index prompt_scores_key_90_idx on prompt_scores (score_rank(key_90) desc, prompt_id);

-- Events by minute that are not merged yet; `visible_at` as above.
create table activity_deltas (
    event_type text not null,
    minute     timestamptz not null,
    visible_at timestamptz not null,
    events     bigint not null,
    applied_at timestamptz not null default now(),
    constraint activity_deltas_type_check check (event_type in ('REGISTERED', 'CREATED', 'VIEWED'))
);
alter table activity_deltas set (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000
);

-- Events by day (UTC) and quarter of an hour, kept for good.
create table activity_days (
    event_type text not null,
    day        date not null,
    -- 96 of them, from midnight on.
    quarters   bigint[] not null,
    constraint activity_days_pkey primary key (event_type, day),
    constraint activity_days_quarters_check check (array_length(quarters, 1) = 96)
);

-- How many events were applied in each second, for the rate; rows live for minutes.
create table applied_seconds (
    second timestamptz not null,
    events bigint not null,
    constraint applied_seconds_pkey primary key (second)
);
