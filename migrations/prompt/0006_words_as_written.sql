-- Words in the catalog as they are written, no longer stemmed: a misspelt `termnal` is one slip from
-- `terminal`, and three from its stem. What is chosen is stemmed when it is searched.

create text search dictionary prompt_stop_words (template = simple, stopwords = english);
create text search configuration prompt_words_as_written (copy = prompt_words);
alter text search configuration prompt_words_as_written
    alter mapping replace english_stem with prompt_stop_words;

create or replace function catalog_entries(title text, category text, tags text[])
    returns table (kind text, key text, name text) language sql immutable parallel safe as $$
    select 'LISTED', '', ''
    union all
    select * from catalog_names(category, tags)
    union all
    -- Three letters are too few to tell a slip from another word.
    select 'WORD', word, word
    from unnest(tsvector_to_array(to_tsvector('prompt_words_as_written',
        search_text(title || ' ' || array_to_string(tags, ' '))))) word
    where length(word) between 4 and 40
$$;

-- Nobody may write entries of the old kind between the counting and the commit.
lock table prompts in share row exclusive mode;
delete from catalog where kind = 'WORD';
delete from catalog_changes where kind = 'WORD';
insert into catalog (kind, key, name, uses)
select e.kind, e.key, e.name, count(*)
from prompts p cross join lateral catalog_entries(p.title, p.category, p.tags) e
where p.visibility = 'PUBLIC' and p.status = 'PUBLISHED' and e.kind = 'WORD'
group by e.kind, e.key, e.name;
