-- Lists, search, and the names in use, fast at a million prompts.
--
-- What is kept here follows `prompts` by triggers, so that it holds for every writer, a bulk load
-- too, and changes in the same transaction. A prompt that is not listed has no row in any of it:
-- what is not there cannot be found, counted or guessed at.

create extension if not exists pg_trgm;
create extension if not exists btree_gin;
create extension if not exists unaccent;

-- ---------------------------------------------------------------------------------------- lists

-- By code point, ASCII without case: the same order on every machine, whatever its locale.
drop index prompts_listed_title_idx;
create index prompts_listed_title_idx on prompts (lower(title collate "C"), id)
    where visibility = 'PUBLIC' and status = 'PUBLISHED';
create index prompts_listed_user_id_idx on prompts (user_id, created_at, id)
    where visibility = 'PUBLIC' and status = 'PUBLISHED';

-- A sum of `weight * 2 ^ (time / half-life)` as its logarithm to the base 2, after one more term. What
-- happened a half-life ago counts half as much as what happens now, and two such sums compare alike at
-- any time: none is ever written again for growing old. The half-life is three days.
create function trending_with(score double precision, weight double precision, at timestamptz)
    returns double precision language sql immutable parallel safe as $$
    -- Powers of at most 0, and none so small that Postgres calls it an underflow.
    select greatest(score, t.now) + log(greatest(
               2 ^ greatest(score - greatest(score, t.now), -1000)
               + weight * 2 ^ greatest(t.now - greatest(score, t.now), -1000), 2 ^ -50)) / log(2)
    from (select extract(epoch from at)::double precision / (3 * 24 * 3600)) as t (now)
$$;

alter table prompt_counters
    -- Views count 1 and likes 5, until they are taken back; to be written counts as one view.
    add column trending double precision not null
        default trending_with('-infinity', 1, now()),
    -- The mean as if five more people had given it 3: few votes do not make a best one.
    add column weighted_rating double precision not null generated always as (
        (15 + ratings_1 + 2 * ratings_2 + 3 * ratings_3 + 4 * ratings_4 + 5 * ratings_5)::double precision
        / (5 + ratings_1 + ratings_2 + ratings_3 + ratings_4 + ratings_5)) stored,
    -- How well known a prompt is, from 0 (neither liked nor rated) to 7. A step is four times as many
    -- people, so a prompt seldom takes one.
    add column tier smallint not null generated always as (width_bucket(
        likes_count + ratings_1 + ratings_2 + ratings_3 + ratings_4 + ratings_5,
        array[1, 4, 16, 64, 256, 1024, 4096]::bigint[])) stored;
-- What remains of the weight of something that happened at a time before now.
create function trending_remainder(at timestamptz)
    returns double precision language sql stable parallel safe as $$
    select 2 ^ greatest(extract(epoch from at - now())::double precision / (3 * 24 * 3600), -1000)
$$;
create index prompt_counters_listed_trending_idx on prompt_counters (trending, prompt_id) where listed;
create index prompt_counters_listed_weighted_idx on prompt_counters (weighted_rating, prompt_id) where listed;

-- ---------------------------------------------------------------------------------------- words

create text search configuration prompt_words (copy = english);
alter text search configuration prompt_words
    alter mapping for word with unaccent, english_stem;
alter text search configuration prompt_words
    alter mapping for numword with unaccent, simple;

-- A text as the parser of `prompt_words` is to read it.
--
-- Punctuation becomes space: else `node.js` is a host, `and/or` a file and `<b>` markup. Scripts
-- without spaces between words (Chinese, Japanese, Thai, Lao, Burmese, Khmer) are cut into all pairs of
-- neighbours, and all characters. `domain/search.rs` looks for the pairs, or for a character that is
-- alone.
create function search_text(source text) returns text
    language plpgsql immutable strict parallel safe as $$
