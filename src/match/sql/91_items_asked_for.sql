-- The open items that an act by hand names, each with the match that holds it, in the order they are named.
--
--   $1 book_id   bigint
--   $2 item_ids  uuid[]
select
  asked.item_id as "itemId",
  open_item.account_id as "accountId",
  account.code as "accountCode",
  open_item.currency,
  open_item.amount_minor as "amountMinor",
  open_item.reference,
  open_item.payment_id as "paymentId",
  live.group_id as "heldBy"
from unnest($2::uuid[]) with ordinality as asked (item_id, place)
left join tieout.open_item on open_item.book_id = $1::bigint and open_item.item_id = asked.item_id
left join tieout.account on account.book_id = open_item.book_id and account.account_id = open_item.account_id
left join tieout.match_member live
  on live.book_id = $1::bigint and live.item_id = asked.item_id and live.is_live
order by asked.place
