-- Scores without an index of their own. Four indexes of ranks made each new score of a prompt five index
-- entries at random places, for an order of which answers only ever show the beginning. That beginning is
-- a small table now.

drop index prompt_scores_key_1_idx;
drop index prompt_scores_key_7_idx;
drop index prompt_scores_key_30_idx;
drop index prompt_scores_key_90_idx;

-- Written again in the order in which merges update it, with room for new versions of rows beside the old:
-- an update within a page that changes no indexed column writes no index entry.
alter table prompt_scores set (
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05
);
create temporary table kept_scores on commit drop as table prompt_scores;
truncate prompt_scores;
insert into prompt_scores select * from kept_scores order by prompt_id;
-- For periods with fewer candidates than an answer needs. It changes once a day.
create index prompt_scores_last_day_idx on prompt_scores (last_day);

-- Down to which place the prompts of a ranking are candidates; all are while `rank` is null. There is one
-- ranking for each half-life, which is named by the longest period that it serves. Times move all keys of a
-- ranking alike, so a place holds more and more prompts above it, and the threshold only ever rises.
create table trending_thresholds (
    period    smallint not null,
    rank      bigint,
    prompt_id uuid,
    constraint trending_thresholds_pkey primary key (period),
    constraint trending_thresholds_place_check check ((rank is null) = (prompt_id is null))
);
insert into trending_thresholds (period) values (1), (7), (30), (90);

-- The first prompts of each ranking: all that are at its threshold or above it, and were viewed within its
-- period. One that was viewed before may be there still.
create table trending_candidates (
    period    smallint not null,
    rank      bigint not null,
    prompt_id uuid not null,
    last_day  date not null
);
create unique index trending_candidates_place_key
    on trending_candidates (period, rank desc, prompt_id);
-- Each merge replaces the rows of the most viewed prompts.
alter table trending_candidates set (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 200000
);

-- Chooses the first `kept` prompts of each ranking, from all scores.
create function choose_trending_candidates(kept bigint) returns void language sql as $$
    delete from trending_candidates;
    update trending_thresholds set rank = null, prompt_id = null;
    with ranked as (
        select period, s.prompt_id, last_day,
               score_rank(case period when 1 then key_1 when 7 then key_7 when 30 then key_30
                                      else key_90 end) as rank
        from prompt_scores s, trending_thresholds t
        -- A day more than the period: an answer may have begun before midnight.
        where last_day >= (now() at time zone 'UTC')::date - period
    ), placed as (
        select *, row_number() over (partition by period order by rank desc, prompt_id) as place,
               count(*) over (partition by period) as prompts
        from ranked
    ), thresholds as (
        update trending_thresholds t set rank = p.rank, prompt_id = p.prompt_id
        from placed p where p.period = t.period and place = kept and prompts > kept
    )
    insert into trending_candidates (period, rank, prompt_id, last_day)
    select period, rank, prompt_id, last_day from placed where place <= kept;
$$;
select choose_trending_candidates(5000);
