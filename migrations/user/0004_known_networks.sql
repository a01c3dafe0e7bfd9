-- Where each account has signed in, so that wrong passwords of others at that address do not lock its owner
-- out. Written at each sign-in, in its transaction; forgotten with the account, and some months after the
-- last sign-in there.

create table known_networks (
    user_id       uuid        not null,
    -- A hash of the IPv4 address, or of the /64 network of the IPv6 address.
    network       bytea       not null,
    last_login_at timestamptz not null default now(),
    constraint known_networks_pkey primary key (user_id, network),
    constraint known_networks_user_id_fkey
        foreign key (user_id) references users (id) on delete cascade
);
create index known_networks_last_login_at_idx on known_networks (last_login_at);
