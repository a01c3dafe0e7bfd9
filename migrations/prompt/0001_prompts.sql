-- Prompts, what people think of them, and the outbox of the prompt service. The text of every
-- version is in MongoDB (`prompt_versions`); which versions exist is said here: 1 to `version`.
-- Times are cut to milliseconds, which is what answers and cursors show.

create table prompts (
    id                    uuid primary key,
    user_id               uuid not null,
    username              text not null,
    title                 text not null,
    description           text,
    content               text not null,
    category              text not null,
    tags                  text[] not null default '{}',
    visibility            text not null,
    status                text not null default 'PUBLISHED',
    model                 text,
    -- The newest version; every lower number from 1 on exists too.
    version               integer not null default 1,
    -- Goes up with every update, versioned or not: what `ETag` and `If-Match` compare.
    revision              bigint not null default 1,
    forked_from_prompt_id uuid,
    forked_from_version   integer,
    is_featured           boolean not null default false,
    is_premium            boolean not null default false,
    price                 numeric(12, 2),
    created_at            timestamptz(3) not null default now(),
    updated_at            timestamptz(3) not null default now(),
    constraint prompts_visibility_check check (visibility in ('PUBLIC', 'PRIVATE', 'UNLISTED')),
    constraint prompts_status_check check (status in ('DRAFT', 'PUBLISHED', 'ARCHIVED')),
    constraint prompts_version_check check (version >= 1),
    constraint prompts_tags_check check (cardinality(tags) <= 10),
    constraint prompts_forked_from_check
        check ((forked_from_prompt_id is null) = (forked_from_version is null))
);
create index prompts_listed_created_at_idx on prompts (created_at, id)
    where visibility = 'PUBLIC' and status = 'PUBLISHED';
create index prompts_listed_title_idx on prompts (title, id)
    where visibility = 'PUBLIC' and status = 'PUBLISHED';
create index prompts_user_id_idx on prompts (user_id, created_at, id);

-- Apart from `prompts`, so that a like rewrites a short row and touches none of the indexes over
-- titles and texts. `listed` repeats what decides whether a prompt is in public lists, so that a
-- list sorted by a counter needs one index.
create table prompt_counters (
    prompt_id      uuid primary key references prompts (id) on delete cascade,
    listed         boolean not null,
    likes_count    bigint not null default 0,
    views_count    bigint not null default 0,
    usage_count    bigint not null default 0,
    forks_count    bigint not null default 0,
    comments_count bigint not null default 0,
    -- How many rated 1, 2, 3, 4 and 5; the count and the mean follow from these.
    ratings_1      bigint not null default 0,
    ratings_2      bigint not null default 0,
    ratings_3      bigint not null default 0,
    ratings_4      bigint not null default 0,
    ratings_5      bigint not null default 0,
    ratings_count  bigint not null
        generated always as (ratings_1 + ratings_2 + ratings_3 + ratings_4 + ratings_5) stored,
    average_rating double precision not null generated always as (
        case when ratings_1 + ratings_2 + ratings_3 + ratings_4 + ratings_5 = 0 then 0
        else round((ratings_1 + 2 * ratings_2 + 3 * ratings_3 + 4 * ratings_4 + 5 * ratings_5)::numeric
                   / (ratings_1 + ratings_2 + ratings_3 + ratings_4 + ratings_5), 2)::double precision
        end) stored,
    constraint prompt_counters_not_negative check (
        likes_count >= 0 and views_count >= 0 and usage_count >= 0 and forks_count >= 0
        and comments_count >= 0 and ratings_1 >= 0 and ratings_2 >= 0 and ratings_3 >= 0
        and ratings_4 >= 0 and ratings_5 >= 0)
);
create index prompt_counters_listed_likes_idx on prompt_counters (likes_count, prompt_id) where listed;
create index prompt_counters_listed_views_idx on prompt_counters (views_count, prompt_id) where listed;
create index prompt_counters_listed_rating_idx on prompt_counters (average_rating, prompt_id) where listed;

create table prompt_likes (
    prompt_id  uuid not null references prompts (id) on delete cascade,
    user_id    uuid not null,
    created_at timestamptz(3) not null default now(),
    primary key (prompt_id, user_id)
);

create table prompt_ratings (
    prompt_id  uuid not null references prompts (id) on delete cascade,
    user_id    uuid not null,
    username   text not null,
    rating     smallint not null,
    review     text,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now(),
    primary key (prompt_id, user_id),
    constraint prompt_ratings_rating_check check (rating between 1 and 5)
);
create index prompt_ratings_newest_idx on prompt_ratings (prompt_id, updated_at, user_id);

create table prompt_comments (
    id          uuid primary key,
    prompt_id   uuid not null references prompts (id) on delete cascade,
    user_id     uuid not null,
    username    text not null,
    parent_id   uuid,
    content     text not null,
    likes_count bigint not null default 0,
    created_at  timestamptz(3) not null default now(),
    updated_at  timestamptz(3) not null default now(),
    constraint prompt_comments_id_prompt_id_key unique (id, prompt_id),
    -- A reply belongs to the same prompt as what it answers.
    constraint prompt_comments_parent_fkey foreign key (parent_id, prompt_id)
        references prompt_comments (id, prompt_id) on delete cascade,
    constraint prompt_comments_likes_count_check check (likes_count >= 0)
);
create index prompt_comments_top_idx on prompt_comments (prompt_id, created_at, id) where parent_id is null;
create index prompt_comments_replies_idx on prompt_comments (parent_id, created_at, id) where parent_id is not null;

create table comment_likes (
    comment_id uuid not null references prompt_comments (id) on delete cascade,
    user_id    uuid not null,
    created_at timestamptz(3) not null default now(),
    primary key (comment_id, user_id)
);

-- Events in the same transaction as their cause; a row goes once the broker has it.
create table outbox (
    id          bigint generated always as identity primary key,
    topic       text not null,
    key         text not null,
    payload     text not null,
    request_id  text,
    traceparent text,
    created_at  timestamptz(3) not null default now()
);
