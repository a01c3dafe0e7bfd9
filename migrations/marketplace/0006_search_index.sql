-- Search has an index of its own in the memory of each instance, which follows these notifications.
-- Searches at instances of the version before fail from now on; everything else goes on there.
alter table listings drop column search_text;
drop extension pg_trgm;

-- New listings are notified as well: they are to be found.
create or replace function notify_listing_changed() returns trigger language plpgsql as $$
begin
    perform pg_notify('listings_changed', coalesce(new.id, old.id)::text);
    return null;
end $$;

create trigger notify_listing_inserted after insert on listings for each row
    execute function notify_listing_changed();
