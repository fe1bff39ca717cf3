-- The roles of the program, and the functions that give them what src/db/table-grants.json says. Every migration run ends
-- with both functions, so that a table, a rule or a role that came later needs no migration of its own.
--
-- Roles belong to the server and not to a database: two databases may make them at the same moment, and a login of a
-- managed Postgres may not make any. Then the books work without them, under the privileges of the login.

create function tieout.may_set_role(role_oid oid) returns boolean
language sql stable strict
return pg_has_role(
  role_oid,
  case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end
);
comment on function tieout.may_set_role(oid) is 'Whether the current user may SET ROLE to a role; Postgres 16 asks for it otherwise than 15.';

create function tieout.create_roles(names text[]) returns int
language plpgsql
as $$
declare
  name text;
  made int := 0;
begin
  foreach name in array names loop
    if not exists (select from pg_roles where rolname = name) then
      begin
        execute format('create role %I nologin', name);
        made := made + 1;
      exception
        when duplicate_object or unique_violation then
          null; -- Another database made it meanwhile.
        when insufficient_privilege then
          raise notice 'role % is not there and % may not create roles: tieout works without it', name, current_user;
      end;
    end if;
    -- Whoever makes a role may not yet act as it, unless a superuser.
    if exists (select from pg_roles where rolname = name and not tieout.may_set_role(oid)) then
      begin
        execute format('grant %I to current_user', name);
        made := made + 1;
      exception
        when unique_violation or internal_error then
          null; -- Another database granted it meanwhile; XX000 is "tuple concurrently updated".
        when insufficient_privilege then
          raise notice '% may not act as %: an administrator may grant it', current_user, name;
      end;
    end if;
  end loop;
  return made;
end
$$;
comment on function tieout.create_roles(text[]) is
  'Makes the roles that are not there and lets the current user act as them, as far as it may; returns how much was done.';

create function tieout.grants_to_change(rules jsonb) returns setof text
language sql stable
as $$
  with role as (
    select oid, rolname from pg_roles where rolname in ('tieout_owner', 'tieout_post', 'tieout_read', 'tieout_audit')
  ),
  object as (
    select 'schema' as kind, 'tieout' as name, nspowner as owner, nspacl as acl, '{}'::jsonb as rule
    from pg_namespace
    where nspname = 'tieout'
    union all
    select 'table', relname, relowner, relacl, coalesce(rules -> relname::text, '{}')
    from pg_class
    where relnamespace = 'tieout'::regnamespace and relkind in ('r', 'p', 'v')
  ),
  asked as (
    select kind, name, 'tieout_owner' as role, privilege
    from object, unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) as privilege
    where kind = 'table'
    union all
    select kind, name, role, case when kind = 'schema' then 'usage' else 'select' end
    from object, unnest(array['tieout_owner', 'tieout_post', 'tieout_read', 'tieout_audit']) as role
    where role in ('tieout_owner', 'tieout_post') or not coalesce((rule ->> 'secret')::boolean, false)
    union all
    select kind, name, 'tieout_owner', 'create' from object where kind = 'schema'
    union all
    select kind, name, 'tieout_' || part, privilege
    from object, unnest(array['post', 'audit']) as part, jsonb_array_elements_text(coalesce(rule -> part, '[]')) as privilege
  ),
  wanted as (
    select asked.kind, asked.name, role.rolname, asked.privilege
    from asked
    join role on role.rolname = asked.role
  ),
  present as (
    select object.kind, object.name, role.rolname, lower(acl.privilege_type) as privilege
    from object, aclexplode(object.acl) as acl
    join role on role.oid = acl.grantee
    where acl.privilege_type <> 'MAINTAIN'
  ),
  change as (
    (select 'grant' as verb, * from wanted except select 'grant', * from present)
    union all
    (select 'revoke', * from present except select 'revoke', * from wanted)
  )
  select format(
    case when verb = 'grant' then 'grant %s on %s to %I' else 'revoke %s on %s from %I' end,
    string_agg(privilege, ', ' order by privilege),
    case when kind = 'schema' then 'schema tieout' else format('table tieout.%I', name) end,
    change.rolname
  )
  from change
  join object using (kind, name)
  join role using (rolname)
  -- An owner has everything, and nobody else may grant.
  where role.oid <> object.owner and pg_has_role(object.owner, 'USAGE')
  group by verb, kind, name, change.rolname
  order by kind, name, change.rolname, verb
$$;
comment on function tieout.grants_to_change(jsonb) is
  'The statements that give the roles what the rules of src/db/table-grants.json say and take what they do not, as far as the current user may.';

create function tieout.grant_privileges(rules jsonb) returns int
language plpgsql
as $$
declare
  statement text;
  made int := 0;
begin
  for statement in select tieout.grants_to_change(rules) loop
    execute statement;
    made := made + 1;
  end loop;
  return made;
end
$$;
comment on function tieout.grant_privileges(jsonb) is 'Executes what grants_to_change says and returns how many statements that took.';

select tieout.create_roles(array['tieout_owner', 'tieout_post', 'tieout_read', 'tieout_audit']);
