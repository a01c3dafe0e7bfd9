-- A premium prompt's price is in the minor units of its listing's currency: none for JPY, three decimals
-- for KWD. Without a precision of its own the column keeps what it is told, and is not rewritten.
alter table prompts alter column price type numeric;
