-- What a run tied, opened and posted, in figures.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with counted as materialized (
  select match_count.certificate, sum(match_count.groups)::bigint as groups
  from tieout.match_count
  where match_count.book_id = $1::bigint and match_count.run_id = $2::bigint
  group by match_count.certificate
),
member as materialized (
  select count(match_member.file_no) as entries, count(match_member.item_id) as items
  from tieout.match_member
  where match_member.book_id = $1::bigint and match_member.run_id = $2::bigint and match_member.is_live
)
select
  (select coalesce(sum(groups), 0)::bigint from counted) as groups,
  (select entries from member) as entries,
  (select items from member) as items,
  (select coalesce(json_object_agg(certificate, groups order by certificate), '{}') from counted) as "byCertificate",
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
