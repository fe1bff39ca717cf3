-- The roles of the program that this login may act as, and that have privileges in this database.
select rolname::text as name
from pg_roles
where rolname in ('tieout_post', 'tieout_read', 'tieout_audit')
  and pg_has_role(oid, case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end)
  and has_schema_privilege(oid, to_regnamespace('tieout')::oid, 'usage')
