-- The runs since a day that took up files, in their order, with the moments between which they matched.
--
--   $1 book_id  bigint
--   $2 since    date
select run.run_id as "runId", run.started_at as "startedAt", coalesce(run.finished_at, run.started_at) as "finishedAt"
from tieout.run
where run.book_id = $1::bigint
  and run.kind = 'run'
  and run.state = 'APPLIED'
  and run.run_id >= (
    select min(first.run_id) from tieout.run first
    where first.book_id = $1::bigint and first.kind = 'run' and first.state = 'APPLIED' and first.business_date >= $2::date
  )
order by run.run_id
