-- Payouts of a payment id, by the key their import gave them, or of a reference; each with the journal that took it back.
--
--   $1 book_id     bigint
--   $2 name        text
--   $3 import_key  bytea, hash of the key
with named as (
  select journal_key.book_id, journal_key.booked_on, journal_key.journal_id, true as is_by_payment_id
  from tieout.journal_key
  where journal_key.book_id = $1::bigint and journal_key.key_hash = $3::bytea
  union all
  select journal.book_id, journal.booked_on, journal.journal_id, false
  from tieout.journal
  where journal.book_id = $1::bigint and journal.reference = $2::text
)
select
  payout.journal_id as "journalId",
  payout.key,
  payout.payment_id as "paymentId",
  payout.currency,
  payout.amount_minor as "amountMinor",
  (
    select array_agg(case when posting.seq = payout.seq then posting.amount_minor else 0 end order by posting.seq)
    from tieout.posting
    where posting.book_id = payout.book_id and posting.booked_on = payout.booked_on
      and posting.journal_id = payout.journal_id and posting.layer = 'settled'
  )::text[] as "partsMinor",
  (
    select journal_key.journal_id
    from tieout.journal_key
    where journal_key.book_id = payout.book_id
      and journal_key.key_hash
        = substring(sha256(convert_to('return|' || coalesce(payout.payment_id, payout.key), 'UTF8')) for 16)
  ) as "returnId",
  bool_or(named.is_by_payment_id) over (partition by payout.book_id, payout.journal_id) as "isByPaymentId"
from named
join tieout.sent_payout payout
  on payout.book_id = named.book_id and payout.booked_on = named.booked_on and payout.journal_id = named.journal_id
order by named.is_by_payment_id desc, payout.key, payout.seq
