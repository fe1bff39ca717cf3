-- A file may come packed or encrypted: its identity is what it holds, and what came over the line is kept beside it.

alter table tieout.source_file
  add column delivered_sha256 text,
  add column delivered_size_bytes bigint,
  add column packing text,
  add constraint source_file_packing_is_whole check (
    (packing is null) = (delivered_sha256 is null) and (packing is null) = (delivered_size_bytes is null)
  );
comment on table tieout.source_file is
  'One received file, recorded once by the SHA-256 of the bytes that were read, unpacked; packed ones also by the first bytes delivered. Written by ingest.';
