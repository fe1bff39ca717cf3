-- What a text names: batches by their number; exceptions, open entries and open items by reference; matches of entries by
-- their own id and of items whose journals carry the reference. What an exception speaks of is told by it.
--
--   $1 book_id  bigint
--   $2 name     text
--   $3 things   bigint, at most so many
with told as (
  select exception_id, file_no, ordinal, item_id
  from tieout.exception_item
  where book_id = $1::bigint and state <> 'RESOLVED' and reference = $2::text
),
item as (
  select open_item.book_id, open_item.item_id
  from tieout.account
  join tieout.open_item
    on open_item.book_id = account.book_id and open_item.account_id = account.account_id
    and open_item.reference = $2::text
  where account.book_id = $1::bigint and account.is_reconcilable
  union
  select open_item.book_id, open_item.item_id
  from tieout.account
  join tieout.open_item
    on open_item.book_id = account.book_id and open_item.account_id = account.account_id
    and open_item.payment_id = $2::text
  where account.book_id = $1::bigint and account.is_reconcilable
),
opened as (
  select tieout.item_id(posting.journal_id, posting.seq, side.is_debit) as item_id
  from tieout.journal
  join tieout.posting
    on posting.book_id = journal.book_id and posting.booked_on = journal.booked_on
    and posting.journal_id = journal.journal_id
  cross join lateral (
    values (true, posting.opens_debit_item), (false, posting.opens_credit_item)
  ) side (is_debit, opens)
  where journal.book_id = $1::bigint and journal.reference = $2::text and side.opens
),
line as (
  select entry.book_id, entry.file_no, entry.ordinal
  from tieout.entry
  where entry.book_id = $1::bigint and entry.external_id = $2::text
  union
  select entry.book_id, entry.file_no, entry.ordinal
  from tieout.open_entry
  join tieout.entry
    on entry.book_id = open_entry.book_id and entry.file_no = open_entry.file_no
    and entry.ordinal = open_entry.ordinal
  where open_entry.book_id = $1::bigint and entry.reference = $2::text
),
thing as (
  select 'batch' as kind, batch_id as id, null::bigint as file_no, null::bigint as ordinal
  from tieout.settlement_batch
  where book_id = $1::bigint and batch = $2::text
  union
  select 'exception', exception_id, null, null
  from told
  union
  select 'match', match_member.group_id, null, null
  from opened
  join tieout.match_member
    on match_member.book_id = $1::bigint and match_member.item_id = opened.item_id and match_member.is_live
  union
  select 'match', match_member.group_id, null, null
  from line
  join tieout.match_member
    on match_member.book_id = line.book_id and match_member.file_no = line.file_no
    and match_member.ordinal = line.ordinal and match_member.is_live
  union
  select 'item', item.item_id, null, null
  from item
  where not exists (select from told where told.item_id = item.item_id)
  union
  select 'entry', null, line.file_no, line.ordinal
  from line
  where not exists (select from told where told.file_no = line.file_no and told.ordinal = line.ordinal)
    and not exists (
      select from tieout.match_member
      where match_member.book_id = line.book_id and match_member.file_no = line.file_no
        and match_member.ordinal = line.ordinal and match_member.is_live
    )
)
select kind, id, file_no as "fileNo", ordinal
from thing
order by array_position(array['batch', 'match', 'exception', 'entry', 'item'], kind), id, file_no, ordinal
limit $3::bigint
