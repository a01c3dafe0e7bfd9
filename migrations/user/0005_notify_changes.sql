-- Each instance of the service keeps for a moment what everyone may see of an account. The instance that
-- changes an account drops its copies itself; these notifications make the others drop theirs.
--
-- By triggers, for every writer. Notifications are sent by the commit, and not by a rollback. Sign-ins and
-- changes of passwords show in no copy. Nobody is notified of a follow, since such commits wait for one
-- another: a copy of counts and lists of followers lives no longer than they may lag.

create function notify_account_changed() returns trigger language plpgsql as $$
begin
    perform pg_notify('accounts_changed', old.id::text);
    return null;
end $$;

create trigger notify_account_updated after update on users for each row
    when ((old.username, old.first_name, old.last_name, old.bio, old.avatar_url, old.active)
          is distinct from
          (new.username, new.first_name, new.last_name, new.bio, new.avatar_url, new.active))
    execute function notify_account_changed();
create trigger notify_account_deleted after delete on users for each row
    execute function notify_account_changed();
