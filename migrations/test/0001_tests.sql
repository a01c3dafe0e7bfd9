-- Tests of prompts against models, and the queue of those still to be run: one table, so that a
-- test is queued by the insert that creates it and leaves the queue by the update that ends it.

create table tests (
    id                uuid primary key,
    user_id           uuid not null,
    -- Null when the content was given with the test.
    prompt_id         uuid,
    prompt_version    integer,
    -- What the model is sent, placeholders filled in.
    prompt_content    text not null,
    system_prompt     text,
    model_provider    text not null,
    model_name        text not null,
    temperature       double precision,
    max_tokens        integer,
    status            text not null default 'PENDING',
    response          text,
    input_tokens      bigint,
    output_tokens     bigint,
    token_count       bigint generated always as (input_tokens + output_tokens) stored,
    response_time_ms  bigint,
    -- Null when the model has no known price, which is not the same as free.
    cost              numeric,
    price_version     text,
    assertion_results jsonb,
    score             double precision,
    error_message     text,
    -- Goes up with each claim and never down, so that it also tells the claims apart: a worker may
    -- write only while the row still shows the number that its own claim gave.
    attempts          integer not null default 0,
    -- When a worker may take it: from then on if PENDING; if RUNNING, once its lease runs out.
    -- In full precision: rounded to milliseconds, "now" could lie in the future.
    due_at            timestamptz default now(),
    created_at        timestamptz(3) not null default now(),
    started_at        timestamptz(3),
    completed_at      timestamptz(3),
    constraint tests_model_provider_check
        check (model_provider in ('MOCK', 'OPENAI', 'OPENAI_COMPATIBLE', 'ANTHROPIC', 'GEMINI')),
    constraint tests_status_check
        check (status in ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED')),
    constraint tests_prompt_version_check check ((prompt_id is null) = (prompt_version is null)),
    constraint tests_started_check check ((attempts > 0) = (started_at is not null)),
    constraint tests_due_check check ((due_at is not null) = (status in ('PENDING', 'RUNNING'))),
    constraint tests_over_check check ((completed_at is null) = (due_at is not null)),
    constraint tests_completed_check check (status <> 'COMPLETED' or response is not null),
    constraint tests_failed_check check (status <> 'FAILED' or error_message is not null),
    constraint tests_priced_check check ((cost is null) = (price_version is null))
);

-- The queue: only what is still to be done is in it, however many tests were ever run.
create index tests_due_at_idx on tests (due_at, id) where due_at is not null;

-- The lists, newest first: a person's tests, theirs of one prompt, everyone's of one prompt.
create index tests_user_id_idx on tests (user_id, created_at, id);
create index tests_prompt_id_user_id_idx on tests (prompt_id, user_id, created_at, id);
create index tests_prompt_id_idx on tests (prompt_id, created_at, id);
