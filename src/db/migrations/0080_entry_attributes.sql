-- What a source says of an entry besides what the stages need: bank codes, references, charges, exchange rates.
--
-- One document, because every format fills other fields and no step joins on them; a field that matching comes to need gets a
-- column of its own.

alter table tieout.entry add column attributes jsonb;
