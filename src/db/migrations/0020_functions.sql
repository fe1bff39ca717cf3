-- Ids derived from content, in the database as in the program: both sides of a set-based step find the same ones.

create function tieout.account_id(code text, currency text) returns bigint
language sql immutable strict parallel safe
return (('x' || left(encode(sha256(convert_to('account|' || code || '|' || currency, 'UTF8')), 'hex'), 16))::bit(64)::bigint >> 1)
  & 9223372036854775807;
comment on function tieout.account_id(text, text) is 'The id of an account: the first 63 bits of the SHA-256 of its code and currency.';

create function tieout.content_id(content text) returns uuid
language sql immutable strict parallel safe
return md5(content)::uuid;
comment on function tieout.content_id(text) is 'An id derived from what it names, for exceptions and settlement batches.';

create function tieout.group_id(file_no bigint, ordinal bigint, level int) returns uuid
language sql immutable strict parallel safe
return (lpad(to_hex(file_no), 8, '0') || lpad(to_hex(ordinal), 16, '0') || lpad(to_hex(level), 8, '0'))::uuid;
comment on function tieout.group_id(bigint, bigint, int) is 'The id of a match group: its first entry and the level it was made at; ascending in arrival order.';

create function tieout.item_id(journal_id uuid, seq int, is_debit boolean) returns uuid
language sql immutable strict parallel safe
return overlay(journal_id::text placing lpad(to_hex(seq * 2 + case when is_debit then 0 else 1 end), 4, '0') from 33)::uuid;
comment on function tieout.item_id(uuid, int, boolean) is 'The id of an open item: its journal''s, with the posting''s place in the last 16 bits.';

create function tieout.match_token(content text) returns text
language sql immutable strict parallel safe
return upper(coalesce(
  (regexp_match(content, '\m(?=[A-Za-z0-9]*[0-9])(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{6,}\M'))[1],
  regexp_replace(content, '[^A-Za-z0-9]', '', 'g')
));
comment on function tieout.match_token(text) is
  'The word of a payout text that banks quote: the first of six or more characters with both letters and digits, else all of it.';

create function tieout.holds_whole(content text, word text) returns boolean
language sql immutable strict parallel safe
return position(upper(word) in upper(content)) > 0
  and substr(content, position(upper(word) in upper(content)) + length(word), 1) !~ '[A-Za-z0-9]'
  and (position(upper(word) in upper(content)) = 1
       or substr(content, position(upper(word) in upper(content)) - 1, 1) !~ '[A-Za-z0-9]');
comment on function tieout.holds_whole(text, text) is 'Whether a narrative holds a reference that does not go on in letters or digits.';

create function tieout.match_key(content text) returns text
language sql immutable strict parallel safe
return upper(coalesce(
  (regexp_match(content, '\m(?=[A-Za-z0-9]*[0-9])(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{6,}\M'))[1],
  (regexp_match(content, '([A-Za-z0-9]*[0-9][A-Za-z0-9]*)[^0-9]*$'))[1],
  (regexp_match(content, '([A-Za-z0-9]+)[^A-Za-z0-9]*$'))[1]
));
comment on function tieout.match_key(text) is
  'The one word of a reference by which narratives are searched for it: its token, else its last word with a digit, else its last.';