declare
    -- Not Korean, which has spaces.
    unspaced constant text :=
        '\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u2E80-\u2FFF\u3005-\u3007\u3040-\u312F'
        '\u3190-\u9FFF\uF900-\uFAFF\uFF66-\uFF9F\U00020000-\U0003FFFF';
    plain constant text := translate(source,
        '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', '                                ');
    runs text;
begin
    -- Told by its length, ASCII is spared the search.
    if octet_length(plain) = length(plain) or plain !~ ('[' || unspaced || ']') then
        return plain;
    end if;
    runs := regexp_replace(plain, '[^' || unspaced || ']+', ' ', 'g');
    return regexp_replace(plain, '([' || unspaced || ']{1,2})', ' \1 ', 'g')
        -- The other pairs: without the first character of each run.
        || regexp_replace(regexp_replace(runs, '(^| )\S', ' ', 'g'), '(\S{1,2})', ' \1 ', 'g')
        || regexp_replace(runs, '(\S)', ' \1 ', 'g');
end $$;

-- What a prompt can be found by. Of a premium prompt no more of the content than everyone sees, or
-- searching would be a way to read it. The first 20,000 characters, whatever they are, fit into a
-- tsvector, which holds 1 MB at most.
create function search_words(
    title text, tags text[], description text, content text, is_premium boolean) returns tsvector
    language sql immutable parallel safe as $$
    -- A stop word takes a place, and is not kept: with one at its beginning, no text goes on where the
    -- one before it ends, and no phrase is found across the two.
    select setweight(to_tsvector('prompt_words', search_text(title)), 'A')
        || setweight(to_tsvector('prompt_words',
               search_text('the ' || array_to_string(tags, ' the '))), 'B')
        || setweight(to_tsvector('prompt_words', search_text('the ' || coalesce(description, ''))), 'C')
        || setweight(to_tsvector('prompt_words', search_text('the '
               || left(content, case when is_premium then 200 else 20000 end))), 'D')
$$;

-- Listed prompts, to be searched.
create table prompt_search (
    prompt_id uuid primary key references prompts (id) on delete cascade,
    -- Repeats that of `prompt_counters`.
    tier      smallint not null,
    -- In lower case, as the tags.
    category  text not null,
    tags      text[] not null,
    words     tsvector not null
    -- Whatever fits into a page stays in the row: ranking reads hundreds of them.
) with (toast_tuple_target = 8160);
-- One index for every filter, as GIN intersects its columns. New rows wait in a list that every search
-- reads: a short one.
create index prompt_search_idx on prompt_search using gin (words, tier, category, tags)
    with (gin_pending_list_limit = 512);

-- At most `most` listed prompts with these words, the best known ones first, for ranking. However many
-- prompts have a common word, this takes no longer.
--
-- In one statement the planner would have to guess how soon it finds enough, and read the whole table
-- where it guesses wrong. So each tier is asked apart, by the index, with a plan for just these words.
--
-- `loose` is what the index can answer alone: the words of `query` without their order.
create function search_candidates(
    loose tsquery, query tsquery, in_category text, with_tag text, min_rating double precision,
    most integer)
    returns setof prompt_search language plpgsql stable parallel safe
    set enable_seqscan = off set plan_cache_mode = force_custom_plan as $$
declare
    -- For what is in no index more are looked at, in each tier, but not all.
    look_at constant integer := case when loose = query and min_rating is null then most else 2 * most end;
    -- What has a rating is not in tier 0.
    lowest constant integer := case when min_rating > 0 then 1 else 0 end;
    found_now integer;
begin
    for level in reverse 7..lowest loop
        return query
            select s.*
            from (select * from prompt_search
                  where words @@ loose and tier = level::smallint
                    and (in_category is null or category = lower(in_category))
                    and (with_tag is null or tags @> array[lower(with_tag)])
                  limit look_at) s
            where (loose = query or s.words @@ query)
              and (min_rating is null or min_rating <= (
                  select c.average_rating from prompt_counters c where c.prompt_id = s.prompt_id))
            limit most;
        get diagnostics found_now = row_count;
        most := most - found_now;
        exit when most <= 0;
    end loop;
