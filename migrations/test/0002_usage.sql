-- Tokens in detail, and who counted them.

alter table tests
    -- Of the input, those that the provider had in its cache; of the output, those spent on thinking.
    add column cached_input_tokens bigint,
    add column reasoning_tokens    bigint,
    add column usage_source        text,
    add constraint tests_usage_source_check check (usage_source in ('PROVIDER', 'TOKENIZER')),
    add constraint tests_cached_check check (cached_input_tokens between 0 and input_tokens),
    add constraint tests_reasoning_check check (reasoning_tokens between 0 and output_tokens);
