-- Entitlements that may be granted and revoked in any order, and what nobody sells for nothing.

alter table prompt_entitlements
    -- Named by its path: the prompt, then the licence.
    drop constraint prompt_entitlements_pkey,
    add constraint prompt_entitlements_pkey primary key (prompt_id, license_id),
    -- A revoked one names nobody, so that no query can take it for a right. Its row stays, so that a
    -- grant which comes late changes nothing; one that was revoked before it was granted is only that.
    alter column user_id drop not null,
    alter column from_version drop not null,
    add column revoked_at timestamptz(3),
    add constraint prompt_entitlements_revoked_check check (
        (revoked_at is null) = (user_id is not null) and (user_id is null) = (from_version is null));

alter table prompts add constraint prompts_price_check check (price > 0);
