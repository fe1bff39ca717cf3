-- What is reversed of a posting is the sum of the postings that reverse it, swapped and of the same place, and never more
-- than it moved; journal and reversal tell of each other.
--
--   $1 book_id  bigint
with reversing as (
  select booked_on, journal_id, reverses_journal_id, key
  from tieout.journal
  where book_id = $1::bigint and reverses_journal_id is not null
),
link as (
  select reversed_journal_id, reversed_booked_on, journal_id, booked_on
  from tieout.reversal
  where book_id = $1::bigint
),
-- The postings of each reversing journal, beside the ones they reverse.
mirrored as (
  select
    reversing.reverses_journal_id as journal_id,
    posting.seq,
    reversing.key,
    posting.amount_minor,
    original.amount_minor as original_minor,
    original.journal_id is null
      or posting.debit_account_id <> original.credit_account_id
      or posting.credit_account_id <> original.debit_account_id
      or posting.currency <> original.currency
      or posting.layer <> 'settled'
      or original.layer <> 'settled' as is_not_swapped
  from reversing
  join tieout.posting
    on posting.book_id = $1::bigint and posting.booked_on = reversing.booked_on and posting.journal_id = reversing.journal_id
  left join link on link.journal_id = reversing.journal_id and link.reversed_journal_id = reversing.reverses_journal_id
  left join tieout.posting original
    on original.book_id = $1::bigint and original.booked_on = link.reversed_booked_on
    and original.journal_id = reversing.reverses_journal_id and original.seq = posting.seq
),
summed as (
  select journal_id, seq, sum(amount_minor) as reversed_minor, max(original_minor) as amount_minor
  from mirrored
  group by journal_id, seq
),
told as (
  select journal_id, seq, reversed_minor, amount_minor from tieout.reversal_total where book_id = $1::bigint
),
compared as (
  select
    journal_id, seq,
    coalesce(told.reversed_minor, 0) <> coalesce(summed.reversed_minor, 0)
      or summed.reversed_minor > summed.amount_minor
      or told.amount_minor <> summed.amount_minor as is_broken
  from summed
  full join told using (journal_id, seq)
),
broken as (
  select 'journal ' || key || ' reverses without a reversal' as example
  from reversing
  where not exists (
    select from link
    where link.journal_id = reversing.journal_id
      and link.booked_on = reversing.booked_on
      and link.reversed_journal_id = reversing.reverses_journal_id
  )
  union all
  select 'reversal of ' || reversed_journal_id::text || ' by ' || journal_id::text || ' is not of those two journals'
  from link
  where not exists (
      select from reversing
      where reversing.journal_id = link.journal_id
        and reversing.booked_on = link.booked_on
        and reversing.reverses_journal_id = link.reversed_journal_id
    )
    or not exists (
      select from tieout.journal
      where journal.book_id = $1::bigint
        and journal.booked_on = link.reversed_booked_on
        and journal.journal_id = link.reversed_journal_id
    )
  union all
  select 'posting ' || seq || ' of journal ' || key || ' does not mirror what it reverses'
  from mirrored
  where is_not_swapped
  union all
  select 'posting ' || seq || ' of journal ' || journal_id::text || ' is reversed by another sum than is told'
  from compared
  where is_broken
)
select
  (select count(*) from reversing) + (select count(*) from compared) as checked,
  count(*) as breaches,
  min(example) as example
from broken