end $$;

-- -------------------------------------------------------------------------------------- catalog

-- How many listed prompts there are (LISTED), of each category and tag, and with each word in title or
-- tags: words as `prompt_words` stems them, which a misspelt one is compared with.
create table catalog (
    kind text not null,
    -- In lower case, and in an order that depends on no locale.
    key  text collate "C" not null,
    -- As it was first written.
    name text not null,
    uses bigint not null,
    primary key (kind, key),
    constraint catalog_kind_check check (kind in ('LISTED', 'CATEGORY', 'TAG', 'WORD'))
);
create index catalog_uses_idx on catalog (kind, uses desc, key);
create index catalog_unused_idx on catalog (kind) where uses = 0;
create index catalog_word_idx on catalog using gist (key gist_trgm_ops (siglen = 64)) where kind = 'WORD';

-- What is still to be added to `catalog`. Writers only ever add rows here, so that no two of them
-- wait for each other at a popular tag; one instance at a time sums them up, once a second.
create table catalog_changes (
    kind text not null,
    key  text collate "C" not null,
    name text not null,
    uses bigint not null
);
create index catalog_changes_key_idx on catalog_changes (kind, key);

-- Listed prompts by category and tag. Apart from `prompts`, so that a list sorted by anything can look
-- up what it passes over in a small index.
create table prompt_keys (
    prompt_id  uuid not null references prompts (id) on delete cascade,
    -- As in `catalog`.
    kind       text not null,
    key        text collate "C" not null,
    created_at timestamptz(3) not null,
    primary key (prompt_id, kind, key),
    constraint prompt_keys_kind_check check (kind in ('CATEGORY', 'TAG'))
);
create index prompt_keys_key_idx on prompt_keys (kind, key, created_at, prompt_id);

create function catalog_names(category text, tags text[])
    returns table (kind text, key text, name text) language sql immutable parallel safe as $$
    select 'CATEGORY', lower(category), category
    union all
    select 'TAG', lower(tag), min(tag) from unnest(tags) tag group by lower(tag)
$$;

-- What a listed prompt counts for.
create function catalog_entries(title text, category text, tags text[])
    returns table (kind text, key text, name text) language sql immutable parallel safe as $$
    select 'LISTED', '', ''
    union all
    select * from catalog_names(category, tags)
    union all
    -- Three letters are too few to tell a slip from another word.
    select 'WORD', word, word
    from unnest(tsvector_to_array(to_tsvector('prompt_words',
        search_text(title || ' ' || array_to_string(tags, ' '))))) word
    where length(word) between 4 and 40
$$;

-- ------------------------------------------------------------------------------------- triggers

create function prompts_inserted() returns trigger language plpgsql as $$
begin
    insert into prompt_search (prompt_id, tier, category, tags, words)
    select p.id, coalesce(c.tier, 0), lower(p.category),
           array(select lower(tag) from unnest(p.tags) tag),
           search_words(p.title, p.tags, p.description, p.content, p.is_premium)
    from added p
    left join prompt_counters c on c.prompt_id = p.id
    where p.visibility = 'PUBLIC' and p.status = 'PUBLISHED';

    insert into prompt_keys (prompt_id, kind, key, created_at)
    select p.id, k.kind, k.key, p.created_at
    from added p cross join lateral catalog_names(p.category, p.tags) k
    where p.visibility = 'PUBLIC' and p.status = 'PUBLISHED';

    insert into catalog_changes (kind, key, name, uses)
    select e.kind, e.key, min(e.name), count(*)
    from added p cross join lateral catalog_entries(p.title, p.category, p.tags) e
    where p.visibility = 'PUBLIC' and p.status = 'PUBLISHED'
    group by e.kind, e.key;
    return null;
end $$;

