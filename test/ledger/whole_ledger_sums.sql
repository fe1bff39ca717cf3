-- Balances in each mode, days, snapshots and an assertion, from the postings of a book that was planted.
insert into tieout.balance (book_id, account_id, slot, debits_minor, credits_minor, pending_debits_minor, pending_credits_minor,
    is_debit_normal, floor_minor, ceiling_minor)
  select line.book_id, account_id, case when balance_mode = 'slots' and seconds then 1 else 0 end,
    sum(case when layer = 'settled' and side = 'debit' then minor else 0 end),
    sum(case when layer = 'settled' and side = 'credit' then minor else 0 end),
    sum(case when layer <> 'settled' and side = 'debit' then minor else 0 end),
    sum(case when layer <> 'settled' and side = 'credit' then minor else 0 end),
    case when floor_minor is not null then false end, floor_minor, ceiling_minor
  from (
    select book_id, account_id, layer, side, booked_on > '2026-02-12' as seconds,
      case when layer = 'released' then -abs(signed_minor) else abs(signed_minor) end as minor
    from tieout.account_line
  ) line
  join tieout.account using (book_id, account_id)
  where not (balance_mode = 'derived' and seconds)
  group by line.book_id, account_id, 3, floor_minor, ceiling_minor;
insert into tieout.balance_day (book_id, account_id, effective_date, booked_on, debits_minor, credits_minor, slot)
  select book_id, account_id, effective_date, booked_on, sum(greatest(signed_minor, 0)), sum(greatest(-signed_minor, 0)),
    case when balance_mode = 'slots' and booked_on > '2026-02-12' then 1 else 0 end
  from tieout.account_line join tieout.account using (book_id, account_id)
  where layer = 'settled' and not (balance_mode = 'derived' and booked_on > '2026-02-12')
  group by book_id, account_id, effective_date, booked_on, balance_mode;
insert into tieout.balance_delta
  select book_id, account_id, journal_id, effective_date, booked_on,
    sum(case when layer = 'settled' and side = 'debit' then signed_minor else 0 end),
    sum(case when layer = 'settled' and side = 'credit' then -signed_minor else 0 end),
    0,
    sum(case when side = 'debit' or layer = 'settled' then 0 when layer = 'pending' then -signed_minor else signed_minor end)
  from tieout.account_line join tieout.account using (book_id, account_id)
  where balance_mode = 'derived' and booked_on > '2026-02-12'
  group by book_id, account_id, journal_id, effective_date, booked_on;
insert into tieout.period_balance
  select period.book_id, starts_on, account_id, sum(debits_minor), sum(credits_minor)
  from tieout.period join tieout.account_day day on day.book_id = period.book_id and day.effective_date <= period.ends_on
  where state <> 'open'
  group by period.book_id, starts_on, account_id;
insert into tieout.balance_assertion
  select book_id, account_id, '2026-02-20', sum(debits_minor - credits_minor), '2026-03-01Z', 'tester', 'statement 2'
  from tieout.account_day
  where account_id = tieout.account_id('assets:bank:main', 'EUR') and effective_date <= '2026-02-20'
  group by book_id, account_id;
