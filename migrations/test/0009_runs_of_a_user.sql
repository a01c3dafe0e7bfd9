-- The runs of one user over all data sets, newest first.
create index runs_user_id_idx on runs (user_id, created_at, id);
