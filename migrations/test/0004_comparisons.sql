-- Assertions, and tests that belong together: one question put to several targets.

create table comparisons (
    id         uuid primary key,
    user_id    uuid not null,
    name       text not null,
    notes      text,
    -- Null when the content was given.
    prompt_id  uuid,
    -- What was asked for, as it was asked for: enough to ask it again.
    definition jsonb not null,
    repeat_of  uuid references comparisons on delete set null,
    created_at timestamptz(3) not null default now()
);

create index comparisons_user_id_idx on comparisons (user_id, created_at, id);
create index comparisons_user_id_prompt_id_idx
    on comparisons (user_id, prompt_id, created_at, id) where prompt_id is not null;
create index comparisons_repeat_of_idx on comparisons (repeat_of) where repeat_of is not null;

alter table tests
    add column seed          bigint,
    -- What the answer must be; null when nothing is asked of it.
    add column assertions    jsonb,
    add column comparison_id uuid references comparisons,
    -- The target's place among those of its comparison, from 0.
    add column target_index  integer,
    add constraint tests_assertions_check check (jsonb_typeof(assertions) = 'array'),
    add constraint tests_score_check check (score between 0 and 1),
    add constraint tests_graded_check check ((score is null) = (assertion_results is null));

create unique index tests_comparison_id_idx
    on tests (comparison_id, target_index) where comparison_id is not null;

-- What statistics are made of, so that they are read from the index alone: the rows themselves hold
-- prompts and answers, which would all have to be passed over.
create index tests_statistics_idx on tests (user_id, prompt_id, prompt_version)
    include (status, model_provider, model_name, input_tokens, output_tokens, cost,
             response_time_ms, score);
