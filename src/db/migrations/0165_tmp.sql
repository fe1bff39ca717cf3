create function tieout.period_lock_key(book_id bigint) returns bigint language sql immutable return book_id # 6073712459061;
create function tieout.next_open_day(p_book_id bigint, p_day date) returns date language sql stable return p_day + 31;
