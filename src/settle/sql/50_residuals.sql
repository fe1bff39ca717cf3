-- What the items of this run's matches sum to above their entries: posted to the account of the residual.
--
-- On the day of the latest entry where all of them are of this run's files, else on the business date like a release.
--
--   $1 book_id        bigint
--   $2 run_id         bigint
--   $3 business_date  date
select
  match_group.group_id as "groupId",
  match_group.residual_type as "residualType",
  match_group.residual_account as "residualCode",
  account.code as "itemCode",
  account.currency,
  part.amount_minor as "amountMinor",
  (
    select case when bool_and(taken_entry.run_id = $2::bigint)
      then max(coalesce(taken_entry.booking_date, taken_entry.value_date, taken_entry.closing_date)) else $3::date end
    from tieout.match_member
    join tieout.taken_entry
      on taken_entry.book_id = match_member.book_id and taken_entry.file_no = match_member.file_no
      and taken_entry.ordinal = match_member.ordinal
    where match_member.book_id = match_group.book_id and match_member.group_id = match_group.group_id
  ) as "effectiveDate",
  (
    select min(match_member.file_no)
    from tieout.match_member
    where match_member.book_id = match_group.book_id and match_member.group_id = match_group.group_id
  ) as "fileNo"
from tieout.match_group
join tieout.match_allocation part
  on part.book_id = match_group.book_id and part.group_id = match_group.group_id and part.file_no is null
join tieout.account on account.book_id = part.book_id and account.account_id = part.item_account_id
where match_group.book_id = $1::bigint
  and match_group.status = 'confirmed'
  and match_group.residual_minor is not null
  and exists (
    select from tieout.match_member
    where match_member.book_id = match_group.book_id and match_member.group_id = match_group.group_id
      and match_member.run_id = $2::bigint and match_member.is_live
  )
order by match_group.group_id
