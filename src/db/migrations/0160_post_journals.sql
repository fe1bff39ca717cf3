-- The one function that moves money: one journal for a payment, thousands for a batch, by the same statements.
--
-- Each journal is created, found to exist, or refused with a code, as if they had been asked for one after the other. What
-- no other journal of the call can change is decided and written in sets; only journals that act on a hold or on another
-- journal, and those on limited accounts that would break a limit, are taken one by one, in their order.
--
-- Locks are taken in one order: the book's periods (shared), accounts (key share), keys, limited balances, holds, sums of
-- reversals, open items, other balances.

drop table tieout.posting_request;

-- The same ids as before, found three times as fast: without strict it is part of the plan, and it works on bytes.
create or replace function tieout.item_id(journal_id uuid, seq int, is_debit boolean) returns uuid
language sql immutable parallel safe
return encode(
  set_byte(
    set_byte(uuid_send(journal_id), 14, (seq * 2 + case when is_debit then 0 else 1 end) / 256),
    15, (seq * 2 + case when is_debit then 0 else 1 end) % 256
  ), 'hex'
)::uuid;

create function tieout.account_refusals(
  p_book_id bigint, p_line_of int[], p_debit bigint[], p_credit bigint[], p_currency text[], p_opens_debit boolean[],
  p_opens_credit boolean[], p_account_id bigint[], p_account_code text[]
) returns table (line_of int, code text)
language sql stable
as $$
  select refusal.line_of,
    (array['unknown_account', 'currency_mismatch', 'account_closed', 'account_frozen', 'not_reconcilable'])[min(refusal.rank)]
  from (
    select line.line_of,
      case
        -- A code that is there in another currency.
        when debit.account_id is null or credit.account_id is null then
          case when (
            debit.account_id is not null or exists (
              select from tieout.account other
              where other.book_id = p_book_id and other.code = p_account_code[array_position(p_account_id, line.debit)]
            )
          ) and (
            credit.account_id is not null or exists (
              select from tieout.account other
              where other.book_id = p_book_id and other.code = p_account_code[array_position(p_account_id, line.credit)]
            )
          ) then 2 else 1 end
        when debit.currency <> line.currency or credit.currency <> line.currency then 2
        when debit.status = 'closed' or credit.status = 'closed' then 3
        when debit.status in ('frozen', 'debit_frozen') or credit.status in ('frozen', 'credit_frozen') then 4
        when (line.opens_debit and not debit.is_reconcilable) or (line.opens_credit and not credit.is_reconcilable) then 5
      end as rank
    from unnest(p_line_of, p_debit, p_credit, p_currency, p_opens_debit, p_opens_credit)
      as line (line_of, debit, credit, currency, opens_debit, opens_credit)
    left join lateral (
      select * from tieout.account where account.book_id = p_book_id and account.account_id = line.debit limit 1
    ) debit on true
    left join lateral (
      select * from tieout.account where account.book_id = p_book_id and account.account_id = line.credit limit 1
    ) credit on true
  ) refusal
  where refusal.rank is not null
  group by refusal.line_of
$$;
comment on function tieout.account_refusals is
  'Which journals their accounts refuse, and why: the gravest reason of each.';

-- Accounts are looked up one by one, by lateral queries with a limit: no plan made while a table was small reads it whole.

create function tieout.add_to_balances(
  p_book_id bigint, p_operation_id uuid, p_booked_on date, p_leaves_limited boolean, p_has_derived boolean, p_account_id bigint[],
  p_effective_date date[], p_debits bigint[], p_credits bigint[], p_pending_debits bigint[], p_pending_credits bigint[]
) returns void
language plpgsql
as $$
begin
  insert into tieout.balance (
    book_id, account_id, slot, debits_minor, credits_minor, pending_debits_minor, pending_credits_minor
  )
  select
    p_book_id, account.account_id,
    case when account.balance_mode = 'slots' then get_byte(uuid_send(p_operation_id), 15) % account.slots else 0 end,
    moved.debits, moved.credits, moved.pending_debits, moved.pending_credits
  from (
    select account_id, sum(debits)::bigint as debits, sum(credits)::bigint as credits,
      sum(pending_debits)::bigint as pending_debits, sum(pending_credits)::bigint as pending_credits
    from unnest(p_account_id, p_debits, p_credits, p_pending_debits, p_pending_credits)
      as part (account_id, debits, credits, pending_debits, pending_credits)
    group by account_id
  ) moved
  cross join lateral (
    select account_id, balance_mode, slots, floor_minor, ceiling_minor
    from tieout.account
    where account.book_id = p_book_id and account.account_id = moved.account_id
    limit 1
  ) account
  where account.balance_mode <> 'derived'
    and not (p_leaves_limited and (account.floor_minor is not null or account.ceiling_minor is not null))
  order by account.account_id
  on conflict (book_id, account_id, slot) do update
  set debits_minor = balance.debits_minor + excluded.debits_minor,
      credits_minor = balance.credits_minor + excluded.credits_minor,
      pending_debits_minor = balance.pending_debits_minor + excluded.pending_debits_minor,
      pending_credits_minor = balance.pending_credits_minor + excluded.pending_credits_minor;

  insert into tieout.balance_day (book_id, account_id, effective_date, booked_on, slot, debits_minor, credits_minor)
  select
    p_book_id, account.account_id, moved.effective_date, p_booked_on,
    case when account.balance_mode = 'slots' then get_byte(uuid_send(p_operation_id), 15) % account.slots else 0 end,
    moved.debits, moved.credits
  from unnest(p_account_id, p_effective_date, p_debits, p_credits) as moved (account_id, effective_date, debits, credits)
  cross join lateral (
    select account_id, balance_mode, slots, floor_minor, ceiling_minor
    from tieout.account
    where account.book_id = p_book_id and account.account_id = moved.account_id
    limit 1
  ) account
  where account.balance_mode <> 'derived' and (moved.debits <> 0 or moved.credits <> 0)
  order by account.account_id, moved.effective_date
  on conflict (book_id, account_id, effective_date, booked_on, slot) do update
  set debits_minor = balance_day.debits_minor + excluded.debits_minor,
      credits_minor = balance_day.credits_minor + excluded.credits_minor;

  if p_has_derived then
    insert into tieout.balance_delta (
      book_id, account_id, operation_id, effective_date, booked_on, debits_minor, credits_minor, pending_debits_minor,
      pending_credits_minor
    )
    select
      p_book_id, account.account_id, p_operation_id, moved.effective_date, p_booked_on, moved.debits, moved.credits,
      moved.pending_debits, moved.pending_credits
    from unnest(p_account_id, p_effective_date, p_debits, p_credits, p_pending_debits, p_pending_credits)
      as moved (account_id, effective_date, debits, credits, pending_debits, pending_credits)
    cross join lateral (
      select account_id, balance_mode
      from tieout.account
      where account.book_id = p_book_id and account.account_id = moved.account_id
      limit 1
    ) account
    where account.balance_mode = 'derived';
  end if;
