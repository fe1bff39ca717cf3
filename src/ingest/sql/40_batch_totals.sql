-- What the lines of each processor batch sum to, against its payout.
--
-- A batch none of whose lines counts has a total too, of nothing: it was told in this file. `lines` are all that were told,
-- counted or not.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
with line as (
  select
    entry.book_id, entry.file_no, entry.type, entry.currency, entry.amount_minor, entry.is_counted,
    coalesce(entry.account, '') as merchant,
    coalesce(entry.batch, '') as batch
  from tieout.entry
  where entry.book_id = $1::bigint
    and entry.file_no = $2::bigint
    and entry.statement_no in (
      select statement.statement_no
      from tieout.statement
      where statement.book_id = $1::bigint
        and statement.file_no = $2::bigint
        and statement.kind = 'settlement-report'
    )
),
total as (
  select
    book_id, file_no, merchant, batch, currency,
    count(*) filter (where is_counted) as entries,
    coalesce(sum(amount_minor) filter (where is_counted and type <> 'payout'), 0)::bigint as net_minor,
    coalesce(-sum(amount_minor) filter (where is_counted and type = 'payout'), 0)::bigint as payout_minor,
    coalesce(sum(amount_minor) filter (where is_counted), 0)::bigint as residue_minor,
    count(*) as told
  from line
  group by book_id, file_no, merchant, batch, currency
)
insert into tieout.batch_total (
  book_id, file_no, merchant, batch, currency, entries, net_minor, payout_minor, residue_minor, lines, rejections
)
select
  total.book_id, total.file_no, total.merchant, total.batch, total.currency, total.entries, total.net_minor,
  total.payout_minor, total.residue_minor,
  total.told + (
    select count(*)
    from tieout.identity_conflict
    where identity_conflict.book_id = total.book_id
      and identity_conflict.file_no = total.file_no
      and coalesce(identity_conflict.account, '') = total.merchant
      and identity_conflict.batch = total.batch
      and identity_conflict.currency = total.currency
  ),
  (
    select count(*)
    from tieout.rejection
    where rejection.book_id = total.book_id
      and rejection.file_no = total.file_no
      and (rejection.batch is null or rejection.batch = total.batch)
  )
from total
