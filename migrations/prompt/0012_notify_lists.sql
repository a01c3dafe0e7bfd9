-- What instances keep for a moment is more than prompts by now: first pages of lists, on which a new prompt
-- must show, and comments.
--
-- Counters and likes still notify nobody: they may lag by the life of a copy.

create function notify_prompts_created() returns trigger language plpgsql as $$
begin
    -- All are dropped after a load of many rows, as after a change of many.
    if (select count(*) from (select from created limit 101) first_rows) > 100 then
        perform pg_notify('prompts_changed', '*');
    else
        -- A prompt that no list shows to others changes nothing that is kept.
        perform pg_notify('prompts_changed', id::text) from created
            where visibility = 'PUBLIC' and status = 'PUBLISHED';
    end if;
    return null;
end $$;

create trigger notify_prompts_created after insert on prompts
    referencing new table as created for each statement execute function notify_prompts_created();

create function notify_prompt_comments_changed() returns trigger language plpgsql as $$
begin
    if (select count(*) from (select from changed limit 101) first_rows) > 100 then
        perform pg_notify('prompts_changed', '*');
    else
        perform pg_notify('prompts_changed', prompt_id::text)
            from (select distinct prompt_id from changed) prompts;
    end if;
    return null;
end $$;

create trigger notify_prompt_comments_created after insert on prompt_comments
    referencing new table as changed for each statement execute function notify_prompt_comments_changed();
create trigger notify_prompt_comments_deleted after delete on prompt_comments
    referencing old table as changed for each statement execute function notify_prompt_comments_changed();

create function notify_prompt_comment_edited() returns trigger language plpgsql as $$
begin
    perform pg_notify('prompts_changed', new.prompt_id::text);
    return null;
end $$;

-- Likes of a comment change its row, too.
create trigger notify_prompt_comment_edited after update on prompt_comments
    for each row when (old.content <> new.content or old.username <> new.username)
    execute function notify_prompt_comment_edited();
