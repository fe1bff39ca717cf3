-- Resolves the exceptions whose cause is gone: what was open has been tied, or the chain of statements is whole.
--
-- Only codes that every run looks for anew; a rejected record or a duplicate stays until a person resolves it, unless the
-- entry is withdrawn or the batch is corrected as a whole. A restatement is told until its statement or batch is corrected,
-- and the correction itself until the next business date.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
update tieout.exception_item
set state = 'RESOLVED', closed_in_run = $2::bigint
where exception_item.book_id = $1::bigint
  and exception_item.state <> 'RESOLVED'
  and (exception_item.code in (
    'UNM_IN_LEDGER', 'UNM_IN_SETTLEMENT', 'UNM_IN_BANK', 'UNM_IN_BANK_OVERDUE', 'DIF_AMOUNT_OVER', 'DIF_AMOUNT_UNDER',
    'SET_PAYOUT_OVER', 'SET_PAYOUT_SHORT', 'REV_ORIGINAL_NOT_FOUND', 'MAT_AMBIGUOUS', 'MAT_SPLIT_INCOMPLETE',
    'MAT_LOW_CONFIDENCE', 'MAT_BUDGET_EXHAUSTED', 'STM_DISCONTINUOUS', 'SET_BATCH_UNBALANCED',
    'STM_INCONSISTENT', 'STM_UNKNOWN_ACCOUNT', 'FIL_TRUNCATED', 'FIL_INVALID',
    'FIL_NAME_CONFLICT', 'SET_PAYOUT_FAILED', 'SET_PAYOUT_RETURNED', 'DIF_CURRENCY'
  ) or exists (
    select from tieout.entry_withdrawal
    where entry_withdrawal.book_id = exception_item.book_id and entry_withdrawal.file_no = exception_item.file_no
      and entry_withdrawal.ordinal = exception_item.ordinal
  ) or exception_item.exception_id in (
    select tieout.content_id('RST|' || told.file_no || '|' || told.restatement_no)
    from tieout.restatement_act
    join tieout.run acted on acted.book_id = restatement_act.book_id and acted.run_id = restatement_act.run_id
    join tieout.run own on own.book_id = restatement_act.book_id and own.run_id = $2::bigint
    join tieout.restatement
      on restatement.book_id = restatement_act.book_id and restatement.file_no = restatement_act.file_no
      and restatement.restatement_no = restatement_act.restatement_no
    join tieout.restatement told
      on told.book_id = restatement.book_id and told.kind = restatement.kind and told.account = restatement.account
      and told.number = restatement.number and told.currency = restatement.currency
      and (
        (told.file_no < restatement.file_no and restatement.kind = 'settlement-report')
        or told.file_no = restatement.of_file_no
        or (told.file_no = restatement.file_no and acted.business_date < own.business_date)
      )
    where restatement_act.book_id = $1::bigint
  ) or (exception_item.code like 'NRM%' and exception_item.batch is not null and exists (
    select from tieout.restatement
    join tieout.matched_file correction
      on correction.book_id = restatement.book_id and correction.file_no = restatement.file_no
    join tieout.batch_total
      on batch_total.book_id = restatement.book_id and batch_total.merchant = restatement.account
      and batch_total.batch = restatement.number and batch_total.currency = restatement.currency
      and batch_total.file_no <> restatement.file_no
    where restatement.book_id = exception_item.book_id
      and restatement.kind = 'settlement-report'
      and restatement.stands_because is null
      and restatement.file_no > exception_item.file_no
      and restatement.number = exception_item.batch
      and batch_total.file_no = exception_item.file_no
  )))
  and exception_item.exception_id not in (
    select exception_wanted.exception_id
    from tieout.exception_wanted
    where exception_wanted.book_id = $1::bigint and exception_wanted.run_id = $2::bigint
  )
