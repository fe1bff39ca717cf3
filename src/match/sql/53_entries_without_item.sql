-- UNM_IN_LEDGER, REV_ORIGINAL_NOT_FOUND: an entry that nothing in the ledger explains; SET_MULTI_BATCH_CREDIT,
-- MAT_LOW_CONFIDENCE: one for which something is suggested.
--
-- A refund, chargeback or reversal whose original payment is not known either is told as such; a bank's original is looked
-- for in the statements of the 90 days before.
--
-- NOT IN, because it is hashed: the planner takes a table that the statement itself fills for an empty one.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with unexplained as (
  select
    entry_to_match.*,
    case
      when entry_to_match.role = 'processor'
        then entry_to_match.type in ('refund', 'chargeback', 'chargeback-reversal')
          and not exists (
            select from tieout.journal
            where journal.book_id = entry_to_match.book_id
              and journal.reference in (entry_to_match.reference, entry_to_match.original_reference)
              and journal.kind = 'capture'
          )
          and not exists (
            select from tieout.entry original
            join tieout.match_member
              on match_member.book_id = original.book_id and match_member.file_no = original.file_no
              and match_member.ordinal = original.ordinal and match_member.is_live
            where original.book_id = entry_to_match.book_id
              and original.external_id = entry_to_match.original_reference
              and original.type = 'payment'
          )
      else entry_to_match.is_reversal
        and not exists (
          select from tieout.statement own_statement
          join tieout.statement original_statement
            on original_statement.book_id = own_statement.book_id
            and original_statement.account = own_statement.account
            and original_statement.closing_date >= own_statement.closing_date - 90
          join tieout.entry original
            on original.book_id = original_statement.book_id
            and original.file_no = original_statement.file_no
            and original.statement_no = original_statement.statement_no
          where own_statement.book_id = entry_to_match.book_id
            and own_statement.file_no = entry_to_match.file_no
            and own_statement.statement_no = entry_to_match.statement_no
            and original.currency = entry_to_match.currency
            and original.amount_minor = -entry_to_match.amount_minor
            and (
              original.reference = entry_to_match.reference
              or original.external_id = entry_to_match.external_id
              or tieout.match_token(original.narrative) = tieout.match_token(entry_to_match.narrative)
            )
        )
    end as has_no_original
  from tieout.entry_to_match
  where entry_to_match.book_id = $1::bigint
    and entry_to_match.is_carried
    and (entry_to_match.file_no, entry_to_match.ordinal) not in (
      select exception_wanted.file_no, exception_wanted.ordinal
      from tieout.exception_wanted
      where exception_wanted.book_id = $1::bigint
        and exception_wanted.run_id = $2::bigint
        and exception_wanted.ordinal is not null
    )
)
insert into tieout.exception_wanted (
  book_id, run_id, exception_id, code, severity, source, account_code, currency, amount_minor, difference_minor, reference,
  batch, file_no, ordinal, item_id, line, element, value_date, text, group_id
)
select
  unexplained.book_id,
  $2::bigint,
  tieout.content_id('UNEXPLAINED|' || unexplained.file_no || '|' || unexplained.ordinal),
  case
    when suggestion.items > 1 then 'SET_MULTI_BATCH_CREDIT'
    when suggestion.items is not null then 'MAT_LOW_CONFIDENCE'
    when has_no_original then 'REV_ORIGINAL_NOT_FOUND'
    else 'UNM_IN_LEDGER'
  end,
  'medium',
  unexplained.source,
  case
    when unexplained.role = 'bank' then statement.account_code
    else 'assets:receivable:' || unexplained.source
  end,
  unexplained.currency,
  unexplained.gross_minor,
  null,
  coalesce(unexplained.reference, unexplained.narrative, unexplained.external_id),
  unexplained.batch,
  unexplained.file_no,
  unexplained.ordinal,
  null,
  entry.line,
  entry.element,
  coalesce(unexplained.value_date, unexplained.booking_date),
  case
    when suggestion.items > 1
      then 'The entry of {amount} is what ' || suggestion.items || ' open items sum to; the match is suggested, not made.'
    when suggestion.items is not null
      then 'The entry of {amount} may be ' || coalesce(suggestion.reference, 'the entry it goes with') ||
        '; the match is suggested, not made.'
    when has_no_original and unexplained.role = 'bank' then 'The bank reverses {amount}, and the entry it reverses is not known.'
    when has_no_original
      then 'The processor reports a ' || unexplained.type || ' of {amount} for ' ||
        coalesce(unexplained.reference, unexplained.external_id, 'no reference') ||
        ', and the ledger knows neither it nor the payment it goes back to.'
    when unexplained.role = 'bank' then 'The bank shows {amount} that nothing in the ledger expects.'
    else 'The processor settles a ' || unexplained.type || ' of {amount} for ' ||
      coalesce(unexplained.reference, unexplained.external_id, 'no reference') || ' that the ledger does not have open.'
  end,
  suggestion.group_id
from unexplained
join tieout.entry
  on entry.book_id = unexplained.book_id
  and entry.file_no = unexplained.file_no
  and entry.ordinal = unexplained.ordinal
join tieout.statement
  on statement.book_id = unexplained.book_id
  and statement.file_no = unexplained.file_no
  and statement.statement_no = unexplained.statement_no
left join lateral (
  select match_group.group_id, count(item_member.item_id) as items, min(journal.reference) as reference
  from tieout.match_member
  join tieout.match_group
    on match_group.book_id = match_member.book_id and match_group.group_id = match_member.group_id
    and match_group.status = 'suggested'
  left join tieout.match_member item_member
    on item_member.book_id = match_group.book_id and item_member.group_id = match_group.group_id
    and item_member.item_id is not null
  left join tieout.open_item
    on open_item.book_id = item_member.book_id and open_item.item_id = item_member.item_id
  left join tieout.journal
    on journal.book_id = open_item.book_id and journal.booked_on = open_item.booked_on
    and journal.journal_id = open_item.journal_id
  where match_member.book_id = unexplained.book_id and match_member.file_no = unexplained.file_no
    and match_member.ordinal = unexplained.ordinal and not match_member.is_live
  group by match_group.group_id
  order by match_group.group_id
  limit 1
) suggestion on true
