-- Each instance of the service keeps for a moment what everyone may see of a listing. The instance that
-- changes a listing drops its copies itself; these notifications make the others drop theirs.
--
-- By triggers, for every writer. Notifications are sent by the commit, and not by a rollback. Nobody is notified
-- of a sale or a rating, since such commits wait for one another: a copy lives no longer than these may lag.

create function notify_listing_changed() returns trigger language plpgsql as $$
begin
    perform pg_notify('listings_changed', old.id::text);
    return null;
end $$;

create trigger notify_listing_updated after update on listings for each row
    when ((old.status, old.price, old.commercial_price, old.title, old.description, old.seller_username,
           old.prompt_title, old.prompt_description, old.prompt_category)
          is distinct from
          (new.status, new.price, new.commercial_price, new.title, new.description, new.seller_username,
           new.prompt_title, new.prompt_description, new.prompt_category))
    execute function notify_listing_changed();
create trigger notify_listing_deleted after delete on listings for each row
    execute function notify_listing_changed();
