-- Whether the roles lack something this login can give: a role itself, or a privilege.
-- $1 jsonb: the rules of table-grants.json; $2 text[]: the roles.
select exists (select from tieout.grants_to_change($1::jsonb))
  or exists (
    select
    from unnest($2::text[]) as wanted (name)
    join pg_roles login on login.rolname = current_user and (login.rolsuper or login.rolcreaterole)
    where not exists (select from pg_roles where pg_roles.rolname = wanted.name)
  ) as is_needed
