-- Search leaves Postgres: each instance of the service has an index of its own on disk, and follows what
-- is noted here. Names in use keep their exact counts.

-- ---------------------------------------------------------------------------- the log of changes

-- Listed prompts of which something changed that can be found or that ranks them, and prompts that were
-- listed until then. By triggers, for every writer, in the transaction of the change.
--
-- No row has a place in an order: whoever has read the log keeps the snapshot (`pg_current_snapshot()`)
-- under which that was, and reads later what that snapshot does not show. A transaction that commits
-- late is in no such snapshot, however early it began.
create table prompt_changes (
    prompt_id uuid not null,
    xid       xid8 not null default pg_current_xact_id(),
    noted_at  timestamptz not null default now()
);
create index prompt_changes_xid_idx on prompt_changes (xid);

-- One row.
create table prompt_change_log (
    -- Differs between any two databases that were migrated apart.
    id             uuid not null default gen_random_uuid(),
    -- Where rows were deleted last, as `prompt_change_source()` names it: the numbers below are of that
    -- server. Null until rows were looked for.
    source         text,
    -- Rows of transactions below this one have been deleted; null when none were.
    trimmed_before xid8,
    -- Rows of transactions below this one may be deleted next: all of them had ended before the last time.
    -- So a position taken since then has seen them.
    ended_before   xid8,
    is_only_row    boolean primary key default true,
    constraint prompt_change_log_is_only_row_check check (is_only_row)
);
insert into prompt_change_log default values;

-- Names the database: another one, a restored one, and one whose server was replaced by its standby have
-- another name.
create function prompt_change_source() returns text language sql stable as $$
    select concat_ws('/', l.id, s.system_identifier, d.oid, c.timeline_id)
    from prompt_change_log l
    cross join pg_control_system() s
    cross join pg_control_checkpoint() c
    join pg_database d on d.datname = current_database()
$$;

-- Instances with a complete index, for those that are building theirs.
create table search_instances (
    id      uuid primary key,
    seen_at timestamptz not null default now()
);

-- ----------------------------------------------------------------------------------- the lock

-- A statement that runs for long would hold up this one, and this one everyone who comes after. The service
-- does not start then, and tries again when it is started again.
set local lock_timeout = '10s';

-- In the order in which writers lock these tables, and all at once: no writer of the version before this
-- one runs a trigger that is half of the old and half of the new.
lock table prompts, prompt_counters, prompt_search, catalog_changes, catalog in access exclusive mode;

-- ------------------------------------------------------------------------------ what is taken out

drop trigger prompt_counters_inserted on prompt_counters;
drop trigger prompt_counters_tier_changed on prompt_counters;
drop function prompt_counters_inserted();
drop function prompt_counters_tier_changed();
drop function search_candidates(tsquery, tsquery, text, text, double precision, integer);
drop table prompt_search;
alter table prompt_counters drop column tier;

drop index catalog_word_idx;
delete from catalog where kind = 'WORD';
delete from catalog_changes where kind = 'WORD';
alter table catalog
    drop constraint catalog_kind_check,
    add constraint catalog_kind_check check (kind in ('LISTED', 'CATEGORY', 'TAG'));

drop function catalog_entries(text, text, text[]);
drop function search_words(text, text[], text, text, boolean);
drop function search_text(text);
drop text search configuration prompt_words_as_written;
drop text search configuration prompt_words;
drop text search dictionary prompt_stop_words;
drop extension unaccent;
drop extension btree_gin;
drop extension pg_trgm;

-- -------------------------------------------------------------------------------------- triggers

-- What a listed prompt counts for.
create function catalog_entries(category text, tags text[])
    returns table (kind text, key text, name text) language sql immutable parallel safe as $$
    select 'LISTED', '', ''
    union all
    select * from catalog_names(category, tags)
$$;

