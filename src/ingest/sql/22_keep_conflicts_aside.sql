-- Takes out the lines whose id the source guarantees, and which is known with another amount, currency or type.
--
-- Neither an update of what was loaded nor a duplicate of it: a person has to look at both.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
with conflict as (
  select entry.ordinal, original.type, original.currency, original.amount_minor, original.gross_minor
  from tieout.entry
  cross join lateral (
    select type, currency, amount_minor, gross_minor
    from tieout.entry known
    where known.book_id = entry.book_id
      and known.file_no = entry.duplicate_of_file_no
      and known.ordinal = entry.duplicate_of_ordinal
    limit 1
  ) original
  where entry.book_id = $1::bigint
    and entry.file_no = $2::bigint
    and entry.duplicate_of_file_no is not null
    and entry.is_identity_unique
    and (entry.type, entry.currency, entry.amount_minor, entry.gross_minor)
      is distinct from (original.type, original.currency, original.amount_minor, original.gross_minor)
),
taken_out as (
  delete from tieout.entry
  using conflict
  where entry.book_id = $1::bigint and entry.file_no = $2::bigint and entry.ordinal = conflict.ordinal
  returning entry.*, conflict.type as of_type, conflict.currency as of_currency, conflict.amount_minor as of_amount_minor,
    conflict.gross_minor as of_gross_minor, to_jsonb(entry) as record
)
insert into tieout.identity_conflict (
  book_id, file_no, ordinal, statement_no, of_file_no, of_ordinal, type, of_type, currency, of_currency, amount_minor,
  of_amount_minor, gross_minor, of_gross_minor, account, batch, external_id, reference, identity, line, element, record
)
select
  book_id, file_no, ordinal, statement_no, duplicate_of_file_no, duplicate_of_ordinal, type, of_type, currency, of_currency,
  amount_minor, of_amount_minor, gross_minor, of_gross_minor, account, batch, external_id, reference, identity, line,
  element, jsonb_strip_nulls(record - '{book_id,duplicate_of_file_no,duplicate_of_ordinal,is_counted}'::text[])
from taken_out
