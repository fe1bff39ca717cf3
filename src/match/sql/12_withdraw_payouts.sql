-- Ties the items in transit of withdrawn payouts to the lines that opened them: the withdrawal closes them, and no bank entry.
--
--   $1 book_id      bigint
--   $2 run_id       bigint
--   $3 rule         text
--   $4 matched_at   timestamptz
--   $5 decided_by   text
--   $6 because      text
--   $7 items        json, of fileNo, ordinal, itemId, accountId and amountMinor
with item as (
  select $1::bigint as book_id, *
  from json_to_recordset($7::json) as item (
    "fileNo" bigint, ordinal bigint, "itemId" uuid, "accountId" bigint, "amountMinor" bigint
  )
),
grouped as (
  insert into tieout.match_group (
    book_id, group_id, level, rule, certificate, alternatives, status, run_id, matched_at, decided_by, decided_at,
    decided_because
  )
  select
    book_id, tieout.group_id("fileNo", ordinal, 2), 2, $3::text, 'UNIQUE', 1, 'confirmed', $2::bigint, $4::timestamptz,
    $5::text, $4::timestamptz, $6::text
  from item
)
insert into tieout.match_member (
  book_id, group_id, member_no, run_id, file_no, ordinal, item_id, item_account_id, item_amount_minor, is_live
)
select book_id, tieout.group_id("fileNo", ordinal, 2), 1, $2::bigint, "fileNo", ordinal, "itemId", "accountId", "amountMinor", true
from item
