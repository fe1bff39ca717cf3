-- Journals of a part of a block with their postings, one line of JSON each, every value the text that is hashed; days as days.
--
--   $1 book_id   bigint
--   $2 block_no  bigint
--   $3 first     bigint  the first leaf_no
--   $4 last      bigint  the last leaf_no
select json_build_object(
  'type', 'journal', 'leaf', seal_leaf.leaf_no, 'hash', encode(seal_leaf.leaf_hash, 'hex'),
  'journal', json_build_object(
    'book_id', journal.book_id::text, 'booked_on', journal.booked_on, 'journal_id', journal.journal_id, 'key', journal.key,
    'kind', journal.kind, 'effective_date', journal.effective_date,
    'booked_at', (extract(epoch from journal.booked_at) * 1000000)::bigint::text,
    'reference', journal.reference, 'payment_id', journal.payment_id, 'description', journal.description,
    'run_id', journal.run_id::text, 'reverses_journal_id', journal.reverses_journal_id, 'created_by', journal.created_by,
    'metadata', journal.metadata::text, 'requested_date', journal.requested_date,
    'relates_to_period', journal.relates_to_period, 'is_announced', journal.is_announced::text,
    'postings', content.postings
  )
)::text as line
from tieout.seal_leaf
join tieout.journal on journal.book_id = seal_leaf.book_id and journal.booked_on = seal_leaf.booked_on
  and journal.journal_id = seal_leaf.journal_id
cross join lateral (
  select coalesce(json_agg(json_build_object(
    'book_id', posting.book_id::text, 'booked_on', posting.booked_on, 'journal_id', posting.journal_id, 'seq', posting.seq::text,
    'layer', posting.layer, 'debit_account_id', posting.debit_account_id::text,
    'credit_account_id', posting.credit_account_id::text, 'currency', posting.currency,
    'amount_minor', posting.amount_minor::text, 'effective_date', posting.effective_date,
    'opens_debit_item', posting.opens_debit_item::text, 'opens_credit_item', posting.opens_credit_item::text,
    'item_reference', posting.item_reference
  ) order by posting.seq), '[]'::json) as postings
  from tieout.posting
  where posting.book_id = $1::bigint and posting.booked_on = seal_leaf.booked_on and posting.journal_id = seal_leaf.journal_id
) content
where seal_leaf.book_id = $1::bigint and seal_leaf.block_no = $2::bigint and seal_leaf.leaf_no between $3::bigint and $4::bigint
order by seal_leaf.leaf_no;
