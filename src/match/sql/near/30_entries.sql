-- For open items, the open entries that stand nearest to them: the mirror of 20, and found in the same way.
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
line as materialized (
  select
    case when role = 'processor' then 'assets:receivable:' || source else 'bank' end as side,
    currency, case when role = 'processor' then gross_minor else amount_minor end as amount_minor,
    coalesce(booking_date, value_date) as day, file_no, ordinal, upper(reference) as reference,
    upper(external_id) as external_id, upper(original_reference) as original_reference,
    upper(concat_ws(' ', reference, external_id, narrative)) as words
  from tieout.entry_to_match
  where book_id = $1::bigint and is_carried
),
pool as (
  select hashtextextended(side || '|' || currency || '|', 0) as heap, false as is_named, amount_minor, day,
    file_no, ordinal, null::uuid as item_id
  from line
  where side || '|' || currency = any($3::text[])
  union all
  select hashtextextended(side || '|' || name, 0), true, amount_minor, day, file_no, ordinal, null
  from line
  cross join lateral (
    select distinct name
    from (values (reference), (external_id), (original_reference)) given (name)
    where name = any($7::text[])
  ) named
  union all
  select hashtextextended(side || '|' || word, 0), true, amount_minor, day, file_no, ordinal, null
  from line
  cross join lateral (
    select distinct word
    from regexp_split_to_table(words, '[^A-Z0-9]+') word
    where word = any($7::text[]) and word is distinct from line.reference and word is distinct from line.external_id
      and word is distinct from line.original_reference
  ) quoted
  where side = 'bank'
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