create or replace function prompts_inserted() returns trigger language plpgsql as $$
begin
    insert into prompt_changes (prompt_id)
    select id from added where visibility = 'PUBLIC' and status = 'PUBLISHED';

    insert into prompt_keys (prompt_id, kind, key, created_at)
    select p.id, k.kind, k.key, p.created_at
    from added p cross join lateral catalog_names(p.category, p.tags) k
    where p.visibility = 'PUBLIC' and p.status = 'PUBLISHED';

    insert into catalog_changes (kind, key, name, uses)
    select e.kind, e.key, min(e.name), count(*)
    from added p cross join lateral catalog_entries(p.category, p.tags) e
    where p.visibility = 'PUBLIC' and p.status = 'PUBLISHED'
    group by e.kind, e.key;
    return null;
end $$;

create or replace function prompts_updated() returns trigger language plpgsql as $$
begin
    insert into prompt_changes (prompt_id)
    select a.id
    from removed r join added a on a.id = r.id
    where ((r.visibility = 'PUBLIC' and r.status = 'PUBLISHED')
           or (a.visibility = 'PUBLIC' and a.status = 'PUBLISHED'))
      and (r.title, r.description, r.content, r.category, r.tags, r.visibility, r.status, r.is_premium,
           r.username)
          is distinct from
          (a.title, a.description, a.content, a.category, a.tags, a.visibility, a.status, a.is_premium,
           a.username);

    -- Most updates change no name, and no list.
    if not found or not exists (
        select from removed r join added a on a.id = r.id
        where (r.category, r.tags, r.visibility, r.status)
            is distinct from (a.category, a.tags, a.visibility, a.status))
    then
        return null;
    end if;

    delete from prompt_keys k using added a
    where k.prompt_id = a.id
      and not (a.visibility = 'PUBLIC' and a.status = 'PUBLISHED'
               and (k.kind, k.key) in (select n.kind, n.key from catalog_names(a.category, a.tags) n));
    insert into prompt_keys (prompt_id, kind, key, created_at)
    select p.id, k.kind, k.key, p.created_at
    from added p cross join lateral catalog_names(p.category, p.tags) k
    where p.visibility = 'PUBLIC' and p.status = 'PUBLISHED'
    on conflict do nothing;

    insert into catalog_changes (kind, key, name, uses)
    select e.kind, e.key, min(e.name), sum(p.uses)
    from (select category, tags, visibility, status, -1 as uses from removed
          union all
          select category, tags, visibility, status, 1 from added) p
    cross join lateral catalog_entries(p.category, p.tags) e
    where p.visibility = 'PUBLIC' and p.status = 'PUBLISHED'
    group by e.kind, e.key
    having sum(p.uses) <> 0;
    return null;
end $$;

create or replace function prompts_deleted() returns trigger language plpgsql as $$
begin
    insert into prompt_changes (prompt_id)
    select id from removed where visibility = 'PUBLIC' and status = 'PUBLISHED';

    insert into catalog_changes (kind, key, name, uses)
    select e.kind, e.key, min(e.name), -count(*)
    from removed p cross join lateral catalog_entries(p.category, p.tags) e
    where p.visibility = 'PUBLIC' and p.status = 'PUBLISHED'
    group by e.kind, e.key;
    return null;
end $$;

-- Ratings and likes rank a prompt: every change of its ratings is noted, and likes by powers of four, so that a
-- prompt that many like is seldom noted.
create function note_counters_inserted() returns trigger language plpgsql as $$
begin
    -- Where they come after their prompts, as in a bulk load, which has been noted without them.
    insert into prompt_changes (prompt_id)
    select prompt_id from added where listed and (likes_count > 0 or ratings_count > 0);
    return null;
end $$;
create trigger note_counters_inserted after insert on prompt_counters
    referencing new table as added for each statement execute function note_counters_inserted();

create function note_counters_updated() returns trigger language plpgsql as $$
begin
    insert into prompt_changes (prompt_id) values (new.prompt_id);
    return null;
end $$;
create trigger note_counters_updated after update on prompt_counters
    for each row when (
        new.listed
        and (new.average_rating <> old.average_rating
             or new.weighted_rating <> old.weighted_rating
             or width_bucket(new.likes_count, array[1, 4, 16, 64, 256, 1024, 4096, 16384]::bigint[])
                <> width_bucket(old.likes_count, array[1, 4, 16, 64, 256, 1024, 4096, 16384]::bigint[])))
    execute function note_counters_updated();
