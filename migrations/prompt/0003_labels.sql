-- Names for versions, where the sweep of MongoDB has come to, and whose texts an account left.

-- Names that an author gives to versions, such as `production`. `latest` is not one of them: it
-- names the newest version by itself.
create table prompt_labels (
    prompt_id uuid not null references prompts (id) on delete cascade,
    label     text not null,
    version   integer not null,
    primary key (prompt_id, label),
    constraint prompt_labels_label_check
        check (label ~ '^[A-Za-z0-9._-]{1,50}$' and lower(label) <> 'latest'),
    constraint prompt_labels_version_check check (version >= 1)
);

-- One row. The sweep removes documents in MongoDB that no prompt here has.
create table version_sweep (
    only_row  boolean primary key default true,
    -- This database's name in MongoDB: the sweep removes nothing from a MongoDB that belongs to
    -- another one.
    store_id  uuid not null default gen_random_uuid(),
    -- The last document looked at; empty at the beginning of a round.
    after_id  text not null default '',
    -- When the next documents are to be looked at; whoever finds that due moves it on, and so has the
    -- turn to itself.
    due_at    timestamptz(3) not null default now(),
    constraint version_sweep_only_row_check check (only_row)
);
insert into version_sweep default values;

-- For giving what a deleted account wrote another name, a batch at a time: what has that name
-- already is not in the index.
create index prompt_comments_named_idx on prompt_comments (user_id) where username <> 'deleted-user';
create index prompt_ratings_named_idx on prompt_ratings (user_id) where username <> 'deleted-user';
create index prompts_named_idx on prompts (user_id) where username <> 'deleted-user';
