-- What an act by hand moves: by currency the items, and the entries without any, of the groups that its run made live or
-- revoked, without regard to sign.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with acted as (
  select book_id, group_id from tieout.match_group where book_id = $1::bigint and closed_in_run = $2::bigint and status = 'revoked'
  union
  select book_id, group_id from tieout.match_member where book_id = $1::bigint and run_id = $2::bigint and is_live
)
select currency, sum(amount_minor)::bigint as "amountMinor"
from (
  select account.currency, abs(match_member.item_amount_minor) as amount_minor
  from acted
  join tieout.match_member on match_member.book_id = acted.book_id and match_member.group_id = acted.group_id
  join tieout.account
    on account.book_id = match_member.book_id and account.account_id = match_member.item_account_id
  union all
  select entry.currency, abs(entry.gross_minor)
  from acted
  join tieout.match_member on match_member.book_id = acted.book_id and match_member.group_id = acted.group_id
  join tieout.entry
    on entry.book_id = match_member.book_id and entry.file_no = match_member.file_no
    and entry.ordinal = match_member.ordinal
  where not exists (
    select from tieout.match_member with_item
    where with_item.book_id = acted.book_id and with_item.group_id = acted.group_id and with_item.item_id is not null
  )
) moved
group by currency
order by currency
