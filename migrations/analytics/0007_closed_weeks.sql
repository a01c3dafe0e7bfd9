-- Days side by side: an answer of a year reads a row for each week or month instead of one for each day,
-- each of which is on a page of its own.
--
-- As in 0006, all of it is derived from prompt_days alone, and deleting a row is always safe.

-- For reading the days of one week: days are written in the order of time.
create index prompt_days_day_idx on prompt_days using brin (day) with (autosummarize = on);

-- The rows of prompt_days of a subject's week, all that there are: element by element, one is a prompt's day.
create table closed_weeks (
    subject_id uuid not null,
    -- The Monday.
    week       date not null,
    -- Null where the subject is the prompt.
    prompts    uuid[],
    days       date[] not null,
    samples    smallint[] not null,
    quarters   bytea[] not null,
    entries    bytea[] not null,
    constraint closed_weeks_pkey primary key (subject_id, week)
);
-- A row stays in its page as long as it fits: an answer reads it whole.
alter table closed_weeks alter column quarters set storage external;
alter table closed_weeks alter column entries set storage external;
alter table closed_weeks set (toast_tuple_target = 8160);

-- Closed weeks that were deleted, or have days that came late; they are written again.
create table reopened_weeks (
    subject_id uuid not null,
    is_author  boolean not null,
    week       date not null,
    constraint reopened_weeks_pkey primary key (subject_id, week)
);

-- The last week (its Monday) that was closed; null before the first, and after a rebuild.
alter table closing_progress add column weeks_until date;

-- The windows of a month's days: for each quarter of an hour those of 31 days, as in closed_days, so that the
-- ones of a period are neighbours. Months are closed again to have them.
delete from closed_months;
alter table closed_months
    add column windows bytea not null,
    add constraint closed_months_windows_check check (octet_length(windows) = 35712);
alter table closed_months alter column windows set storage external;
update closing_progress set queued_until = null;