end
$$;
comment on function tieout.add_to_balances is
  'Adds sums by account and effective date to the balances, in the order of accounts; one row for an account and day.';

create index hold_resolution_by_journal on tieout.hold_resolution (book_id, journal_id);

create function tieout.journal_difference(p_book_id bigint, p_key_hash bytea, p_request jsonb) returns text
language plpgsql stable
as $$
declare
  v_key tieout.journal_key;
  v_known jsonb;
  v_acted_on tieout.journal;
  v_is_act boolean := p_request ->> 'action' in ('reverse', 'post', 'void', 'expire');
  v_field text;
begin
  select * into v_key from tieout.journal_key where book_id = p_book_id and key_hash = p_key_hash;
  select request into v_known from tieout.journal_refusal where book_id = p_book_id and key_hash = p_key_hash;
  if v_known is null then
    select target.* into v_acted_on
    from tieout.journal
    left join tieout.reversal
      on reversal.book_id = journal.book_id and reversal.reversed_journal_id = journal.reverses_journal_id
      and reversal.journal_id = journal.journal_id
    left join tieout.hold_resolution
      on hold_resolution.book_id = journal.book_id and hold_resolution.journal_id = journal.journal_id
    left join tieout.hold on hold.book_id = hold_resolution.book_id and hold.hold_id = hold_resolution.hold_id
    join tieout.journal target
      on target.book_id = journal.book_id
      and target.booked_on = coalesce(reversal.reversed_booked_on, hold.booked_on)
      and target.journal_id = coalesce(reversal.reversed_journal_id, hold.hold_id)
    where journal.book_id = p_book_id and journal.booked_on = v_key.booked_on and journal.journal_id = v_key.journal_id;
    select jsonb_build_object(
      'kind', journal.kind,
      'effective_date', coalesce(journal.requested_date, journal.effective_date),
      'reference', journal.reference,
      'payment_id', journal.payment_id,
      'description', journal.description,
      'metadata', journal.metadata,
      'action', case
        when journal.reverses_journal_id is not null then 'reverse'
        when hold.hold_id is not null then 'hold'
        else hold_resolution.action
      end,
      'target', encode(substring(sha256(convert_to(v_acted_on.key, 'UTF8')) for 16), 'hex'),
      'expires_at', hold.expires_at
    ) || case
      when not v_is_act or v_acted_on.journal_id is null then (
        select jsonb_build_object(
          'postings', count(*),
          'currency', jsonb_agg(posting.currency order by posting.seq),
          'debit_account', jsonb_agg(posting.debit_account_id order by posting.seq),
          'credit_account', jsonb_agg(posting.credit_account_id order by posting.seq),
          'amount', jsonb_agg(posting.amount_minor order by posting.seq),
          'opens', jsonb_agg(posting.opens_debit_item::text || posting.opens_credit_item::text order by posting.seq),
          'item_reference', jsonb_agg(coalesce(posting.item_reference, journal.reference) order by posting.seq)
        )
        from tieout.posting
        where posting.book_id = p_book_id and posting.booked_on = journal.booked_on and posting.journal_id = journal.journal_id
      )
      -- What a journal that acts on another moved was not asked for line by line; whether for amounts, its digest says.
      when get_byte(v_key.fingerprint, 15) % 2 = 0 then '{}'::jsonb
      when hold_resolution.amount_minor is not null then jsonb_build_object('amount', jsonb_build_array(hold_resolution.amount_minor))
      else (
        select jsonb_build_object('amount', jsonb_agg(coalesce(posting.amount_minor, 0) order by original.seq))
        from tieout.posting original
        left join tieout.posting
          on posting.book_id = original.book_id and posting.booked_on = journal.booked_on
          and posting.journal_id = journal.journal_id and posting.seq = original.seq
        where original.book_id = p_book_id and original.booked_on = v_acted_on.booked_on
          and original.journal_id = v_acted_on.journal_id and original.layer = 'settled'
      )
    end into v_known
    from tieout.journal
    left join tieout.hold on hold.book_id = journal.book_id and hold.hold_id = journal.journal_id
    left join tieout.hold_resolution
      on hold_resolution.book_id = journal.book_id and hold_resolution.journal_id = journal.journal_id
    where journal.book_id = p_book_id and journal.booked_on = v_key.booked_on and journal.journal_id = v_key.journal_id;
    -- What is not said is as in the journal that is acted on.
    if v_is_act then
      p_request := p_request || jsonb_build_object(
        'reference', coalesce(p_request ->> 'reference', v_acted_on.reference),
        'payment_id', coalesce(p_request ->> 'payment_id', v_acted_on.payment_id)
      );
    end if;
  end if;
  -- Amounts that are left out at the end are zero.
  if v_is_act and v_known ? 'amount' and p_request ? 'amount' then
    select p_request || jsonb_build_object('amount', jsonb_agg(coalesce(asked.value, '0'::jsonb) order by at)),
      v_known || jsonb_build_object('amount', jsonb_agg(coalesce(known.value, '0'::jsonb) order by at))
    into p_request, v_known
    from jsonb_array_elements(v_known -> 'amount') with ordinality as known (value, at)
    full join jsonb_array_elements(p_request -> 'amount') with ordinality as asked (value, at) using (at);
  end if;
  foreach v_field in array array[
    'action', 'target', 'kind', 'effective_date', 'postings', 'currency', 'debit_account', 'credit_account', 'amount', 'reference',
    'payment_id', 'description', 'metadata', 'expires_at', 'opens', 'item_reference'
  ] loop
    if v_known -> v_field is distinct from p_request -> v_field then
      return v_field;
    end if;
  end loop;
  return null;
end
$$;
comment on function tieout.journal_difference is
  'The first business field in which what is asked now differs from what the key was first asked for; null when none does.';

create function tieout.lines_by_account(
  p_layer text[], p_debit bigint[], p_credit bigint[], p_amount bigint[]
) returns table (account_id bigint, debits bigint, credits bigint, pending_debits bigint, pending_credits bigint)
language sql immutable
as $$
  select case when side.is_debit then line.debit else line.credit end,
    coalesce(sum(line.amount) filter (where side.is_debit and line.layer = 'settled'), 0)::bigint,
    coalesce(sum(line.amount) filter (where not side.is_debit and line.layer = 'settled'), 0)::bigint,
    coalesce(sum(case when line.layer = 'pending' then line.amount else -line.amount end)
      filter (where side.is_debit and line.layer <> 'settled'), 0)::bigint,
    coalesce(sum(case when line.layer = 'pending' then line.amount else -line.amount end)
      filter (where not side.is_debit and line.layer <> 'settled'), 0)::bigint
  from unnest(p_layer, p_debit, p_credit, p_amount) as line (layer, debit, credit, amount)
  cross join (values (true), (false)) side (is_debit)
  group by 1
