-- Half answers that are kept, and slots for each endpoint.

-- The response is what came before the answer broke off, or before the test was cancelled. A test whose
-- answer is asked for again has it too, until there is another.
alter table tests
    add column response_incomplete boolean not null default false,
    add constraint tests_incomplete_check
        check (not response_incomplete or response is not null and status <> 'COMPLETED');

-- What shares slots: a provider, or one endpoint of OPENAI_COMPATIBLE, whose name comes before the
-- first slash of its models' names. `Lane` in the service says the same.
create function test_lane(model_provider text, model_name text) returns text
    language sql immutable parallel safe
    return case model_provider
               when 'OPENAI_COMPATIBLE' then 'OPENAI_COMPATIBLE/' || split_part(model_name, '/', 1)
               else model_provider
           end;

-- What waits is looked through person by person within a lane.
drop index tests_waiting_idx;
create index tests_waiting_idx on tests (test_lane(model_provider, model_name), user_id, due_at, id)
    where status = 'PENDING';
