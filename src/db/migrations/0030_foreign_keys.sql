-- Foreign keys, after the tables: a distributed Postgres must spread the tables before they refer to one another.
--
-- Only where they are cheap. entry, open_item and match_member hold millions of rows a night, at about 9 µs a check:
-- their references are checked set-based by the run's proof and by `ledger verify` instead.

alter table tieout.account add constraint account_book_fk foreign key (book_id) references tieout.book (book_id);
alter table tieout.account add constraint account_currency_fk foreign key (currency) references tieout.currency (code);
alter table tieout.posting add constraint posting_debit_account_fk
  foreign key (book_id, debit_account_id, currency) references tieout.account (book_id, account_id, currency);
alter table tieout.posting add constraint posting_credit_account_fk
  foreign key (book_id, credit_account_id, currency) references tieout.account (book_id, account_id, currency);
alter table tieout.balance add constraint balance_account_fk
  foreign key (book_id, account_id) references tieout.account (book_id, account_id);
alter table tieout.source_file add constraint source_file_book_fk foreign key (book_id) references tieout.book (book_id);
alter table tieout.statement add constraint statement_source_file_fk
  foreign key (book_id, file_no) references tieout.source_file (book_id, file_no);
alter table tieout.rejection add constraint rejection_source_file_fk
  foreign key (book_id, file_no) references tieout.source_file (book_id, file_no);
alter table tieout.run add constraint run_book_fk foreign key (book_id) references tieout.book (book_id);