$$;
comment on function tieout.lines_by_account is 'What the lines of one journal move on each of its accounts, settled and pending.';

create function tieout.line_ranges(p_count int, p_line_of int[], out first int[], out last int[])
language sql immutable
as $$
  select array_agg(range.first order by range.at), array_agg(range.last order by range.at)
  from (
    select request.at, min(line.at)::int as first, max(line.at)::int as last
    from generate_series(1, p_count) request (at)
    left join unnest(p_line_of) with ordinality as line (line_of, at) on line.line_of = request.at
    group by request.at
  ) range
$$;
comment on function tieout.line_ranges is 'The first and the last line of each journal, so that one of thousands is not looked for among all lines.';

create function tieout.request_content(
  p_at bigint, p_kind text[], p_effective_date date[], p_reference text[], p_payment_id text[], p_description text[],
  p_metadata jsonb[], p_action text[], p_target bytea[], p_parts text[], p_expires_at timestamptz[], p_first int,
  p_last int, p_debit bigint[], p_credit bigint[], p_currency text[], p_amount bigint[], p_opens_debit boolean[],
  p_opens_credit boolean[], p_item_reference text[]
) returns jsonb
language sql stable
as $$
  select jsonb_build_object(
    'kind', p_kind[p_at],
    'effective_date', p_effective_date[p_at],
    'reference', p_reference[p_at],
    'payment_id', p_payment_id[p_at],
    'description', p_description[p_at],
    'metadata', p_metadata[p_at],
    'action', p_action[p_at],
    'target', encode(p_target[p_at], 'hex'),
    'expires_at', p_expires_at[p_at]
  ) || case
    when p_parts[p_at] is not null then jsonb_build_object('amount', to_jsonb(p_parts[p_at]::bigint[]))
    else coalesce((
      select jsonb_build_object(
        'postings', count(*),
        'currency', jsonb_agg(line.currency order by line.at),
        'debit_account', jsonb_agg(line.debit order by line.at),
        'credit_account', jsonb_agg(line.credit order by line.at),
        'amount', jsonb_agg(line.amount order by line.at),
        'opens', jsonb_agg(line.opens_debit::text || line.opens_credit::text order by line.at),
        'item_reference', jsonb_agg(coalesce(line.item_reference, p_reference[p_at]) order by line.at)
      )
      from unnest(
        p_debit[p_first:p_last], p_credit[p_first:p_last], p_currency[p_first:p_last], p_amount[p_first:p_last],
        p_opens_debit[p_first:p_last], p_opens_credit[p_first:p_last], p_item_reference[p_first:p_last]
      ) with ordinality as line (debit, credit, currency, amount, opens_debit, opens_credit, item_reference, at)
      having count(*) > 0
    ), '{}'::jsonb)
  end
$$;
comment on function tieout.request_content is 'The business fields of one journal that is asked for, for comparing and for keeping a refusal.';

create function tieout.post_journals(
  p_book_id bigint, p_operation_id uuid, p_booked_on date, p_booked_at timestamptz, p_keeps_refusals boolean,
  p_defers_balances boolean,
  p_account_id bigint[], p_account_code text[], p_opened_account_id bigint[],
  p_key text[], p_key_hash bytea, p_journal_id bytea, p_fingerprint bytea, p_kind text[], p_effective_date date[],
  p_reference text[], p_payment_id text[], p_description text[], p_run_id bigint[], p_created_by text[],
  p_metadata jsonb[], p_action text[], p_target bytea[], p_parts text[], p_expires_at timestamptz[], p_closed_period text[],
  p_is_announced boolean[],
  p_line_of int[], p_seq int[], p_debit bigint[], p_credit bigint[], p_currency text[], p_amount bigint[],
  p_opens_debit boolean[], p_opens_credit boolean[], p_own_reference text[], p_item_kind text[], p_item_reference text[],
  p_item_payment_id text[],
  out created int, out balances_are_due boolean, out not_created int[], out code text[], out is_replay boolean[]
)
language plpgsql
-- Planned once a session: one plan for one journal and for thousands.
set plan_cache_mode = 'force_generic_plan'
as $$
#variable_conflict use_column
declare
  v_count int := cardinality(p_key);
  v_accounts bigint[] := p_account_id;
  v_known_accounts int;
  v_is_plain boolean;
  v_has_derived boolean;
  v_has_closed_days boolean;
  v_limited bigint[];
  v_booked_at timestamptz := p_booked_at;
  v_is_sequential boolean := false;
  -- What is decided: null while a journal is to be created.
  v_code text[];
  v_is_known boolean[];
  v_claimed int;
  v_date date[] := p_effective_date;
  v_requested date[];
  v_period text[];
  v_reverses uuid[];
  v_targets uuid[];
  -- The lines to write: those that were asked for, then those that follow from acts on holds and journals.
  v_of int[] := p_line_of;
  v_seq int[] := p_seq;
  v_layer text[];
  v_debit bigint[] := p_debit;
  v_credit bigint[] := p_credit;
  v_currency text[] := p_currency;
  v_amount bigint[] := p_amount;
  v_opens_debit boolean[] := p_opens_debit;
  v_opens_credit boolean[] := p_opens_credit;
  v_own_reference text[] := p_own_reference;
  v_item_kind text[] := p_item_kind;
  v_item_reference text[] := p_item_reference;
  v_item_payment_id text[] := p_item_payment_id;
  v_act record;
  v_line record;
  v_hold_id uuid;
  v_hold tieout.hold;
  v_original record;
  v_reference text[] := p_reference;
  v_payment_id text[] := p_payment_id;
  v_parts bigint[];
  v_part bigint;
  v_left bigint;
  v_refusal text;
  -- The lines of each journal that was asked for line by line, and of the one that is looked at.
  v_from int[];
  v_to int[];
  v_first int;
  v_last int;
  v_day date;
  v_has_item boolean;
  v_request jsonb;
  v_field text;
