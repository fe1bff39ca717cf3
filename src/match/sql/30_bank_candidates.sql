-- Level 2: bank entries that name the reference of an item in transit, whatever the amounts.
--
-- An entry names an item by the field for references or by the whole reference in its narrative (strength 1), or by the
-- word of the payout text that banks quote when they cut the rest, if no other open item has that word (2), or by that
-- word folded or spaced by the bank, if it is long and the amount is right too (3).
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with item as (
  select
    open_item.book_id, open_item.item_id, open_item.account_id, open_item.currency, open_item.amount_minor,
    open_item.reference, open_item.payment_id,
    tieout.match_token(open_item.reference) as token,
    tieout.match_key(open_item.reference) as key,
    count(*) over (
      partition by open_item.book_id, open_item.account_id, open_item.currency, tieout.match_token(open_item.reference)
    ) as token_items
  from tieout.open_item
  join tieout.account on account.book_id = open_item.book_id and account.account_id = open_item.account_id
  where open_item.book_id = $1::bigint
    and (account.code like 'assets:in-transit:%' or account.code = 'liabilities:payouts-in-transit')
    and open_item.reference is not null
),
line as (
  select
    book_id, file_no, ordinal, currency, amount_minor, reference,
    concat_ws(' ', reference, external_id, narrative) as words,
    upper(regexp_replace(concat_ws(' ', reference, external_id, narrative), '[^A-Za-z0-9]', '', 'g')) as letters
  from tieout.entry_to_match
  where book_id = $1::bigint
    and (is_carried or run_id = $2::bigint)
    and role = 'bank'
),
line_word as (
  select distinct line.book_id, line.file_no, line.ordinal, word
  from line
  cross join lateral regexp_split_to_table(upper(line.words), '[^A-Z0-9]+') word
  where word <> ''
),
named as (
  select line.book_id, line.file_no, line.ordinal, item.item_id, 1 as strength
  from line
  join item
    on item.book_id = line.book_id
    and item.currency = line.currency
    and line.reference = item.reference
  union all
  select line.book_id, line.file_no, line.ordinal, item.item_id, 1
  from line
  join item
    on item.book_id = line.book_id
    and item.currency = line.currency
    and line.reference = item.payment_id
  union all
  select line.book_id, line.file_no, line.ordinal, item.item_id,
    case
      when item.reference ~ '[0-9]'
        and (item.reference ~ '[A-Za-z]' or length(item.reference) >= 5)
        and tieout.holds_whole(line.words, item.reference) then 1
      when item.token = item.key and item.token_items = 1 then 2
    end
  from line_word
  join item on item.book_id = line_word.book_id and item.key = line_word.word
  join line
    on line.book_id = line_word.book_id and line.file_no = line_word.file_no and line.ordinal = line_word.ordinal
  union all
  select line.book_id, line.file_no, line.ordinal, item.item_id, 3
  from line
  join item
    on item.book_id = line.book_id
    and item.currency = line.currency
    and item.amount_minor = line.amount_minor
  where item.token = item.key
    and item.token_items = 1
    and length(item.token) >= 10
    and position(item.token in line.letters) > 0
),
strongest as (
  select book_id, file_no, ordinal, item_id, min(strength) as strength
  from named
  where strength is not null
  group by book_id, file_no, ordinal, item_id
)
insert into tieout.match_candidate (
  book_id, run_id, file_no, ordinal, item_id, item_account_id, entry_amount_minor, item_amount_minor, strength
)
select
  strongest.book_id, $2::bigint, strongest.file_no, strongest.ordinal, strongest.item_id, open_item.account_id,
  entry.amount_minor, open_item.amount_minor, strongest.strength
from strongest
join tieout.open_item on open_item.book_id = strongest.book_id and open_item.item_id = strongest.item_id
join tieout.entry
  on entry.book_id = strongest.book_id and entry.file_no = strongest.file_no and entry.ordinal = strongest.ordinal
where entry.currency = open_item.currency and sign(entry.amount_minor) = sign(open_item.amount_minor)
