-- What a run tied, opened and posted, in figures.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
select
  (select count(*) from tieout.match_told where book_id = $1::bigint and run_id = $2::bigint and status = 'confirmed') as groups,
  (select count(*) from tieout.match_member where book_id = $1::bigint and run_id = $2::bigint and is_live and file_no is not null) as entries,
  (select count(*) from tieout.match_member where book_id = $1::bigint and run_id = $2::bigint and is_live and item_id is not null) as items,
  (
    select coalesce(json_object_agg(certificate, groups order by certificate), '{}')
    from (
      select certificate, count(*) as groups
      from tieout.match_told
      where book_id = $1::bigint and run_id = $2::bigint and status = 'confirmed'
      group by certificate
    ) counted
  ) as "byCertificate",
  (
    select coalesce(json_object_agg(code, exceptions order by code), '{}')
    from (
      select code, count(*) as exceptions
      from tieout.exception_item
      where book_id = $1::bigint and state <> 'RESOLVED'
      group by code
    ) counted
  ) as "openByCode",
  (
    select coalesce(json_object_agg(kind, journals order by kind), '{}')
    from (
      select kind, count(*) as journals
      from tieout.settlement_journal
      where book_id = $1::bigint and run_id = $2::bigint
      group by kind
    ) counted
  ) as "journalsByKind",
  (
    select count(*)
    from tieout.open_item
    join tieout.account on account.book_id = open_item.book_id and account.account_id = open_item.account_id
    where open_item.book_id = $1::bigint
      and (account.code like 'assets:in-transit:%' or account.code = 'liabilities:payouts-in-transit')
  ) as "payoutsInTransit"
