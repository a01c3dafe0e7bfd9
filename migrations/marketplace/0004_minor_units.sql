-- Each currency has minor units of its own: two decimals for most, none for JPY, three for KWD. Which
-- ones is checked where a price comes in, from a table that follows ISO 4217; here is what holds for
-- every currency. Without a precision of their own the columns keep what they are given, and take
-- this change without being rewritten.
alter table listings
    alter column price type numeric,
    alter column commercial_price type numeric,
    drop constraint listings_price_check,
    drop constraint listings_commercial_price_check;

-- Prices that nobody can pay, since their currency has no decimals: to the nearest amount that can be.
-- What has been paid stays in the books as it was.
update listings
set price = greatest(round(price), 1),
    commercial_price = greatest(round(commercial_price), case when commercial_price is not null then 1 end)
where currency in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'VND',
                   'VUV', 'XAF', 'XOF', 'XPF')
  and status <> 'REMOVED';

-- The prompt service is told of the new prices.
insert into prompt_steps (subject, about, prompt_id)
select prompt_id, 'PREMIUM', prompt_id from listings
where status = 'ACTIVE'
  and currency in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'VND',
                   'VUV', 'XAF', 'XOF', 'XPF')
on conflict (subject) do update
set revision = prompt_steps.revision + 1, attempts = 0, due_at = excluded.due_at;

-- A price is at most 9,999,999 minor units, and no currency has more than four decimals.
alter table listings
    add constraint listings_price_check
        check (price > 0 and price <= 9999999 and min_scale(price) <= 4),
    add constraint listings_commercial_price_check
        check (commercial_price > 0 and commercial_price <= 9999999 and min_scale(commercial_price) <= 4);

alter table transactions
    alter column amount type numeric,
    alter column platform_fee type numeric,
    add constraint transactions_scale_check check (min_scale(amount) <= 4 and min_scale(platform_fee) <= 4);
alter table simulated_charges alter column amount type numeric;
alter table simulated_refunds alter column amount type numeric;
