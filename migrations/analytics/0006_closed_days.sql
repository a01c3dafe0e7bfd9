-- Figures of days that are over, computed once from prompt_days, so that answers read a few bytes of a day
-- instead of all its viewers.
--
-- They are derived from prompt_days alone. Deleting a row is always safe: answers read prompt_days where one
-- is missing, and a job writes it again. A subject is a prompt, or the author of prompts.

-- A subject's day (UTC), and the day after, which is over too.
create table closed_days (
    subject_id uuid not null,
    day        date not null,
    -- As in prompt_days; the figures of `windows` are estimates then.
    sample     smallint not null,
    -- For each of the day's 96 quarters of an hour, the 24 hours that begin with it: views, viewers, and
    -- those of them without an account, 4 bytes each. A local day of 24 hours is one of these.
    windows    bytea not null,
    -- The hashes of the day's viewers with an account, 8 bytes each; sorted and distinct.
    accounts   bytea not null,
    -- Of an author: the prompts viewed on the day, 16 bytes, with their views, 4 bytes.
    prompts    bytea,
    constraint closed_days_pkey primary key (subject_id, day),
    constraint closed_days_windows_check check (octet_length(windows) = 1152)
);
-- A few bytes are read of each: none are compressed, and windows stay in the row.
alter table closed_days alter column windows set storage plain;
alter table closed_days alter column accounts set storage external;

-- A subject's month (UTC).
create table closed_months (
    subject_id uuid not null,
    month      date not null,
    sample     smallint not null,
    -- As above, of all days of the month.
    accounts   bytea not null,
    prompts    bytea,
    constraint closed_months_pkey primary key (subject_id, month)
);
alter table closed_months alter column accounts set storage external;

-- The days and months to compute, each from the day on that it is due.
create table closing_queue (
    subject_id uuid not null,
    is_author  boolean not null,
    is_month   boolean not null,
    day        date not null,
    due        date not null,
    constraint closing_queue_pkey primary key (subject_id, is_month, day)
);
create index closing_queue_due_idx on closing_queue (due);

-- One row: the last day of which everything was queued; null before the first time, and after a rebuild.
create table closing_progress (
    id           boolean primary key default true,
    queued_until date,
    constraint closing_progress_id_check check (id)
);
insert into closing_progress default values;

-- Authors whose prompts changed, from the time on at which that counts. Batches of events insert it, and
-- wait for nobody; answers pass over closed rows of such an author until the job has deleted the wrong ones.
create table author_changes (
    user_id    uuid not null,
    prompt_id  uuid not null,
    visible_at timestamptz not null
);
create index author_changes_user_id_idx on author_changes (user_id);
