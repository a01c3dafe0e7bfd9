-- Notes who lost a prompt. A batch cannot see an author whom another batch enters at the same time, and would
-- note only the one who stays; the row that it updates in the end is the other's.
create function note_lost_prompt() returns trigger language plpgsql as $$
begin
    insert into author_changes (user_id, prompt_id, visible_at)
    values (old.user_id, old.prompt_id, '-infinity');
    return null;
end
$$;
create trigger prompt_authors_lost
    after update on prompt_authors
    for each row when (old.user_id <> new.user_id) execute function note_lost_prompt();
