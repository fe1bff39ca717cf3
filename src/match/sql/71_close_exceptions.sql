-- Resolves the exceptions whose cause is gone: what was open has been tied, or the chain of statements is whole.
--
-- Only codes that every run looks for anew; a rejected record or a duplicate stays until a person resolves it.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
update tieout.exception_item
set state = 'RESOLVED', closed_in_run = $2::bigint
where exception_item.book_id = $1::bigint
  and exception_item.state <> 'RESOLVED'
  and exception_item.code in (
    'UNM_IN_LEDGER', 'UNM_IN_SETTLEMENT', 'UNM_IN_BANK', 'UNM_IN_BANK_OVERDUE', 'DIF_AMOUNT_OVER', 'DIF_AMOUNT_UNDER',
    'SET_PAYOUT_OVER', 'SET_PAYOUT_SHORT', 'REV_ORIGINAL_NOT_FOUND', 'MAT_AMBIGUOUS', 'MAT_SPLIT_INCOMPLETE',
    'MAT_LOW_CONFIDENCE', 'MAT_BUDGET_EXHAUSTED', 'STM_DISCONTINUOUS', 'SET_BATCH_UNBALANCED',
    'STM_INCONSISTENT', 'STM_UNKNOWN_ACCOUNT', 'FIL_TRUNCATED', 'FIL_INVALID',
    'FIL_NAME_CONFLICT', 'SET_PAYOUT_FAILED', 'SET_PAYOUT_RETURNED', 'DIF_CURRENCY'
  )
  and exception_item.exception_id not in (
    select exception_wanted.exception_id
    from tieout.exception_wanted
    where exception_wanted.book_id = $1::bigint and exception_wanted.run_id = $2::bigint
  )