create function prompts_updated() returns trigger language plpgsql as $$
begin
    -- Most updates change nothing that is kept here.
    if not exists (
        select from removed r join added a on a.id = r.id
        where (r.title, r.description, r.content, r.category, r.tags, r.visibility, r.status, r.is_premium)
            is distinct from
              (a.title, a.description, a.content, a.category, a.tags, a.visibility, a.status, a.is_premium))
    then
        return null;
    end if;

    delete from prompt_search s using added a
    where s.prompt_id = a.id and not (a.visibility = 'PUBLIC' and a.status = 'PUBLISHED');
    insert into prompt_search as s (prompt_id, tier, category, tags, words)
    select p.id, coalesce(c.tier, 0), lower(p.category),
           array(select lower(tag) from unnest(p.tags) tag),
           search_words(p.title, p.tags, p.description, p.content, p.is_premium)
    from added p
    left join prompt_counters c on c.prompt_id = p.id
    where p.visibility = 'PUBLIC' and p.status = 'PUBLISHED'
    on conflict (prompt_id) do update
    set category = excluded.category, tags = excluded.tags, words = excluded.words;

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
    from (select title, category, tags, visibility, status, -1 as uses from removed
          union all
          select title, category, tags, visibility, status, 1 from added) p
    cross join lateral catalog_entries(p.title, p.category, p.tags) e
    where p.visibility = 'PUBLIC' and p.status = 'PUBLISHED'
    group by e.kind, e.key
    having sum(p.uses) <> 0;
    return null;
end $$;

create function prompts_deleted() returns trigger language plpgsql as $$
begin
    insert into catalog_changes (kind, key, name, uses)
    select e.kind, e.key, min(e.name), -count(*)
    from removed p cross join lateral catalog_entries(p.title, p.category, p.tags) e
    where p.visibility = 'PUBLIC' and p.status = 'PUBLISHED'
    group by e.kind, e.key;
    return null;
end $$;

create trigger prompts_inserted after insert on prompts
    referencing new table as added for each statement execute function prompts_inserted();
create trigger prompts_updated after update on prompts
    referencing old table as removed new table as added
    for each statement execute function prompts_updated();
create trigger prompts_deleted after delete on prompts
    referencing old table as removed for each statement execute function prompts_deleted();

create function prompt_counters_inserted() returns trigger language plpgsql as $$
begin
    update prompt_search s set tier = c.tier from added c
    where s.prompt_id = c.prompt_id and s.tier <> c.tier;
    return null;
end $$;

create function prompt_counters_tier_changed() returns trigger language plpgsql as $$
begin
    update prompt_search set tier = new.tier where prompt_id = new.prompt_id;
    return null;
end $$;

create trigger prompt_counters_inserted after insert on prompt_counters
    referencing new table as added for each statement execute function prompt_counters_inserted();
create trigger prompt_counters_tier_changed after update on prompt_counters
    for each row when (old.tier <> new.tier) execute function prompt_counters_tier_changed();

-- ------------------------------------------------------------------- what was there before this

update prompt_counters c set trending = trending_with('-infinity', 1, p.created_at)
from prompts p where p.id = c.prompt_id;

insert into prompt_search (prompt_id, tier, category, tags, words)
select p.id, c.tier, lower(p.category), array(select lower(tag) from unnest(p.tags) tag),
       search_words(p.title, p.tags, p.description, p.content, p.is_premium)
from prompts p
join prompt_counters c on c.prompt_id = p.id
where p.visibility = 'PUBLIC' and p.status = 'PUBLISHED';

insert into prompt_keys (prompt_id, kind, key, created_at)
select p.id, k.kind, k.key, p.created_at
from prompts p cross join lateral catalog_names(p.category, p.tags) k
where p.visibility = 'PUBLIC' and p.status = 'PUBLISHED';

insert into catalog_changes (kind, key, name, uses)
select e.kind, e.key, min(e.name), count(*)
from prompts p cross join lateral catalog_entries(p.title, p.category, p.tags) e
where p.visibility = 'PUBLIC' and p.status = 'PUBLISHED'
group by e.kind, e.key;
