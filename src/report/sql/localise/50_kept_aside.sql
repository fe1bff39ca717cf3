-- What the files of a batch tell and the batch does not count: records that were kept aside, and lines known from before.
--
--   $1 book_id   bigint
--   $2 source    text
--   $3 merchant  text
--   $4 batch     text
--   $5 currency  text
with told as (
  select batch_total.book_id, batch_total.file_no, batch_total.merchant, batch_total.batch, batch_total.currency, source_file.name
  from tieout.batch_total
  join tieout.source_file
    on source_file.book_id = batch_total.book_id and source_file.file_no = batch_total.file_no
    and source_file.source = $2::text
  where batch_total.book_id = $1::bigint and batch_total.merchant = $3::text and batch_total.batch = $4::text
    and batch_total.currency = $5::text
)
select
  'kept-aside' as kind, told.name as file, rejection.line, rejection.batch as reference,
  rejection.amount_minor as "amountMinor", rejection.reason_text as text
from told
join tieout.rejection
  on rejection.book_id = told.book_id and rejection.file_no = told.file_no
  and coalesce(rejection.batch, told.batch) = told.batch
  and coalesce(rejection.currency, told.currency) = told.currency
  and rejection.reason_code <> 'IDENTITY_CONFLICT'
union all
select
  'kept-aside', told.name, identity_conflict.line, coalesce(identity_conflict.reference, identity_conflict.external_id),
  identity_conflict.amount_minor, 'its id is known with another amount, currency or type'
from told
join tieout.identity_conflict
  on identity_conflict.book_id = told.book_id and identity_conflict.file_no = told.file_no
  and coalesce(identity_conflict.account, '') = told.merchant and coalesce(identity_conflict.batch, '') = told.batch
  and identity_conflict.currency = told.currency
union all
select
  'known-before', told.name, min(entry.line), null, sum(entry.amount_minor)::bigint,
  count(*) || ' records that an earlier file told and that count once'
from told
join tieout.entry
  on entry.book_id = told.book_id and entry.file_no = told.file_no
  and coalesce(entry.account, '') = told.merchant and coalesce(entry.batch, '') = told.batch
  and entry.currency = told.currency and not entry.is_counted
group by told.file_no, told.name
order by kind, file, line
