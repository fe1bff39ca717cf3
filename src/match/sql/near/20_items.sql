-- For entries, the open items that stand nearest to them: of one name, whatever the amount, and next in the order of amount
-- and day; five on either side.
--
-- Those of one name, or of one side and currency, are a heap, by the hash of what they share. Both are sorted together and not
-- joined: a join of what this transaction has written is planned for a few rows, and one name or amount may be that of very
-- many.
--
--   $1 book_id       bigint
--   $2 subject_no    int[]
--   $3 scope         text[], the side of the ledger, with its currency where the key is empty
--   $4 key           text[], a name in upper case, or empty for any
--   $5 amount_minor  bigint[]
--   $6 day           date[]
--   $7 keys          text[], every name that is wanted
with wanted as (
  select
    wanted.subject_no, hashtextextended(wanted.scope || '|' || wanted.key, 0) as heap, wanted.key <> '' as is_named,
    wanted.amount_minor, wanted.day
  from unnest($2::int[], $3::text[], $4::text[], $5::bigint[], $6::date[])
    as wanted (subject_no, scope, key, amount_minor, day)
),
item as materialized (
  select
    case when account.code like 'assets:receivable:%' then account.code else 'bank' end as side,
    open_item.currency, open_item.amount_minor, open_item.effective_date as day, open_item.item_id,
    upper(open_item.reference) as reference, upper(open_item.payment_id) as payment_id, open_item.reference as text
  from tieout.open_item
  join tieout.account on account.book_id = open_item.book_id and account.account_id = open_item.account_id
  where open_item.book_id = $1::bigint
),
pool as (
  select hashtextextended(side || '|' || currency || '|', 0) as heap, false as is_named, amount_minor, day,
    null::bigint as file_no, null::bigint as ordinal, item_id
  from item
  where side || '|' || currency = any($3::text[])
  union all
  select hashtextextended(side || '|' || reference, 0), true, amount_minor, day, null, null, item_id
  from item
  where reference = any($7::text[])
  union all
  select hashtextextended(side || '|' || payment_id, 0), true, amount_minor, day, null, null, item_id
  from item
  where payment_id = any($7::text[])
  union all
  select hashtextextended(side || '|' || tieout.match_key(text), 0), true, amount_minor, day, null, null, item_id
  from item
  where side = 'bank' and tieout.match_key(text) = any($7::text[])
),
placed as (
  select
    side.*,
    count(*) filter (where subject_no is null) over (
      partition by heap
      order by amount_minor, day, subject_no nulls first, file_no, ordinal, item_id
      rows unbounded preceding
    ) as place
  from (
    select null::int as subject_no, pool.* from pool
    union all
    select wanted.subject_no, wanted.heap, wanted.is_named, wanted.amount_minor, wanted.day, null, null, null from wanted
  ) side
),
claimed as (
  select placed.heap, placed.is_named, placed.place, null::int as subject_no, placed.file_no, placed.ordinal, placed.item_id
  from placed
  where placed.subject_no is null
  union all
  select placed.heap, placed.is_named, placed.place + step, placed.subject_no, null, null, null
  from placed
  cross join generate_series(-4, 5) step
  where placed.subject_no is not null
),
found as (
  select
    subject_no,
    is_named,
    first_value(file_no) over beside as file_no,
    first_value(ordinal) over beside as ordinal,
    first_value(item_id) over beside as item_id
  from claimed
  window beside as (partition by heap, place order by subject_no nulls first)
)
select subject_no as "subjectNo", file_no as "fileNo", ordinal, item_id as "itemId", bool_or(is_named) as "isNamed"
from found
where subject_no is not null and (item_id is not null or ordinal is not null)
group by subject_no, file_no, ordinal, item_id
order by subject_no, file_no, ordinal, item_id
