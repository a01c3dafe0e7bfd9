-- Each instance of the service keeps for a moment what everyone may read of a prompt. The instance that
-- changes a prompt drops its copy itself; these notifications make the others drop theirs.
--
-- By triggers, for every writer. Notifications are sent by the commit, and not by a rollback. Counters change
-- all the time, and may lag: a copy lives no longer than they may.

create function notify_prompts_changed() returns trigger language plpgsql as $$
begin
    -- After a change of many rows at once it is cheaper to drop all copies.
    if (select count(*) from (select from removed limit 101) first_rows) > 100 then
        perform pg_notify('prompts_changed', '*');
    else
        perform pg_notify('prompts_changed', id::text) from removed;
    end if;
    return null;
end $$;

create trigger notify_prompts_updated after update on prompts
    referencing old table as removed for each statement execute function notify_prompts_changed();
create trigger notify_prompts_deleted after delete on prompts
    referencing old table as removed for each statement execute function notify_prompts_changed();

create function notify_prompt_labels_changed() returns trigger language plpgsql as $$
begin
    perform pg_notify('prompts_changed', coalesce(new.prompt_id, old.prompt_id)::text);
    return null;
end $$;

create trigger notify_prompt_labels_changed after insert or update or delete on prompt_labels
    for each row execute function notify_prompt_labels_changed();
