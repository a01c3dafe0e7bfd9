-- Data sets, and runs of a prompt over all rows of one.

create table datasets (
    id         uuid primary key,
    user_id    uuid not null,
    name       text not null,
    -- The names of the variables, each once, sorted.
    variables  text[] not null,
    row_count  integer not null,
    created_at timestamptz(3) not null default now(),
    -- Deleted while runs still show its rows: nobody sees the data set itself any more.
    deleted_at timestamptz(3)
);

create index datasets_user_id_idx on datasets (user_id, created_at, id) where deleted_at is null;

-- Rows do not change, so that two runs over them can be compared.
create table dataset_rows (
    dataset_id uuid not null references datasets on delete cascade,
    -- From 1.
    number     integer not null,
    variables  jsonb not null,
    expected   text,
    primary key (dataset_id, number)
);

create table runs (
    id             uuid primary key,
    user_id        uuid not null,
    dataset_id     uuid not null references datasets,
    -- Null when the content was given.
    prompt_id      uuid,
    prompt_version integer,
    -- The content that was given, placeholders and all.
    prompt_content text,
    system_prompt  text,
    targets        jsonb not null,
    -- As they were asked for; null when there were none.
    assertions     jsonb,
    cell_count     integer not null,
    created_at     timestamptz(3) not null default now(),
    constraint runs_prompt_version_check check ((prompt_id is null) = (prompt_version is null)),
    constraint runs_prompt_check check ((prompt_id is null) <> (prompt_content is null))
);

create index runs_dataset_id_idx on runs (dataset_id, created_at, id);

alter table tests
    add column run_id     uuid references runs,
    add column row_number integer,
    add constraint tests_part_of_check check (comparison_id is null or run_id is null),
    add constraint tests_target_check
        check ((target_index is null) = (comparison_id is null and run_id is null)),
    add constraint tests_row_check check ((row_number is null) = (run_id is null));

-- A run's cells, in the order they are shown. How far it is can be told from the index alone.
create unique index tests_run_id_idx on tests (run_id, row_number, target_index)
    include (status, score) where run_id is not null;
