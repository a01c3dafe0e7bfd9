-- Four weeks side by side instead of one: a year of a prompt was 52 rows, each on a page of its own, and is 14.
--
-- As in 0006, all of it is derived from prompt_days alone, and deleting a row is always safe.

-- Returns the first day of the four weeks that a day is in, a Monday; so was the first day of year 1.
create function span_of(day date) returns date
language sql immutable strict parallel safe as $$ select day - (day - date '0001-01-01') % 28 $$;

-- The rows of prompt_days of a subject's span of four weeks, up to `last_day`: element by element, one is a
-- prompt's day.
create table closed_spans (
    subject_id uuid not null,
    first_day  date not null,
    last_day   date not null,
    -- Null where the subject is the prompt.
    prompts    uuid[],
    days       date[] not null,
    samples    smallint[] not null,
    quarters   bytea[] not null,
    entries    bytea[] not null,
    constraint closed_spans_pkey primary key (subject_id, first_day)
);
-- A row stays in its page as long as it fits: an answer reads it whole.
alter table closed_spans alter column quarters set storage external;
alter table closed_spans alter column entries set storage external;
alter table closed_spans set (toast_tuple_target = 8160);

-- Closed spans that were deleted, or have days that came late; they are written again.
create table reopened_spans (
    subject_id uuid not null,
    is_author  boolean not null,
    first_day  date not null,
    constraint reopened_spans_pkey primary key (subject_id, first_day)
);

-- The last day (a Sunday) up to which spans were closed; null before the first, and after a rebuild.
alter table closing_progress add column spans_until date;

-- Processes of the version before still read and write closed weeks, which nobody keeps right any more: they
-- find none, and read prompt_days. Nothing else uses closed_weeks, reopened_weeks and weeks_until.
truncate closed_weeks, reopened_weeks;
create function pass_over_row() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger closed_weeks_stay_empty
    before insert on closed_weeks
    for each row execute function pass_over_row();
