-- FIL_RESTATED: what this run's files tell anew with other content, and what was corrected on this business date.
--
-- Where what was told before stands, a line that is gone or has another amount contradicts what is booked, and is high; one
-- that is only added is not. What was acted upon is told for a day, for information.
--
--   $1 book_id        bigint
--   $2 run_id         bigint
--   $3 business_date  date
with told as (
  select
    restatement.book_id, restatement.file_no, restatement.restatement_no, restatement.statement_no, restatement.kind,
    restatement.account, restatement.currency, restatement.number, restatement.of_file_no, restatement.stands_because,
    restatement_act.restatement_id, restatement_act.revoked_groups, restatement_act.withdrawn_entries,
    restatement_act.taken_entries,
    count(restatement_line.line_no) filter (where restatement_line.change = 'added') as added,
    count(restatement_line.line_no) filter (where restatement_line.change = 'removed') as removed,
    count(restatement_line.line_no) filter (where restatement_line.change = 'changed') as changed,
    coalesce(sum(coalesce(restatement_line.amount_minor, 0) - coalesce(restatement_line.of_amount_minor, 0)), 0)::bigint
      as difference_minor
  from tieout.restatement
  join tieout.matched_file
    on matched_file.book_id = restatement.book_id and matched_file.file_no = restatement.file_no
  left join tieout.restatement_act
    on restatement_act.book_id = restatement.book_id and restatement_act.file_no = restatement.file_no
    and restatement_act.restatement_no = restatement.restatement_no
  left join tieout.run on run.book_id = restatement_act.book_id and run.run_id = restatement_act.run_id
  left join tieout.restatement_line
    on restatement_line.book_id = restatement.book_id and restatement_line.file_no = restatement.file_no
    and restatement_line.restatement_no = restatement.restatement_no
  where restatement.book_id = $1::bigint
    and (matched_file.run_id = $2::bigint or run.business_date = $3::date)
  group by
    restatement.book_id, restatement.file_no, restatement.restatement_no, restatement.statement_no, restatement.kind,
    restatement.account, restatement.currency, restatement.number, restatement.of_file_no, restatement.stands_because,
    restatement_act.restatement_id, restatement_act.revoked_groups, restatement_act.withdrawn_entries,
    restatement_act.taken_entries
)
insert into tieout.exception_wanted (
  book_id, run_id, exception_id, code, severity, source, account_code, currency, amount_minor, difference_minor, reference,
  batch, file_no, ordinal, item_id, line, element, value_date, text
)
select
  told.book_id,
  $2::bigint,
  tieout.content_id('RST|' || told.file_no || '|' || told.restatement_no),
  'FIL_RESTATED',
  case
    when told.restatement_id is not null then 'info'
    when told.removed + told.changed > 0 then 'high'
    else 'medium'
  end,
  source_file.source,
  statement.account_code,
  told.currency,
  told.difference_minor,
  null,
  told.account || ' ' || told.number,
  case when told.kind = 'settlement-report' then told.number end,
  told.file_no,
  null,
  null,
  coalesce(statement.line, 1),
  statement.element,
  statement.closing_date,
  source_file.name || ' tells ' || case when told.kind = 'settlement-report' then 'batch ' else 'statement ' end ||
    told.number || ' of ' || told.account || ' otherwise than ' || original.name || ': lines added ' || told.added ||
    ', gone ' || told.removed || ', changed ' || told.changed || ', {amount} in all. ' ||
    case
      when told.restatement_id is not null
        then 'The books follow it: entries withdrawn ' || told.withdrawn_entries || ', taken ' || told.taken_entries ||
          ', matches revoked ' || told.revoked_groups || ', under restatement ' || told.restatement_id || '.'
      else 'What was booked stands as it is: ' || told.stands_because || '.'
    end
from told
join tieout.source_file on source_file.book_id = told.book_id and source_file.file_no = told.file_no
join tieout.source_file original on original.book_id = told.book_id and original.file_no = told.of_file_no
left join tieout.statement
  on statement.book_id = told.book_id and statement.file_no = told.file_no and statement.statement_no = told.statement_no
