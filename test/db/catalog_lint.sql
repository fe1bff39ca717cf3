-- Rules a schema must keep so that the same schema runs on one Postgres and on a distributed one.
-- A distributed table is spread by book_id: whatever must be unique or joined has to contain it.
-- $1 jsonb: table name -> 'distributed' | 'reference' | 'local'; a partition has its parent's class
with registry as (
  select key as table_name, value as class
  from jsonb_each_text($1::jsonb)
),
cls as (
  select c.oid, c.relname, c.relkind, c.relispartition, coalesce(own.class, parent.class) as class
  from pg_class c
  left join registry own on own.table_name = c.relname
  left join lateral (
    select r.class
    from pg_inherits i
    join pg_class p on p.oid = i.inhparent
    join registry r on r.table_name = p.relname
    where i.inhrelid = c.oid
  ) parent on true
  where c.relnamespace = 'tieout'::regnamespace and c.relkind in ('r', 'p')
),
dk as (
  select cls.oid, a.attnum, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull, a.attidentity,
    a.attgenerated, a.atthasdef
  from cls
  join pg_attribute a on a.attrelid = cls.oid and a.attname = 'book_id' and not a.attisdropped
),
fk as (
  select c.*, a.relname as from_name, a.class as from_class, b.class as to_class
  from pg_constraint c
  join cls a on a.oid = c.conrelid
  join cls b on b.oid = c.confrelid
  where c.contype = 'f' and c.conparentid = 0
),
breach as (
  select 'table without a class' as rule, relname as object, '' as detail
  from cls
  where class is null
  union all
  select 'class without a table', table_name, class
  from registry
  where not exists (select from cls where cls.relname = registry.table_name)
  union all
  select 'distributed table without book_id', relname, ''
  from cls
  where class = 'distributed' and not exists (select from dk where dk.oid = cls.oid)
  union all
  select 'book_id must be a plain not null bigint', relname, type
  from cls
  join dk using (oid)
  where class = 'distributed'
    and (not attnotnull or attidentity <> '' or attgenerated <> '' or atthasdef or type <> 'bigint')
  union all
  select 'unique index without book_id', relname, indexrelid::regclass::text
  from cls
  join dk using (oid)
  join pg_index i on i.indrelid = cls.oid
  where class = 'distributed' and i.indisunique
    and not dk.attnum = any ((i.indkey::int2[])[0:i.indnkeyatts - 1])
  union all
  select 'no primary key', relname, ''
  from cls
  where class in ('distributed', 'reference')
    and not exists (select from pg_index i where i.indrelid = cls.oid and i.indisprimary)
  union all
  select 'exclusion without book_id with =', relname, c.conname
  from cls
  join dk using (oid)
  join pg_constraint c on c.conrelid = cls.oid
  where class = 'distributed' and c.contype = 'x'
    and not exists (
      select
      from unnest(c.conkey, c.conexclop) as part (attnum, operator)
      join pg_operator o on o.oid = part.operator
      where part.attnum = dk.attnum and o.oprname = '='
    )
  union all
  select format('foreign key %s -> %s', from_class, to_class), from_name, conname
  from fk
  where not (
    (from_class = 'distributed' and to_class in ('distributed', 'reference'))
    or (from_class = 'reference' and to_class = 'reference')
    or (from_class = 'local' and to_class in ('local', 'reference'))
  )
  union all
  select 'foreign key without book_id at the same place on both sides', from_name, conname
  from fk
  join dk a on a.oid = fk.conrelid
  join dk b on b.oid = fk.confrelid
  where from_class = 'distributed' and to_class = 'distributed'
    and (
      array_position(conkey, a.attnum) is null
      or array_position(conkey, a.attnum) is distinct from array_position(confkey, b.attnum)
    )
  union all
  select 'foreign key action that would change book_id', from_name, conname
  from fk
  where from_class = 'distributed' and to_class = 'distributed'
    and (confdeltype in ('n', 'd') or confupdtype in ('n', 'd', 'c'))
  union all
  select 'trigger outside the allowed kinds ro_ and bal_', relname, t.tgname
  from cls
  join pg_trigger t on t.tgrelid = cls.oid
  where not t.tgisinternal and class in ('distributed', 'reference') and t.tgname !~ '^(ro|bal)_'
  union all
  select 'rewrite rule', relname, r.rulename
  from cls
  join pg_rewrite r on r.ev_class = cls.oid
  union all
  select 'table inheritance', cls.relname, p.relname
  from cls
  join pg_inherits i on i.inhrelid = cls.oid
  join pg_class p on p.oid = i.inhparent
  where p.relkind = 'r'
  union all
  select 'partition of a partition', relname, ''
  from cls
  where relkind = 'p' and relispartition
  union all
  select 'volatile default or identity', relname, a.attname
  from cls
  join pg_attribute a on a.attrelid = cls.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where class = 'distributed'
    and (
      a.attidentity <> ''
      or (
        a.attgenerated = ''
        and pg_get_expr(d.adbin, d.adrelid) ~ 'nextval|gen_random_uuid|clock_timestamp|random\('
      )
    )
  union all
  select 'reference table with book_id', relname, ''
  from cls
  join dk using (oid)
  where class = 'reference'
  union all
  select 'deferrable key', relname, c.conname
  from cls
  join pg_constraint c on c.conrelid = cls.oid
  where c.condeferrable and c.contype in ('f', 'u', 'p')
  union all
  select 'name longer than 54 bytes', relname, ''
  from cls
  where octet_length(relname) > 54
)
select rule, object, detail
from breach
order by rule, object, detail