begin
  perform pg_advisory_xact_lock_shared(tieout.period_lock_key(p_book_id));

  -- Accounts: those named, and those of the holds and journals acted on.
  if p_action is not null then
    select array_agg(distinct found.account_id) into v_accounts
    from (
      select account_id from unnest(p_account_id) as named (account_id)
      union
      select side.account_id
      from tieout.journal_key
      join tieout.posting
        on posting.book_id = journal_key.book_id and posting.booked_on = journal_key.booked_on
        and posting.journal_id = journal_key.journal_id
      cross join lateral (values (posting.debit_account_id), (posting.credit_account_id)) side (account_id)
      where journal_key.book_id = p_book_id and journal_key.key_hash = any (p_target)
    ) found;
  end if;
  select count(*),
    coalesce(bool_and(account.status = 'active' and account.balance_mode = 'inline'), true)
      and coalesce(bool_and(account.is_reconcilable) filter (where account.account_id = any (p_opened_account_id)), true),
    array_agg(account.account_id order by account.account_id)
      filter (where account.floor_minor is not null or account.ceiling_minor is not null),
    bool_or(account.balance_mode = 'derived'),
    exists (
      select
      from tieout.period
      where period.book_id = p_book_id
        and period.state <> 'open'
        and period.ends_on >= (select min(day) from unnest(p_effective_date) as asked (day))
    )
  into v_known_accounts, v_is_plain, v_limited, v_has_derived, v_has_closed_days
  from unnest(v_accounts) as named (account_id)
  cross join lateral (
    select account_id, status, balance_mode, is_reconcilable, floor_minor, ceiling_minor
    from tieout.account
    where account.book_id = p_book_id and account.account_id = named.account_id
    for key share
  ) account;
  v_is_plain := v_is_plain and p_action is null and v_known_accounts = cardinality(v_accounts);

  -- Sides that open an item where their account has items.
  if array_position(v_opens_debit, null) is not null or array_position(v_opens_credit, null) is not null then
    select array_agg(coalesce(line.opens_debit, debit.is_reconcilable, false) order by line.at),
      array_agg(coalesce(line.opens_credit, credit.is_reconcilable, false) order by line.at)
    into v_opens_debit, v_opens_credit
    from unnest(v_debit, v_credit, v_opens_debit, v_opens_credit) with ordinality
      as line (debit, credit, opens_debit, opens_credit, at)
    left join lateral (
      select * from tieout.account where account.book_id = p_book_id and account.account_id = line.debit limit 1
    ) debit on true
    left join lateral (
      select * from tieout.account where account.book_id = p_book_id and account.account_id = line.credit limit 1
    ) credit on true;
  end if;

  if not v_is_plain then
    select array_agg(refusal.code order by request.at) into v_code
    from generate_series(1, v_count) request (at)
    left join tieout.account_refusals(
      p_book_id, p_line_of, v_debit, v_credit, v_currency, v_opens_debit, v_opens_credit, p_account_id, p_account_code
    ) refusal on refusal.line_of = request.at;
  end if;

  -- Days of closed periods, and those before the first: closed periods are one unbroken row.
  if v_has_closed_days then
    v_code := coalesce(v_code, array_fill(null::text, array[v_count]));
    v_requested := array_fill(null::date, array[v_count]);
    v_period := array_fill(null::text, array[v_count]);
    for v_act in
      select asked.at, asked.day, closed.name, closed.state
      from unnest(p_effective_date) with ordinality as asked (day, at)
      cross join lateral (
        select period.name, period.state
        from tieout.period
        where period.book_id = p_book_id and period.state <> 'open' and period.ends_on >= asked.day
        order by period.ends_on
        limit 1
      ) closed
    loop
      if p_closed_period[v_act.at] = 'refuse' or (p_closed_period[v_act.at] = 'adjust' and v_act.state = 'locked') then
        v_code[v_act.at] := coalesce(v_code[v_act.at], 'period_closed');
      elsif p_closed_period[v_act.at] is distinct from 'adjust' then
        v_day := tieout.next_open_day(p_book_id, v_act.day);
        v_date[v_act.at] := v_day;
        v_requested[v_act.at] := v_act.day;
        v_period[v_act.at] := v_act.name;
      else
        v_period[v_act.at] := v_act.name;
      end if;
    end loop;
  end if;

  -- Keys: the first journal asked under a key takes it, here and against all others at once.
  insert into tieout.journal_key (book_id, key_hash, journal_id, booked_on, fingerprint, operation_id)
  select
    p_book_id,
    substring(p_key_hash from asked.at * 16 - 15 for 16),
    encode(substring(p_journal_id from asked.at * 16 - 15 for 16), 'hex')::uuid,
    p_booked_on,
    substring(p_fingerprint from asked.at * 16 - 15 for 16),
    p_operation_id
  from generate_series(1, v_count) asked (at)
  where p_keeps_refusals or v_code is null or v_code[asked.at] is null
  order by 2, asked.at
  on conflict (book_id, key_hash) do nothing;
  get diagnostics v_claimed = row_count;
  if v_claimed < v_count then
    v_code := coalesce(v_code, array_fill(null::text, array[v_count]));
    select array_agg(
      asked.operation_id is not null
        and (asked.operation_id <> p_operation_id or asked.at > asked.claimed_at) order by asked.at
    ) into v_is_known
    from (
      select request.at, journal_key.operation_id,
        min(request.at) filter (where request.is_wanted) over (partition by request.key_hash) as claimed_at
      from (
        select at, substring(p_key_hash from at * 16 - 15 for 16) as key_hash, p_keeps_refusals or v_code[at] is null as is_wanted
        from generate_series(1, v_count) series (at)
      ) request
      left join lateral (
        select operation_id
        from tieout.journal_key
        where journal_key.book_id = p_book_id and journal_key.key_hash = request.key_hash
        limit 1
      ) journal_key on true
    ) asked;
    for v_first in select known.at from unnest(v_is_known) with ordinality as known (is_known, at) where known.is_known loop
      v_code[v_first] := 'exists';
    end loop;
  end if;

  -- Limits: all of them hold on the way, or the journals on limited accounts are taken one by one.
  v_is_sequential := p_action is not null;
  if v_limited is not null then
    perform
    from unnest(v_limited) as limited (account_id)
    cross join lateral (
      select
      from tieout.balance
      where balance.book_id = p_book_id and balance.account_id = limited.account_id and balance.slot = 0
      for no key update
    ) locked;
    get diagnostics v_first = row_count;
    if v_first < cardinality(v_limited) then
      raise exception 'a limited account has no balance row that holds its limits';
    end if;
    -- Clocks of two writers may disagree: on a limited account the instant of booking never runs back.
    select greatest(v_booked_at, max(balance.booked_at)) into v_booked_at
    from unnest(v_limited) as limited (account_id)
    join tieout.balance
      on balance.book_id = p_book_id and balance.account_id = limited.account_id and balance.slot = 0;
    update tieout.balance
    set booked_at = v_booked_at
    where balance.book_id = p_book_id and balance.account_id = any (v_limited) and balance.slot = 0;
    v_is_sequential := v_is_sequential or exists (
      select
      from (
        select balance.*,
          sum(moved.debits) over way as debits, sum(moved.credits) over way as credits
        from (
          select line.line_of, case when side.is_debit then line.debit else line.credit end as account_id,
            sum(case when side.is_debit then line.amount else 0 end) as debits,
            sum(case when side.is_debit then 0 else line.amount end) as credits
          from unnest(v_of, v_debit, v_credit, v_amount) as line (line_of, debit, credit, amount)
          cross join (values (true), (false)) side (is_debit)
          where (v_code is null or v_code[line.line_of] is null)
            and case when side.is_debit then line.debit else line.credit end = any (v_limited)
          group by line.line_of, 2
        ) moved
        join tieout.balance
          on balance.book_id = p_book_id and balance.account_id = moved.account_id and balance.slot = 0
        window way as (partition by moved.account_id order by moved.line_of)
      ) reached
      where reached.floor_minor > case
          when reached.is_debit_normal then
            reached.debits_minor + reached.debits - reached.credits_minor - reached.credits - reached.pending_credits_minor
          else reached.credits_minor + reached.credits - reached.debits_minor - reached.debits - reached.pending_debits_minor
        end
        or reached.ceiling_minor < case
          when reached.is_debit_normal then
            reached.debits_minor + reached.debits + reached.pending_debits_minor - reached.credits_minor - reached.credits
          else reached.credits_minor + reached.credits + reached.pending_credits_minor - reached.debits_minor - reached.debits
        end
    );
  end if;

  if v_is_sequential then
    v_code := coalesce(v_code, array_fill(null::text, array[v_count]));
    v_reverses := array_fill(null::uuid, array[v_count]);
    v_layer := array_fill('settled'::text, array[coalesce(cardinality(v_of), 0)]);
    select range.first, range.last into v_from, v_to from tieout.line_ranges(v_count, p_line_of) range;
    if p_target is not null then
      select array_agg(journal_key.journal_id) into v_targets
      from tieout.journal_key
      where journal_key.book_id = p_book_id and journal_key.key_hash = any (p_target);
      perform from tieout.hold
      where hold.book_id = p_book_id and hold.hold_id = any (v_targets)
      order by hold.hold_id
      for no key update;
      -- So are the sums of what is reversed, before they are taken one by one.
      if v_count > 1 then
        insert into tieout.reversal_total (book_id, journal_id, seq, amount_minor, reversed_minor)
        select distinct posting.book_id, posting.journal_id, posting.seq, posting.amount_minor, 0
        from unnest(p_action, p_target, v_code) as asked (action, target, code)
        join tieout.journal_key on journal_key.book_id = p_book_id and journal_key.key_hash = asked.target
        join tieout.journal
          on journal.book_id = p_book_id and journal.booked_on = journal_key.booked_on
          and journal.journal_id = journal_key.journal_id and journal.reverses_journal_id is null
        join tieout.posting
          on posting.book_id = p_book_id and posting.booked_on = journal.booked_on
          and posting.journal_id = journal.journal_id and posting.layer = 'settled'
        where asked.action = 'reverse' and asked.code is null
        order by posting.journal_id, posting.seq
        on conflict (book_id, journal_id, seq) do nothing;
        perform from tieout.reversal_total
        where reversal_total.book_id = p_book_id
          and reversal_total.journal_id = any (v_targets)
        order by reversal_total.journal_id, reversal_total.seq
        for no key update;
      end if;
    end if;
    for v_act in
      select asked.at, p_action[asked.at] as action, p_target[asked.at] as target, p_parts[asked.at]::bigint[] as parts,
        encode(substring(p_journal_id from asked.at * 16 - 15 for 16), 'hex')::uuid as journal_id
      from generate_series(1, v_count) asked (at)
      where v_code[asked.at] is null
        and (
          p_action[asked.at] is not null
          or asked.at in (
            select line.line_of from unnest(v_of, v_debit, v_credit) as line (line_of, debit, credit)
            where line.debit = any (v_limited) or line.credit = any (v_limited)
          )
        )
      order by asked.at
    loop
      v_refusal := null;
      v_first := coalesce(v_from[v_act.at], cardinality(v_of) + 1);
      if v_act.action in ('post', 'void', 'expire') then
        select journal_key.journal_id into v_hold_id
        from tieout.journal_key
        where journal_key.book_id = p_book_id and journal_key.key_hash = v_act.target;
        select * into v_hold
        from tieout.hold
        where hold.book_id = p_book_id and hold.hold_id = v_hold_id
          -- One that was placed by somebody else in this moment comes after us: its accounts are not locked.
          and hold.debit_account_id = any (v_accounts) and hold.credit_account_id = any (v_accounts)
        for no key update;
        v_part := coalesce(v_act.parts[1], v_hold.remaining_minor);
        v_refusal := case
          when v_hold.hold_id is null then 'unknown_hold'
          when v_hold.remaining_minor = 0 and v_hold.expired_minor > 0 then 'hold_already_expired'
          when v_hold.remaining_minor = 0 and v_hold.voided_minor > 0 then 'hold_already_voided'
          when v_hold.remaining_minor = 0 then 'hold_already_posted'
          when v_act.action = 'expire' and (v_hold.expires_at is null or v_hold.expires_at > p_booked_at) then 'hold_not_expired'
          when v_act.action = 'post' and v_hold.expires_at <= p_booked_at then 'hold_expired'
          when v_part > v_hold.remaining_minor then 'exceeds_hold'
        end;
        if v_refusal is null then
          select journal.reference, journal.payment_id, posting.opens_debit_item, posting.opens_credit_item, posting.item_reference
          into v_line
          from tieout.journal
          join tieout.posting
            on posting.book_id = journal.book_id and posting.booked_on = journal.booked_on
            and posting.journal_id = journal.journal_id and posting.layer = 'pending'
          where journal.book_id = p_book_id and journal.booked_on = v_hold.booked_on and journal.journal_id = v_hold.hold_id;
          v_reference[v_act.at] := coalesce(p_reference[v_act.at], v_line.reference);
          v_payment_id[v_act.at] := coalesce(p_payment_id[v_act.at], v_line.payment_id);
          v_of := v_of || v_act.at;
          v_seq := v_seq || 1;
          v_layer := v_layer || 'released'::text;
          v_debit := v_debit || v_hold.debit_account_id;
          v_credit := v_credit || v_hold.credit_account_id;
          v_currency := v_currency || v_hold.currency;
          v_amount := v_amount || v_part;
          v_opens_debit := v_opens_debit || false;
          v_opens_credit := v_opens_credit || false;
          v_own_reference := v_own_reference || null::text;
          if v_act.action = 'post' then
            v_of := v_of || v_act.at;
            v_seq := v_seq || 2;
            v_layer := v_layer || 'settled'::text;
            v_debit := v_debit || v_hold.debit_account_id;
            v_credit := v_credit || v_hold.credit_account_id;
            v_currency := v_currency || v_hold.currency;
            v_amount := v_amount || v_part;
            v_opens_debit := v_opens_debit || v_line.opens_debit_item;
            v_opens_credit := v_opens_credit || v_line.opens_credit_item;
            v_own_reference := v_own_reference || v_line.item_reference;
          end if;
        end if;
      elsif v_act.action = 'reverse' then
        select journal.journal_id, journal.booked_on, journal.reverses_journal_id, journal.reference, journal.payment_id
        into v_original
        from tieout.journal_key
        join tieout.journal
          on journal.book_id = journal_key.book_id and journal.booked_on = journal_key.booked_on
          and journal.journal_id = journal_key.journal_id
        where journal_key.book_id = p_book_id and journal_key.key_hash = v_act.target
          and not exists (
            select from tieout.posting
            where posting.book_id = p_book_id and posting.booked_on = journal.booked_on
              and posting.journal_id = journal.journal_id
              and (posting.debit_account_id = any (v_accounts) and posting.credit_account_id = any (v_accounts)) is not true
          );
        if v_original.journal_id is null then
          v_refusal := 'unknown_journal';
        elsif v_original.reverses_journal_id is not null then
          v_refusal := 'not_reversible';
        else
          insert into tieout.reversal_total (book_id, journal_id, seq, amount_minor, reversed_minor)
          select posting.book_id, posting.journal_id, posting.seq, posting.amount_minor, 0
          from tieout.posting
          where posting.book_id = p_book_id and posting.booked_on = v_original.booked_on
            and posting.journal_id = v_original.journal_id and posting.layer = 'settled'
          order by posting.seq
          on conflict (book_id, journal_id, seq) do nothing;
          v_parts := null;
          v_left := null;
          select array_agg(locked.left_minor order by locked.seq), sum(locked.left_minor) into v_parts, v_left
          from (
            select reversal_total.seq, reversal_total.amount_minor - reversal_total.reversed_minor as left_minor
            from tieout.reversal_total
            where reversal_total.book_id = p_book_id and reversal_total.journal_id = v_original.journal_id
            order by reversal_total.seq
            for no key update
          ) locked;
          v_refusal := case
            when v_parts is null then 'not_reversible'
            when v_left = 0 then 'already_reversed'
            when cardinality(v_act.parts) > cardinality(v_parts) then 'exceeds_original'
            when exists (
              select from unnest(v_act.parts, v_parts) as part (asked, remaining) where part.asked > part.remaining
            ) then 'exceeds_original'
          end;
        end if;
        if v_refusal is null then
          v_reference[v_act.at] := coalesce(p_reference[v_act.at], v_original.reference);
          v_payment_id[v_act.at] := coalesce(p_payment_id[v_act.at], v_original.payment_id);
          for v_line in
            select posting.seq, posting.debit_account_id, posting.credit_account_id, posting.currency,
              posting.opens_debit_item, posting.opens_credit_item, posting.item_reference, part.amount,
              debit.is_reconcilable as debit_has_items, credit.is_reconcilable as credit_has_items
            from (
              select original.*, row_number() over (partition by original.book_id order by original.seq) as place
              from tieout.posting original
              where original.book_id = p_book_id and original.booked_on = v_original.booked_on
                and original.journal_id = v_original.journal_id and original.layer = 'settled'
            ) posting
            join unnest(coalesce(v_act.parts, v_parts)) with ordinality as part (amount, at) on part.at = posting.place
            join tieout.account debit on debit.book_id = posting.book_id and debit.account_id = posting.debit_account_id
            join tieout.account credit on credit.book_id = posting.book_id and credit.account_id = posting.credit_account_id
            where part.amount > 0
            order by posting.seq
          loop
            v_of := v_of || v_act.at;
            v_seq := v_seq || v_line.seq;
            v_layer := v_layer || 'settled'::text;
            v_debit := v_debit || v_line.credit_account_id;
            v_credit := v_credit || v_line.debit_account_id;
            v_currency := v_currency || v_line.currency;
            v_amount := v_amount || v_line.amount;
            v_own_reference := v_own_reference || v_line.item_reference;
            -- An item that is still open is made smaller below; else the reversal's side waits for evidence of its own.
            v_has_item := v_line.opens_credit_item and exists (
              select from tieout.open_item
              where open_item.book_id = p_book_id
                and open_item.item_id = tieout.item_id(v_original.journal_id, v_line.seq, false)
              for no key update
            );
            v_opens_debit := v_opens_debit || (v_line.credit_has_items and not v_has_item);
            v_has_item := v_line.opens_debit_item and exists (
              select from tieout.open_item
              where open_item.book_id = p_book_id
                and open_item.item_id = tieout.item_id(v_original.journal_id, v_line.seq, true)
              for no key update
            );
            v_opens_credit := v_opens_credit || (v_line.debit_has_items and not v_has_item);
          end loop;
        end if;
      elsif v_act.action = 'hold' then
        v_layer[v_first] := 'pending';
      end if;
      v_last := coalesce(v_to[v_act.at], cardinality(v_of));

      -- Accounts of lines that followed; a release is never held up.
      if v_refusal is null and v_act.action in ('post', 'reverse') then
        select refusal.code into v_refusal
        from tieout.account_refusals(
          p_book_id, v_of[v_first:], v_debit[v_first:], v_credit[v_first:], v_currency[v_first:], null, null, null, null
        ) refusal;
      end if;

      if v_refusal is null and v_limited is not null then
        select case
          when bool_or(reached.available < reached.floor_minor) then 'insufficient_available'
          when bool_or(reached.taken > reached.ceiling_minor) then 'exceeds_ceiling'
        end into v_refusal
        from (
          select balance.floor_minor, balance.ceiling_minor,
            case when balance.is_debit_normal
              then balance.debits_minor + moved.debits - balance.credits_minor - moved.credits
                - balance.pending_credits_minor - moved.pending_credits
              else balance.credits_minor + moved.credits - balance.debits_minor - moved.debits
                - balance.pending_debits_minor - moved.pending_debits
            end as available,
            case when balance.is_debit_normal
              then balance.debits_minor + moved.debits + balance.pending_debits_minor + moved.pending_debits
                - balance.credits_minor - moved.credits
              else balance.credits_minor + moved.credits + balance.pending_credits_minor + moved.pending_credits
                - balance.debits_minor - moved.debits
            end as taken
          from tieout.lines_by_account(
            v_layer[v_first:v_last], v_debit[v_first:v_last], v_credit[v_first:v_last], v_amount[v_first:v_last]
          ) moved
          join tieout.balance
            on balance.book_id = p_book_id and balance.account_id = moved.account_id and balance.slot = 0
          where moved.account_id = any (v_limited)
        ) reached;
        if v_refusal is null then
          update tieout.balance
          set debits_minor = balance.debits_minor + moved.debits,
              credits_minor = balance.credits_minor + moved.credits,
              pending_debits_minor = balance.pending_debits_minor + moved.pending_debits,
              pending_credits_minor = balance.pending_credits_minor + moved.pending_credits
          from tieout.lines_by_account(
            v_layer[v_first:v_last], v_debit[v_first:v_last], v_credit[v_first:v_last], v_amount[v_first:v_last]
          ) moved
          where balance.book_id = p_book_id and balance.account_id = moved.account_id and balance.slot = 0
            and balance.account_id = any (v_limited);
        end if;
      end if;

      v_code[v_act.at] := v_refusal;
      if v_refusal is not null then
        continue;
      end if;
      if v_act.action = 'hold' then
        insert into tieout.hold (
          book_id, hold_id, booked_on, debit_account_id, credit_account_id, currency, amount_minor, remaining_minor,
          placed_at, expires_at
        )
        values (
          p_book_id, v_act.journal_id, p_booked_on, v_debit[v_first], v_credit[v_first], v_currency[v_first], v_amount[v_first],
          v_amount[v_first], p_booked_at, p_expires_at[v_act.at]
        );
      elsif v_act.action in ('post', 'void', 'expire') then
        update tieout.hold
        set posted_minor = posted_minor + case when v_act.action = 'post' then v_part else 0 end,
            voided_minor = voided_minor + case when v_act.action = 'void' then v_part else 0 end,
            expired_minor = expired_minor + case when v_act.action = 'expire' then v_part else 0 end,
            remaining_minor = remaining_minor - v_part
        where book_id = p_book_id and hold_id = v_hold.hold_id;
        insert into tieout.hold_resolution (book_id, hold_id, journal_id, booked_on, action, amount_minor)
        values (p_book_id, v_hold.hold_id, v_act.journal_id, p_booked_on, v_act.action, v_part);
      elsif v_act.action = 'reverse' then
        v_reverses[v_act.at] := v_original.journal_id;
        insert into tieout.reversal (book_id, reversed_journal_id, reversed_booked_on, journal_id, booked_on)
        values (p_book_id, v_original.journal_id, v_original.booked_on, v_act.journal_id, p_booked_on);
        update tieout.reversal_total
        set reversed_minor = reversal_total.reversed_minor + line.amount
        from unnest(v_seq[v_first:], v_amount[v_first:]) as line (seq, amount)
        where reversal_total.book_id = p_book_id and reversal_total.journal_id = v_original.journal_id
          and reversal_total.seq = line.seq;
        with reduced as (
          select tieout.item_id(v_original.journal_id, line.seq, side.is_debit) as item_id,
            case when side.is_debit then line.amount else -line.amount end as amount
          from unnest(v_seq[v_first:], v_amount[v_first:], v_opens_debit[v_first:], v_opens_credit[v_first:])
            as line (seq, amount, opens_debit, opens_credit)
          cross join (values (true), (false)) side (is_debit)
          where case when side.is_debit then not line.opens_credit else not line.opens_debit end
        ), gone as (
          delete from tieout.open_item
          using reduced
          where open_item.book_id = p_book_id and open_item.item_id = reduced.item_id and open_item.amount_minor = reduced.amount
        )
        update tieout.open_item
        set amount_minor = open_item.amount_minor - reduced.amount
        from reduced
        where open_item.book_id = p_book_id and open_item.item_id = reduced.item_id
          and open_item.amount_minor <> reduced.amount;
      end if;
    end loop;
    -- Of the lines that followed, the items are named as their journals are.
    select v_item_kind || array_agg(p_kind[line.line_of] order by line.at),
      v_item_reference || array_agg(coalesce(line.own_reference, v_reference[line.line_of]) order by line.at),
      v_item_payment_id || array_agg(v_payment_id[line.line_of] order by line.at)
    into v_item_kind, v_item_reference, v_item_payment_id
    from unnest(v_of, v_own_reference) with ordinality as line (line_of, own_reference, at)
    where line.at > cardinality(p_line_of);
  end if;

  -- What is refused stays refused. What is not to be kept has no key, or the next journal of the call has it.
  if v_code is not null then
    if v_from is null then
      select range.first, range.last into v_from, v_to from tieout.line_ranges(v_count, p_line_of) range;
    end if;
    insert into tieout.journal_refusal (book_id, key_hash, key, code, request, refused_at, run_id, created_by)
    select p_book_id, journal_key.key_hash, p_key[asked.at], asked.code, tieout.request_content(
        asked.at, p_kind, p_effective_date, p_reference, p_payment_id, p_description, p_metadata, p_action, p_target,
        p_parts, p_expires_at, v_from[asked.at], v_to[asked.at], p_debit, p_credit, p_currency, p_amount, v_opens_debit,
        v_opens_credit, p_own_reference
      ), p_booked_at, p_run_id[asked.at], p_created_by[asked.at]
    from unnest(v_code) with ordinality as asked (code, at)
    join tieout.journal_key
      on journal_key.book_id = p_book_id and journal_key.key_hash = substring(p_key_hash from asked.at::int * 16 - 15 for 16)
      and journal_key.operation_id = p_operation_id
    where asked.code is not null and (v_is_known is null or not v_is_known[asked.at])
      and (
        p_keeps_refusals or asked.code not in (
          'unknown_account', 'currency_mismatch', 'account_closed', 'account_frozen', 'not_reconcilable', 'period_closed'
        )
        or (p_action[asked.at] in ('post', 'reverse') and asked.code in ('account_closed', 'account_frozen'))
      )
    on conflict (book_id, key_hash) do nothing;
  end if;

  insert into tieout.journal (
    book_id, booked_on, journal_id, key, kind, effective_date, booked_at, reference, payment_id, description, run_id,
    reverses_journal_id, created_by, metadata, requested_date, relates_to_period, is_announced
  )
  select
    p_book_id, p_booked_on, encode(substring(p_journal_id from asked.at::int * 16 - 15 for 16), 'hex')::uuid, asked.key,
    asked.kind, asked.effective_date, v_booked_at, asked.reference, asked.payment_id, asked.description, asked.run_id,
    asked.reverses, asked.created_by, asked.metadata, asked.requested, asked.period, coalesce(asked.is_announced, false)
  from unnest(
    p_key, p_kind, v_date, v_reference, v_payment_id, p_description, p_run_id, p_created_by, p_metadata, v_code, v_requested,
    v_period, v_reverses, p_is_announced
  ) with ordinality as asked (
    key, kind, effective_date, reference, payment_id, description, run_id, created_by, metadata, code, requested, period,
    reverses, is_announced, at
  )
  where asked.code is null and asked.key is not null;
  get diagnostics created = row_count;

  insert into tieout.posting (
    book_id, booked_on, journal_id, seq, layer, debit_account_id, credit_account_id, currency, amount_minor,
    effective_date, opens_debit_item, opens_credit_item, item_reference
  )
  select
    p_book_id, p_booked_on, encode(substring(p_journal_id from line.line_of * 16 - 15 for 16), 'hex')::uuid, line.seq,
    coalesce(line.layer, 'settled'), line.debit, line.credit, line.currency, line.amount, v_date[line.line_of],
    line.opens_debit, line.opens_credit, line.item_reference
  from unnest(v_of, v_seq, v_layer, v_debit, v_credit, v_currency, v_amount, v_opens_debit, v_opens_credit, v_own_reference)
    as line (line_of, seq, layer, debit, credit, currency, amount, opens_debit, opens_credit, item_reference)
  where v_code is null or v_code[line.line_of] is null;

  if true = any (v_opens_debit) or true = any (v_opens_credit) then
    insert into tieout.open_item (
      book_id, item_id, account_id, currency, amount_minor, kind, reference, payment_id, effective_date, booked_on,
      journal_id, run_id
    )
    select
      p_book_id, tieout.item_id(line.journal_id, line.seq, side.is_debit),
      case when side.is_debit then line.debit else line.credit end, line.currency,
      case when side.is_debit then line.amount else -line.amount end, line.kind, line.reference,
      line.payment_id, v_date[line.line_of], p_booked_on, line.journal_id, p_run_id[line.line_of]
    from (
      select asked.*, encode(substring(p_journal_id from asked.line_of * 16 - 15 for 16), 'hex')::uuid as journal_id
      from unnest(
        v_of, v_seq, v_layer, v_debit, v_credit, v_currency, v_amount, v_opens_debit, v_opens_credit, v_item_kind,
        v_item_reference, v_item_payment_id
      ) as asked (
        line_of, seq, layer, debit, credit, currency, amount, opens_debit, opens_credit, kind, reference, payment_id
      )
      where (v_code is null or v_code[asked.line_of] is null) and (asked.layer is null or asked.layer = 'settled')
    ) line
    cross join (values (true), (false)) side (is_debit)
    where case when side.is_debit then line.opens_debit else line.opens_credit end;
  end if;

  if p_is_announced is not null then
    insert into tieout.outbox_event (book_id, event_id, type, journal_id, booked_on, occurred_at)
    select p_book_id, announced.journal_id, 'ledger.posted', announced.journal_id, p_booked_on, p_booked_at
    from (
      select encode(substring(p_journal_id from asked.at::int * 16 - 15 for 16), 'hex')::uuid as journal_id
      from unnest(p_is_announced, v_code) with ordinality as asked (is_announced, code, at)
      where asked.is_announced and asked.code is null
    ) announced;
  end if;

  balances_are_due := p_defers_balances and v_is_plain and v_limited is null and v_requested is null;
  if created > 0 and not balances_are_due then
    perform tieout.add_to_balances(
      p_book_id, p_operation_id, p_booked_on, v_is_sequential, v_has_derived, array_agg(moved.account_id), array_agg(moved.day),
      array_agg(moved.debits), array_agg(moved.credits), array_agg(moved.pending_debits), array_agg(moved.pending_credits)
    )
    from (
      select case when side.is_debit then line.debit else line.credit end as account_id, v_date[line.line_of] as day,
        sum(case when side.is_debit and line.layer is null then line.amount else 0 end)::bigint as debits,
        sum(case when side.is_debit or line.layer is not null then 0 else line.amount end)::bigint as credits,
        sum(case when not side.is_debit or line.layer is null then 0
          when line.layer = 'pending' then line.amount else -line.amount end)::bigint as pending_debits,
        sum(case when side.is_debit or line.layer is null then 0
          when line.layer = 'pending' then line.amount else -line.amount end)::bigint as pending_credits
      from (
        select asked.line_of, nullif(asked.layer, 'settled') as layer, asked.debit, asked.credit, asked.amount
        from unnest(v_of, v_layer, v_debit, v_credit, v_amount) as asked (line_of, layer, debit, credit, amount)
        where v_code is null or v_code[asked.line_of] is null
      ) line
      cross join (values (true), (false)) side (is_debit)
      group by 1, 2
    ) moved;
  end if;

  -- What was asked before: the same outcome, or the field in which it differs.
  if v_is_known is not null then
    is_replay := array_fill(false, array[v_count]);
    for v_act in
      select known.at, journal_key.key_hash, journal_key.journal_id, journal_refusal.code,
        journal_key.fingerprint = substring(p_fingerprint from known.at::int * 16 - 15 for 16) as is_same
      from unnest(v_is_known) with ordinality as known (is_known, at)
      join tieout.journal_key
        on journal_key.book_id = p_book_id and journal_key.key_hash = substring(p_key_hash from known.at::int * 16 - 15 for 16)
      left join tieout.journal_refusal
        on journal_refusal.book_id = journal_key.book_id and journal_refusal.key_hash = journal_key.key_hash
      where known.is_known
    loop
      is_replay[v_act.at] := true;
      if not v_act.is_same then
        v_request := tieout.request_content(
          v_act.at, p_kind, p_effective_date, p_reference, p_payment_id, p_description, p_metadata, p_action,
          p_target, p_parts, p_expires_at, v_from[v_act.at], v_to[v_act.at], p_debit, p_credit, p_currency, p_amount, v_opens_debit, v_opens_credit,
          p_own_reference
        );
        v_field := tieout.journal_difference(p_book_id, v_act.key_hash, v_request);
        -- The digest of an earlier version of this program may differ where no field does.
        if v_field is not null then
          v_code[v_act.at] := 'exists_with_different_' || v_field;
          continue;
        end if;
      end if;
      v_code[v_act.at] := coalesce(v_act.code, 'exists');
    end loop;
  end if;

  if v_code is not null then
    select array_agg(decided.at order by decided.at), array_agg(decided.code order by decided.at),
      array_agg(coalesce(decided.is_replay, false) order by decided.at)
    into not_created, code, is_replay
    from unnest(v_code, is_replay) with ordinality as decided (code, is_replay, at)
    where decided.code is not null;
  end if;
end
$$;
comment on function tieout.post_journals is
  'Posts journals exactly once by key. Returns how many were created, and for each other one its place, its code and whether it is a repetition.';
