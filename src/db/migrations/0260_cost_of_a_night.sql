-- One index for each question about members, and no other that could answer it badly.
--
-- The planner takes a book whose matches it has not counted yet for an empty one. Any index that begins with the book then
-- seems as good as the right one, and it read every live member of the book for each entry that it asked for: the first
-- night of a second book took minutes. An index of items alone cannot be asked for entries, nor the other way round.
drop index tieout.match_member_entry_is_tied_once;
drop index tieout.match_member_item_is_tied_once;
create unique index match_member_entry_is_tied_once on tieout.match_member (book_id, file_no, ordinal)
  where is_live and file_no is not null;
create unique index match_member_item_is_tied_once on tieout.match_member (book_id, item_id)
  where is_live and item_id is not null;

-- What a run has tied is asked for several times a night. A block range index is read from its last VACUUM on, tells the log
-- of each range that waits for one, and the planner reads all matches of the book instead. The run comes first here: with the
-- book first this would be one more index that seems good for everything.
drop index tieout.match_group_by_run;
drop index tieout.match_member_by_run;
create index match_group_by_run on tieout.match_group (run_id, book_id);
create index match_member_by_run on tieout.match_member (run_id, book_id);

-- What a night looks at are the entries of its files and those still open. Both are looked up in what all nights have loaded:
-- joined, the planner may read all of that instead, and a night would cost more each night. OFFSET 0 keeps it from trying.
create or replace view tieout.entry_to_match as
select matched_file.book_id, matched_file.file_no, entry.ordinal, entry.statement_no, entry.type, entry.currency,
       entry.amount_minor, entry.gross_minor, entry.is_reversal, entry.booking_date, entry.value_date, entry.external_id,
       entry.reference, entry.original_reference, entry.batch, entry.narrative, source_file.source, source.role, matched_file.run_id,
       false as is_carried, entry.account as merchant, entry.counterparty, 0 as revision
from tieout.matched_file
join tieout.source_file on source_file.book_id = matched_file.book_id and source_file.file_no = matched_file.file_no
join tieout.source on source.book_id = source_file.book_id and source.source = source_file.source
cross join lateral (
  select entry.* from tieout.entry
  where entry.book_id = matched_file.book_id
    and entry.file_no = matched_file.file_no
    and entry.duplicate_of_file_no is null
    and entry.type in ('bank', 'payment', 'refund', 'chargeback', 'chargeback-reversal', 'adjustment')
    and entry.gross_minor <> 0
  offset 0
) entry
where not exists (
  select from tieout.entry_withdrawal
  where entry_withdrawal.book_id = matched_file.book_id and entry_withdrawal.file_no = matched_file.file_no
    and entry_withdrawal.ordinal = entry.ordinal
)
union all
select open_entry.book_id, open_entry.file_no, open_entry.ordinal, entry.statement_no, entry.type, entry.currency,
       entry.amount_minor, entry.gross_minor, entry.is_reversal, entry.booking_date, entry.value_date, entry.external_id,
       entry.reference, entry.original_reference, entry.batch, entry.narrative, source_file.source, source.role, open_entry.since_run,
       true as is_carried, entry.account, entry.counterparty, open_entry.revision
from tieout.open_entry
join tieout.source_file on source_file.book_id = open_entry.book_id and source_file.file_no = open_entry.file_no
join tieout.source on source.book_id = source_file.book_id and source.source = source_file.source
cross join lateral (
  select entry.* from tieout.entry
  where entry.book_id = open_entry.book_id
    and entry.file_no = open_entry.file_no
    and entry.ordinal = open_entry.ordinal
  offset 0
) entry;

-- Counted before they are joined: pairs that need no row in match_group are nearly all.
create view tieout.match_count as
select match_group.book_id, match_group.run_id, match_group.level, match_group.rule, match_group.certificate,
       count(*) filter (where match_member.member_no = 1) as groups, count(match_member.file_no) as entries,
       count(match_member.item_id) as items
from tieout.match_group
join tieout.match_member
  on match_member.book_id = match_group.book_id and match_member.group_id = match_group.group_id
where match_group.status = 'confirmed' and match_member.is_live
group by match_group.book_id, match_group.run_id, match_group.level, match_group.rule, match_group.certificate
union all
select pair.book_id, pair.run_id, match_rule_use.level, match_rule_use.rule, 'UNIQUE', pair.groups, pair.groups, pair.groups
from (
  select match_member.book_id, match_member.run_id, match_member.rule_no, count(*) as groups
  from tieout.match_member
  where match_member.rule_no is not null and match_member.is_live
  group by match_member.book_id, match_member.run_id, match_member.rule_no
) pair
join tieout.match_rule_use
  on match_rule_use.book_id = pair.book_id and match_rule_use.run_id = pair.run_id and match_rule_use.rule_no = pair.rule_no;

comment on view tieout.match_count is 'How many matches each rule of a run has made that hold, by certificate, and how many entries and items are in them.';

-- An allocation is of the entry of its member. Said by the member it is looked up; said by either of both, all members of the book
-- were compared with every entry.
create or replace view tieout.tied_part as
select match_member.book_id, match_member.group_id, match_member.run_id, match_member.file_no, match_member.ordinal,
       coalesce(match_allocation.item_account_id, match_member.item_account_id) as account_id,
       match_allocation.amount_minor as part_minor
from tieout.match_member
left join tieout.match_allocation
  on match_allocation.book_id = match_member.book_id and match_allocation.group_id = match_member.group_id
  and match_allocation.file_no = match_member.file_no and match_allocation.ordinal = match_member.ordinal
where match_member.is_live and match_member.file_no is not null;

-- The same ids in half the time: eight bytes at once instead of hexadecimal digits that are padded one by one.
create or replace function tieout.group_id(file_no bigint, ordinal bigint, level integer) returns uuid
language sql immutable strict parallel safe
return encode(
  int8send((file_no << 32) | (ordinal >> 32)) || int8send(((ordinal & 4294967295) << 32) | level::bigint), 'hex'
)::uuid;
