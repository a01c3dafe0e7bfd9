-- Titles, names, categories and visibility belong to the prompt service, which is asked for them when
-- an answer is made. A copy here would outlive a prompt that was hidden or deleted, and an account that
-- is gone.
drop table prompt_facts;

-- Which anonymous viewers viewed a prompt on a day (UTC). Their keys live for a day, so each counts once
-- a day; accounts are in prompt_viewers, and count once in whatever period is asked for.
-- prompt_days.unique_viewers counts the rows of both.
create table prompt_anonymous_viewers (
    prompt_id  uuid not null,
    day        date not null,
    -- The first half of the SHA-256 of the event's viewerKey: of one length, however long that is.
    viewer     uuid not null,
    constraint prompt_anonymous_viewers_pkey primary key (prompt_id, day, viewer)
);
