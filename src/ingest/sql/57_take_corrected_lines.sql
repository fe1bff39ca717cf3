-- Makes the lines of the corrections in a file what they are beside what stands: duplicates of it where they say the same, and
-- entries of their own where they do not.
--
-- A batch is whole, so that its payout includes every line that nothing stands for: also one that repeats another of the file,
-- or one of another batch.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
with own as (
  select entry.ordinal, entry.is_identity_unique, entry.duplicate_of_file_no, entry.duplicate_of_ordinal,
    first_value(entry.ordinal) over (partition by entry.book_id, entry.identity order by entry.ordinal) as first_ordinal
  from tieout.entry
  where entry.book_id = $1::bigint and entry.file_no = $2::bigint
),
line as (
  select
    own.*, restatement.kind, corrected_line.is_same, corrected_line.of_file_no, corrected_line.of_ordinal,
    own.is_identity_unique and own.first_ordinal < own.ordinal as is_repeated,
    own.duplicate_of_file_no <> $2::bigint
      and not exists (
        select from tieout.corrected_line beside
        where beside.book_id = $1::bigint and beside.file_no = $2::bigint
          and beside.of_file_no = own.duplicate_of_file_no and beside.of_ordinal = own.duplicate_of_ordinal
      ) as is_known_from_elsewhere
  from own
  join tieout.corrected_line
    on corrected_line.book_id = $1::bigint and corrected_line.file_no = $2::bigint
    and corrected_line.ordinal = own.ordinal
  join tieout.restatement
    on restatement.book_id = corrected_line.book_id and restatement.file_no = corrected_line.file_no
    and restatement.restatement_no = corrected_line.restatement_no
  where restatement.stands_because is null
),
decided as (
  select ordinal, kind, is_same,
    case
      when is_same then of_file_no
      when is_repeated then $2::bigint
      when is_known_from_elsewhere then duplicate_of_file_no
    end as duplicate_of_file_no,
    case
      when is_same then of_ordinal
      when is_repeated then first_ordinal
      when is_known_from_elsewhere then duplicate_of_ordinal
    end as duplicate_of_ordinal
  from line
)
update tieout.entry
set duplicate_of_file_no = decided.duplicate_of_file_no,
    duplicate_of_ordinal = decided.duplicate_of_ordinal,
    is_counted = not decided.is_same and (decided.kind = 'settlement-report' or decided.duplicate_of_file_no is null)
from decided
where entry.book_id = $1::bigint and entry.file_no = $2::bigint and entry.ordinal = decided.ordinal
