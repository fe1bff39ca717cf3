-- What the groups that a run has revoked move back: from the accounts of their items to the suspense of their entries'
-- sources, and what a residual journal moved turned round; debits of the first account positive.
--
-- The entries of a group without items had gone over the account of transfers between own accounts; within one source they
-- cancel out there as in suspense. A residual is turned round here and not by a reversal, because a reversal opens an item
-- of its own where its original closed one, and that item comes back itself.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with revoked as (
  select match_group.book_id, match_group.group_id
  from tieout.match_group
  where match_group.book_id = $1::bigint
    and match_group.closed_in_run = $2::bigint
    and match_group.status = 'revoked'
),
part as (
  select match_member.book_id, match_member.group_id, match_member.file_no, match_member.ordinal,
    match_member.item_account_id, match_member.item_amount_minor as amount_minor
  from revoked
  join tieout.match_member
    on match_member.book_id = revoked.book_id and match_member.group_id = revoked.group_id
  where match_member.file_no is not null
    and match_member.item_id is not null
    and not exists (
      select from tieout.match_allocation
      where match_allocation.book_id = match_member.book_id and match_allocation.group_id = match_member.group_id
    )
  union all
  select match_allocation.book_id, match_allocation.group_id, match_allocation.file_no, match_allocation.ordinal,
    match_allocation.item_account_id, match_allocation.amount_minor
  from revoked
  join tieout.match_allocation
    on match_allocation.book_id = revoked.book_id and match_allocation.group_id = revoked.group_id
  where match_allocation.file_no is not null
),
transfer as (
  select match_member.book_id, match_member.group_id, match_member.file_no, match_member.ordinal
  from revoked
  join tieout.match_member
    on match_member.book_id = revoked.book_id and match_member.group_id = revoked.group_id
  where not exists (
    select from tieout.match_member with_item
    where with_item.book_id = revoked.book_id and with_item.group_id = revoked.group_id
      and with_item.item_id is not null
  )
),
leg as (
  select part.group_id, account.code, 'suspense:' || source_file.source as counter_code, account.currency,
    part.amount_minor
  from part
  join tieout.source_file on source_file.book_id = part.book_id and source_file.file_no = part.file_no
  join tieout.account on account.book_id = part.book_id and account.account_id = part.item_account_id
  union all
  select transfer.group_id, 'assets:transfers:own-accounts', 'suspense:' || source_file.source, entry.currency,
    entry.gross_minor
  from transfer
  join tieout.source_file on source_file.book_id = transfer.book_id and source_file.file_no = transfer.file_no
  join tieout.entry
    on entry.book_id = transfer.book_id and entry.file_no = transfer.file_no and entry.ordinal = transfer.ordinal
  union all
  select revoked.group_id, credit.code, debit.code, posting.currency, posting.amount_minor
  from revoked
  join tieout.settlement_journal
    on settlement_journal.book_id = revoked.book_id and settlement_journal.group_id = revoked.group_id
    and settlement_journal.kind = 'residual'
  join tieout.posting
    on posting.book_id = settlement_journal.book_id and posting.booked_on = settlement_journal.booked_on
    and posting.journal_id = settlement_journal.journal_id
  join tieout.account credit on credit.book_id = posting.book_id and credit.account_id = posting.credit_account_id
  join tieout.account debit on debit.book_id = posting.book_id and debit.account_id = posting.debit_account_id
)
select
  group_id as "groupId",
  code,
  counter_code as "counterCode",
  currency,
  sum(amount_minor)::bigint as "amountMinor"
from leg
group by group_id, code, counter_code, currency
having sum(amount_minor) <> 0
order by group_id, code, counter_code, currency
