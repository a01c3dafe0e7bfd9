-- Days side by side: an answer of a year reads a row for each four weeks or month instead of one for each day,
-- each of which is on a page of its own.
--
-- As in 0006, all of it is derived from prompt_days alone, and deleting a row is always safe.

-- For reading the days of a few weeks: days are written in the order of time.
create index prompt_days_day_idx on prompt_days using brin (day) with (autosummarize = on);

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

-- The windows of a month's days: for each quarter of an hour those of 31 days, as in closed_days, so that the
-- ones of a period are neighbours. Months are closed again to have them.
delete from closed_months;
alter table closed_months
    add column windows bytea not null,
    add constraint closed_months_windows_check check (octet_length(windows) = 35712);
alter table closed_months alter column windows set storage external;
update closing_progress set queued_until = null;
