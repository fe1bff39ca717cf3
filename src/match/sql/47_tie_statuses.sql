-- Ties open statuses to the payout they are of: by the end-to-end id, which is the payout's reference or its payment id, and
-- by the amount where the status tells one.
--
-- One payout that fits is UNIQUE, several are AMBIGUOUS, none is INFEASIBLE; a payout that was taken back counts only where no
-- other has the name. What is tied stays tied, and is closed once its payout is taken back, or when the bank tells later that
-- the payment was settled.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with status as materialized (
  select payment_status.*,
    case when status_tie.certificate = 'UNIQUE' then status_tie.journal_id end as tied_journal_id,
    case when status_tie.certificate = 'UNIQUE' then status_tie.seq end as tied_seq
  from tieout.status_tie
  join tieout.payment_status
    on payment_status.book_id = status_tie.book_id and payment_status.file_no = status_tie.file_no
    and payment_status.status_no = status_tie.status_no
  where status_tie.book_id = $1::bigint and status_tie.closed_in_run is null
),
-- All of a status is found beside it, because the planner would join names with all of history, and one CTE with another by loops.
tie as materialized (
  select status.book_id, status.file_no, status.status_no,
    coalesce(found.names, 0) as names,
    case
      when found.fitting = 1 then 'UNIQUE'
      when found.names > 1 then 'AMBIGUOUS'
      else 'INFEASIBLE'
    end as certificate,
    case when found.fitting = 1 or found.names = 1 then found.booked_on end as booked_on,
    case when found.fitting = 1 or found.names = 1 then found.journal_id end as journal_id,
    case when found.fitting = 1 or found.names = 1 then found.seq end as seq,
    coalesce(found.is_gone, false) or (status.status = 'RJCT' and exists (
      select from tieout.payment_status later
      where later.book_id = status.book_id
        and later.end_to_end_id = status.end_to_end_id
        and later.status in ('ACSC', 'ACCC')
        and (later.file_no, later.status_no) > (status.file_no, status.status_no)
    )) as is_over
  from status
  left join lateral (
    select candidate.*, count(*) over all_of_them as names, count(*) filter (where fits) over all_of_them as fitting
    from (
      select named.booked_on, named.journal_id, named.seq,
        named.reversed_minor = named.amount_minor as is_gone,
        bool_and(named.reversed_minor = named.amount_minor) over (partition by named.book_id) as are_gone,
        status.amount_minor is null
          or (status.currency = named.currency and status.amount_minor = named.amount_minor) as fits
      from (
        select by_reference.*
        from tieout.sent_payout by_reference
        where by_reference.book_id = status.book_id and by_reference.reference = btrim(status.end_to_end_id)
        union
        select by_payment_id.*
        from tieout.journal_key
        join tieout.sent_payout by_payment_id
          on by_payment_id.book_id = journal_key.book_id and by_payment_id.booked_on = journal_key.booked_on
          and by_payment_id.journal_id = journal_key.journal_id
        where journal_key.book_id = status.book_id
          and journal_key.key_hash = substring(sha256(convert_to('import|' || btrim(status.end_to_end_id), 'UTF8')) for 16)
      ) named
      where status.tied_journal_id is null
        or (named.journal_id = status.tied_journal_id and named.seq = status.tied_seq)
    ) candidate
    where candidate.are_gone or not candidate.is_gone
    window all_of_them as (partition by candidate.are_gone)
    order by fits desc, journal_id, seq
    limit 1
  ) found on true
)
update tieout.status_tie
set certificate = tie.certificate, alternatives = tie.names, booked_on = tie.booked_on, journal_id = tie.journal_id,
    seq = tie.seq, closed_in_run = case when tie.is_over then $2::bigint end
from tie
where status_tie.book_id = tie.book_id
  and status_tie.file_no = tie.file_no
  and status_tie.status_no = tie.status_no
  and (
    tie.is_over
    or (status_tie.certificate, status_tie.alternatives, status_tie.journal_id, status_tie.seq)
      is distinct from (tie.certificate, tie.names, tie.journal_id, tie.seq)
  )
