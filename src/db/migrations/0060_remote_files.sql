-- What was seen of the files of senders that are fetched, and what became of each version.
--
-- A version is a path with its size and time: one that is fetched already is not fetched again, and one that only was seen
-- must be seen again unchanged before it is. The row is written after the bytes are on disk under their SHA-256, so that a
-- process killed between the two fetches the same bytes once more and ends in the same place.

create table tieout.remote_file (
  book_id bigint not null,
  source text not null,
  path text not null,
  size_bytes bigint not null,
  modified_at timestamptz not null,
  name text not null,
  state text not null,
  sha256 text,
  reason_code text,
  reason_text text,
  first_seen_at timestamptz not null,
  changed_at timestamptz not null,
  primary key (book_id, source, path, size_bytes, modified_at),
  constraint remote_file_state_is_known check (state in ('seen', 'fetched', 'loaded', 'archived', 'refused')),
  constraint remote_file_fetched_has_a_digest check (state not in ('fetched', 'loaded', 'archived') or sha256 is not null),
  constraint remote_file_refusal_has_a_reason check (state <> 'refused' or reason_code is not null)
);
comment on table tieout.remote_file is
  'One version of a file at a sender, and how far it has come from there into the book. Written by ingest.';
