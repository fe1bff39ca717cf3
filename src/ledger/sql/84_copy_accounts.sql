-- Copies the accounts whose items are matched into a scratch book, under their ids.
--
--   $1 book_id          bigint
--   $2 scratch_book_id  bigint
insert into tieout.account (
  book_id, account_id, code, currency, name, type, normal_side, is_reconcilable, status, opened_at
)
select $2::bigint, account.account_id, account.code, account.currency, account.name, account.type, account.normal_side,
  account.is_reconcilable, 'active', account.opened_at
from tieout.account
where account.book_id = $1::bigint and account.is_reconcilable
