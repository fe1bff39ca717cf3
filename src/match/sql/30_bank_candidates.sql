-- Level 2: bank entries that name the reference of an item in transit, whatever the amounts.
--
-- A bank cuts, folds and spaces a narrative at will. So an entry names an item by its reference, by the word of the
-- payout text that banks quote, or by holding that word among its letters and digits; the first of these is the
-- strongest (1 to 3).
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with item as (
  select
    open_item.book_id, open_item.item_id, open_item.account_id, open_item.currency, open_item.amount_minor,
    open_item.reference, open_item.payment_id, tieout.match_token(open_item.reference) as token
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
    tieout.match_text(concat_ws(' ', reference, external_id, narrative)) as letters
  from tieout.entry_to_match
  where book_id = $1::bigint
    and (is_carried or run_id = $2::bigint)
    and role = 'bank'
)
insert into tieout.match_candidate (
  book_id, run_id, file_no, ordinal, item_id, item_account_id, entry_amount_minor, item_amount_minor, strength
)
select
  line.book_id, $2::bigint, line.file_no, line.ordinal, item.item_id, item.account_id, line.amount_minor,
  item.amount_minor,
  case
    when line.reference = item.reference or line.reference = item.payment_id then 1
    when tieout.holds_whole(line.words, item.reference) or tieout.holds_whole(line.words, item.token) then 2
    else 3
  end
from line
join item
  on item.book_id = line.book_id
  and item.currency = line.currency
  and sign(item.amount_minor) = sign(line.amount_minor)
  and (
    line.reference = item.reference
    or line.reference = item.payment_id
    or (length(item.token) >= 6 and position(item.token in line.letters) > 0)
  )
