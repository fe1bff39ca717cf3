-- Decides which restatements of a file are corrections of the whole: those are acted upon. Of the others what was told before
-- stands, and this says why.
--
-- A statement is whole when it closes from the opening balance that the known one has, a batch when its lines sum to its
-- payout. A whole batch that shares no line with the known one is another batch. What contradicts an id of something else,
-- and what something else tells as well, is for a person; so are sheets of one number that cannot be told apart by balances.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
with line as (
  select
    corrected_line.restatement_no, corrected_line.ordinal, corrected_line.of_ordinal, corrected_line.is_same,
    entry.amount_minor, entry.identity, entry.is_identity_unique, entry.duplicate_of_file_no, entry.duplicate_of_ordinal,
    row(entry.type, entry.currency, entry.amount_minor, entry.gross_minor) as money
  from tieout.corrected_line
  join tieout.entry
    on entry.book_id = corrected_line.book_id and entry.file_no = corrected_line.file_no
    and entry.ordinal = corrected_line.ordinal
  where corrected_line.book_id = $1::bigint and corrected_line.file_no = $2::bigint
),
told as (
  select restatement_no, sum(amount_minor) as amount_minor, count(of_ordinal) as known_lines
  from line
  group by restatement_no
),
contradiction as (
  select line.restatement_no
  from line
  join tieout.entry known
    on known.book_id = $1::bigint and known.file_no = line.duplicate_of_file_no
    and known.ordinal = line.duplicate_of_ordinal
  where line.is_identity_unique
    and line.money is distinct from row(known.type, known.currency, known.amount_minor, known.gross_minor)
    and (known.file_no, known.ordinal) not in (
      select corrected_line.of_file_no, corrected_line.of_ordinal
      from tieout.corrected_line
      where corrected_line.book_id = $1::bigint and corrected_line.file_no = $2::bigint
        and corrected_line.of_ordinal is not null
    )
  union
  select restatement_no
  from line
  where is_identity_unique
  group by restatement_no, identity
  having count(distinct money) > 1
),
repeated as (
  select corrected_line.restatement_no
  from tieout.corrected_line
  join tieout.restatement
    on restatement.book_id = corrected_line.book_id and restatement.file_no = corrected_line.file_no
    and restatement.restatement_no = corrected_line.restatement_no
  join tieout.entry gone
    on gone.book_id = corrected_line.book_id and gone.file_no = corrected_line.of_file_no
    and gone.ordinal = corrected_line.of_ordinal
  cross join lateral (
    select other.file_no, other.statement_no, coalesce(other.account, '') as account, other.batch, other.currency
    from tieout.entry other
    where other.book_id = gone.book_id
      and other.identity = gone.identity
      and other.duplicate_of_file_no = gone.file_no
      and other.duplicate_of_ordinal = gone.ordinal
    offset 0
  ) other
  join tieout.statement
    on statement.book_id = $1::bigint and statement.file_no = other.file_no
    and statement.statement_no = other.statement_no
  where corrected_line.book_id = $1::bigint
    and corrected_line.file_no = $2::bigint
    and not corrected_line.is_same
    and case
      when restatement.kind = 'settlement-report' then
        (other.account, other.batch, other.currency)
          is distinct from (restatement.account, restatement.number, restatement.currency)
      else (statement.account, statement.number, statement.currency)
        is distinct from (restatement.account, restatement.number, restatement.currency)
    end
),
decided as (
  select
    restatement.restatement_no,
    case
      when restatement.of_file_no = restatement.file_no then 'one file tells it twice'
      when restatement.kind = 'bank-statement'
        and (own.opening_minor is null or own.difference_minor is distinct from 0)
        then 'it has no balances that prove it whole'
      when restatement.kind = 'bank-statement' and own.opening_minor is distinct from original.opening_minor
        then 'it opens with another balance'
      when restatement.kind = 'bank-statement' and own.opening_minor in (own.closing_minor, original.closing_minor)
        then 'it may be another sheet: one of the two moves nothing in all'
      when restatement.kind = 'settlement-report' and exists (
        select from tieout.rejection
        where rejection.book_id = restatement.book_id and rejection.file_no = restatement.file_no
          and (rejection.batch is null or rejection.batch = restatement.number)
      ) then 'records of it could not be read'
      when restatement.kind = 'settlement-report' and coalesce(told.amount_minor, 0) <> 0
        then 'its lines do not sum to its payout'
      when restatement.kind = 'settlement-report' and coalesce(told.known_lines, 0) = 0 then 'no line of it is known'
      when restatement.restatement_no in (select restatement_no from contradiction)
        then 'a line of it contradicts what is known of its id from elsewhere'
      when restatement.restatement_no in (select restatement_no from repeated)
        then 'a line that it corrects is told by another statement or batch as well'
    end as stands_because
  from tieout.restatement
  left join told on told.restatement_no = restatement.restatement_no
  left join tieout.statement own
    on own.book_id = restatement.book_id and own.file_no = restatement.file_no
    and own.statement_no = restatement.statement_no
  left join tieout.statement original
    on original.book_id = restatement.book_id and original.file_no = restatement.of_file_no
    and original.statement_no = restatement.of_statement_no
  where restatement.book_id = $1::bigint and restatement.file_no = $2::bigint
)
update tieout.restatement
set stands_because = decided.stands_because
from decided
where restatement.book_id = $1::bigint
  and restatement.file_no = $2::bigint
  and restatement.restatement_no = decided.restatement_no
