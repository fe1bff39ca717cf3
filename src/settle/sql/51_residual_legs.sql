-- What the matches made live in this run leave between their items and their entries, by account; positive is what the
-- items sum to above the entries.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
select
  residual.group_id as "groupId",
  residual.residual_account as "residualAccount",
  residual.residual_type as "residualType",
  account.code as "itemCode",
  account.currency,
  sum(match_allocation.amount_minor)::bigint as "amountMinor"
from (
  select distinct match_group.book_id, match_group.group_id, match_group.residual_account, match_group.residual_type
  from tieout.match_member
  join tieout.match_group
    on match_group.book_id = match_member.book_id and match_group.group_id = match_member.group_id
  where match_member.book_id = $1::bigint
    and match_member.run_id = $2::bigint
    and match_member.is_live
    and match_group.residual_minor is not null
) residual
join tieout.match_allocation
  on match_allocation.book_id = residual.book_id and match_allocation.group_id = residual.group_id
  and match_allocation.file_no is null
join tieout.account
  on account.book_id = match_allocation.book_id and account.account_id = match_allocation.item_account_id
group by residual.group_id, residual.residual_account, residual.residual_type, account.code, account.currency
having sum(match_allocation.amount_minor) <> 0
order by residual.group_id, account.code, account.currency
