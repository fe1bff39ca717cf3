-- The second line before history: a change raises, whoever asks for it. The first line is that the roles of 0190 have no
-- privilege for it. A distributed Postgres has the first line only, since it knows no triggers on its tables.
--
-- The triggers are of the statement: an insert pays nothing, and a change that hits no row is refused as well.

create function tieout.refuse_change() returns trigger
language plpgsql
as $$
begin
  raise exception 'tieout.% is history, so % is refused: % instead', tg_table_name, tg_op, tg_argv[0]
    using errcode = 'restrict_violation';
end
$$;
comment on function tieout.refuse_change() is 'Raises: the table is history. Its argument says what to do instead.';

do $$
declare
  history record;
begin
  if exists (select from pg_extension where extname = 'citus') then
    return;
  end if;
  for history in
    select table_name, instead
    from (values
      ('journal_key', 'post under another key'),
      ('journal', 'post a reversal'),
      ('posting', 'post a reversal'),
      ('journal_refusal', 'ask again with another key'),
      ('hold_resolution', 'post a reversal'),
      ('reversal', 'reverse the reversal'),
      ('conversion', 'post a reversal'),
      ('audit_event', 'record another act'),
      ('seal_block', 'seal what follows in another block'),
      ('seal_leaf', 'seal what follows in another block')
    ) as tables (table_name, instead)
  loop
    execute format(
      'create trigger ro_history before update or delete or truncate on tieout.%I
         for each statement execute function tieout.refuse_change(%L)',
      history.table_name, history.instead
    );
  end loop;
end
$$;
