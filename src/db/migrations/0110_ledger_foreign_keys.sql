-- Foreign keys of the ledger's newer tables; none of them stands on the path of a bulk load.

alter table tieout.hold add constraint hold_debit_account_fk
  foreign key (book_id, debit_account_id, currency) references tieout.account (book_id, account_id, currency);
alter table tieout.hold add constraint hold_credit_account_fk
  foreign key (book_id, credit_account_id, currency) references tieout.account (book_id, account_id, currency);
alter table tieout.hold_resolution add constraint hold_resolution_hold_fk
  foreign key (book_id, hold_id) references tieout.hold (book_id, hold_id);
alter table tieout.period add constraint period_book_fk foreign key (book_id) references tieout.book (book_id);
alter table tieout.period_balance add constraint period_balance_period_fk
  foreign key (book_id, starts_on) references tieout.period (book_id, starts_on);
alter table tieout.period_balance add constraint period_balance_account_fk
  foreign key (book_id, account_id) references tieout.account (book_id, account_id);
alter table tieout.balance_assertion add constraint balance_assertion_account_fk
  foreign key (book_id, account_id) references tieout.account (book_id, account_id);
alter table tieout.conversion add constraint conversion_from_currency_fk
  foreign key (from_currency) references tieout.currency (code);
alter table tieout.conversion add constraint conversion_to_currency_fk
  foreign key (to_currency) references tieout.currency (code);
alter table tieout.audit_event add constraint audit_event_book_fk foreign key (book_id) references tieout.book (book_id);
alter table tieout.seal_block add constraint seal_block_book_fk foreign key (book_id) references tieout.book (book_id);
