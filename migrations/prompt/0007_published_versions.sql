-- Which versions have been public, and lists sorted by two more columns.

-- The versions that were the newest one while everyone could read the prompt. What was written while
-- it was private or a draft is not among them, and so stays its author's. Prompts that everyone can
-- read now have shown all their versions already.
alter table prompts add column published int4multirange not null default '{}';

-- Nothing changes that these keep up with.
alter table prompts disable trigger prompts_updated;
update prompts set published = int4multirange(int4range(1, version, '[]'))
where visibility <> 'PRIVATE' and status <> 'DRAFT';
alter table prompts enable trigger prompts_updated;

-- By a trigger, for every writer: a prompt that everyone can read has no newest version that nobody
-- may read.
create function prompt_published() returns trigger language plpgsql as $$
begin
    new.published := new.published + int4multirange(int4range(new.version, new.version, '[]'));
    return new;
end $$;
create trigger prompt_published before insert or update of visibility, status, version on prompts
    for each row
    when (new.visibility <> 'PRIVATE' and new.status <> 'DRAFT' and not new.published @> new.version)
    execute function prompt_published();

create index prompts_listed_updated_at_idx on prompts (updated_at, id)
    where visibility = 'PUBLIC' and status = 'PUBLISHED';
create index prompt_counters_listed_usage_idx on prompt_counters (usage_count, prompt_id) where listed;
