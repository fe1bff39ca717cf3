-- What was open on an account as of an effective date and as known at a booking day, from its items' movements up to both.
--
-- An item that was closed with an earlier date than it was opened with stands open by the opposite amount in between, as the
-- balance does; so where it comes from is looked for without regard to the dates.
--
--   $1 book_id     bigint
--   $2 account_id  bigint
--   $3 as_of       date, the last effective date that counts; null for all
--   $4 known_at    date, the last booking day that counts; null for all
--   $5 items       bigint, at most so many; null for all
with movement as (
  select
    item_movement.*,
    coalesce($3::date is null or effective_date <= $3::date, false)
      and coalesce($4::date is null or booked_on <= $4::date, false) as is_counted,
    cause = 'opened' as is_opening
  from tieout.item_movement
  where book_id = $1::bigint and account_id = $2::bigint
),
counted as (
  select
    book_id,
    item_id,
    sum(amount_minor) filter (where is_counted) as amount_minor,
    max(effective_date) filter (where is_opening) as effective_date,
    max(booked_on) filter (where is_opening) as booked_on,
    (array_agg(journal_id) filter (where is_opening))[1] as journal_id,
    max(seq) filter (where is_opening) as seq
  from movement
  group by book_id, item_id
),
item as (
  select counted.*, count(*) over () as items_total, sum(amount_minor) over () as items_minor
  from counted
  where amount_minor <> 0
  order by effective_date, item_id
  limit $5::bigint
)
select
  item.item_id as "itemId",
  item.amount_minor::bigint as "amountMinor",
  item.effective_date as "effectiveDate",
  item.booked_on as "bookedOn",
  item.journal_id as "journalId",
  journal.key,
  journal.kind,
  coalesce(open_item.reference, posting.item_reference, journal.reference) as "reference",
  coalesce(open_item.payment_id, journal.payment_id) as "paymentId",
  source_file.name as "file",
  item.items_total as "itemsTotal",
  item.items_minor::bigint as "itemsMinor"
from item
join tieout.journal
  on journal.book_id = item.book_id and journal.booked_on = item.booked_on and journal.journal_id = item.journal_id
join tieout.posting
  on posting.book_id = item.book_id and posting.booked_on = item.booked_on and posting.journal_id = item.journal_id
  and posting.seq = item.seq
left join tieout.open_item on open_item.book_id = item.book_id and open_item.item_id = item.item_id
left join tieout.settlement_journal
  on settlement_journal.book_id = item.book_id and settlement_journal.journal_id = item.journal_id
left join tieout.source_file
  on source_file.book_id = settlement_journal.book_id and source_file.file_no = settlement_journal.file_no
order by item.effective_date, item.item_id
