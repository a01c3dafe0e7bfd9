-- Fair turns in the queue, limits for each person, and answers that are heard while they come.

alter table tests
    -- Attempts that a stopping worker gave back unfinished: no fault of the test's, so they do not
    -- count towards giving it up.
    add column given_back integer not null default 0,
    -- Back in the queue because its lease ran out. Should the worker be alive after all, and nobody
    -- have taken the test meanwhile, it is still that worker's.
    add column lapsed boolean not null default false,
    add constraint tests_given_back_check check (given_back between 0 and attempts);

-- Two small indexes instead of one. What waits is looked through person by person within a provider,
-- so that one person's thousands are stepped over at once; what runs is counted by person.
drop index tests_due_at_idx;
create index tests_waiting_idx on tests (model_provider, user_id, due_at, id) where status = 'PENDING';
create index tests_running_idx on tests (user_id) where status = 'RUNNING';

-- How many tests a person has asked for on a day (UTC). Moved in the transaction that stores them, so
-- that both happen or neither.
create table test_days (
    user_id uuid not null,
    day     date not null,
    tests   bigint not null,
    constraint test_days_pkey primary key (user_id, day),
    constraint test_days_tests_check check (tests > 0)
);

-- Old days are removed by day.
create index test_days_day_idx on test_days (day);

-- Pieces of answers that are still coming, for those who listen at another instance than the one that
-- runs the test. Worth nothing after a crash, as the attempt begins anew then: hence unlogged.
create unlogged table test_streams (
    test_id uuid not null,
    attempt integer not null,
    -- How many characters (code points) of the answer come before this piece.
    at      bigint not null,
    text    text not null,
    constraint test_streams_pkey primary key (test_id, attempt, at)
);
