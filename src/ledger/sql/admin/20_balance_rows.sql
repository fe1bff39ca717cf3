-- Gives every account with movements to fold a balance of zeros to fold them into.
--
-- Before they are folded, because movements that only end a hold have negative pending sums, which no new row may have.
--
--   $1 book_id     bigint
--   $2 account_id  bigint, null for all of the book
insert into tieout.balance (book_id, account_id, slot, debits_minor, credits_minor)
select distinct book_id, account_id, 0, 0, 0
from tieout.balance_delta
where book_id = $1::bigint and ($2::bigint is null or account_id = $2::bigint)
order by book_id, account_id
on conflict (book_id, account_id, slot) do nothing
