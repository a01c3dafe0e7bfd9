-- Dead letters to the byte: null apart from empty, with their headers. Each is sent on by itself, and may
-- be replayed.

-- The digest tells messages apart that a broker which was set up anew gave the same offset. It is of the
-- key too, and of the lengths: else a null payload would have none, and be another each time.
alter table dead_letters drop constraint dead_letters_message_key;
alter table dead_letters drop column payload_digest;
alter table dead_letters
    alter column payload drop not null,
    add column headers jsonb not null default '[]',
    add column digest bytea not null generated always as (sha256(
        coalesce(int4send(octet_length(key)) || key, '\xffffffff'::bytea)
        || coalesce(int4send(octet_length(payload)) || payload, '\xffffffff'::bytea)
    )) stored,
    -- Attempts to send it to its topic that failed, and when the next is due.
    add column forward_attempts integer not null default 0,
    add column forward_at       timestamptz not null default now(),
    -- When its event was counted after all.
    add column replayed_at      timestamptz,
    add constraint dead_letters_message_key unique (topic, kafka_partition, kafka_offset, digest),
    add constraint dead_letters_headers_check check (jsonb_typeof(headers) = 'array');
comment on column dead_letters.headers is
    'In their order: [{"name": "…", "value": "base64" or null}, …].';

drop index dead_letters_unforwarded_idx;
create index dead_letters_unforwarded_idx on dead_letters (forward_at) where forwarded_at is null;
