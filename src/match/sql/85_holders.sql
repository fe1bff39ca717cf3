-- What stands in the way of groups that were suggested, also of those that a run has rejected since because of it: an entry or
-- item that a live group holds, an item that is no longer open or open with another amount, an entry that is no longer open.
--
--   $1 book_id    bigint
--   $2 group_ids  uuid[]
with wanted as (
  select match_member.*
  from tieout.match_group
  join tieout.match_member
    on match_member.book_id = match_group.book_id and match_member.group_id = match_group.group_id
  where match_group.book_id = $1::bigint
    and match_group.group_id = any ($2::uuid[])
    and match_group.status in ('suggested', 'rejected')
)
select
  wanted.group_id as "groupId",
  'entry ' || wanted.file_no || ':' || wanted.ordinal || coalesce(
    ' is held by match ' || holder.group_id::text, ' is not open'
  ) as text
from wanted
left join tieout.match_member holder
  on holder.book_id = wanted.book_id and holder.file_no = wanted.file_no and holder.ordinal = wanted.ordinal
  and holder.is_live
where wanted.file_no is not null
  and not exists (
    select from tieout.open_entry
    where open_entry.book_id = wanted.book_id and open_entry.file_no = wanted.file_no
      and open_entry.ordinal = wanted.ordinal
  )
union all
select
  wanted.group_id,
  'item ' || wanted.item_id::text || case
    when open_item.item_id is not null then
      ' is open with ' || open_item.amount_minor || ' and not with ' || wanted.item_amount_minor || ' minor units'
    else coalesce(' is held by match ' || holder.group_id::text, ' is not open')
  end
from wanted
left join tieout.open_item on open_item.book_id = wanted.book_id and open_item.item_id = wanted.item_id
left join tieout.match_member holder
  on holder.book_id = wanted.book_id and holder.item_id = wanted.item_id and holder.is_live
where wanted.item_id is not null
  and open_item.amount_minor is distinct from wanted.item_amount_minor
order by 1, 2
limit 1
