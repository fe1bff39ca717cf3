-- Opens what the run finds exceptional, and what was resolved by itself and is found again; keeps what is told of it true,
-- its severity by age among it. Whoever has taken it on keeps it.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
insert into tieout.exception_item (
  book_id, exception_id, code, severity, state, source, account_code, currency, amount_minor, difference_minor, reference,
  batch, file_no, ordinal, item_id, line, element, value_date, opened_in_run, text, group_id
)
select
  book_id, exception_id, code, severity, 'OPEN', source, account_code, currency, amount_minor, difference_minor, reference,
  batch, file_no, ordinal, item_id, line, element, value_date, run_id, text, group_id
from tieout.exception_wanted
where book_id = $1::bigint and run_id = $2::bigint
on conflict (book_id, exception_id) do update
set code = excluded.code, severity = excluded.severity, amount_minor = excluded.amount_minor,
    difference_minor = excluded.difference_minor, text = excluded.text, group_id = excluded.group_id,
    state = case when exception_item.state = 'RESOLVED' then 'OPEN' else exception_item.state end,
    opened_in_run = case when exception_item.state = 'RESOLVED' then excluded.opened_in_run else exception_item.opened_in_run end,
    closed_in_run = null
where exception_item.closed_in_run is not null
  or (exception_item.state <> 'RESOLVED'
    and (exception_item.code, exception_item.severity, exception_item.text, exception_item.amount_minor,
         exception_item.difference_minor, exception_item.group_id)
      is distinct from
        (excluded.code, excluded.severity, excluded.text, excluded.amount_minor, excluded.difference_minor,
         excluded.group_id))
