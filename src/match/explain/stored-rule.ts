import type { Tx } from '../../db/db.ts';
import { rulePackOf } from '../rules/parse-rule-pack.ts';
import type { Rule, RulePack } from '../rules/rule.ts';

/** A rule as it stood when something was tied by it. */
export interface StoredRule {
  readonly pack: RulePack;
  readonly rule: Rule;
}

/** The rule that a match names, `rule@version`, from the pack of that version; `undefined` where no run has stored it. */
export async function storedRule(
  tx: Tx,
  bookId: bigint,
  name: string,
): Promise<StoredRule | undefined> {
  const [, id, version] = /^(.+)@(\w+)$/.exec(name) ?? [];
  if (id === undefined || version === undefined) return undefined;
  const stored = await tx.query<{ pack: string; content: unknown }>(
    'select pack, content from tieout.rule_pack where book_id = $1::bigint and version = $2 order by pack',
    [bookId, version],
  );
  for (const { pack: packName, content } of stored) {
    const pack = rulePackOf(content, `rule pack ${packName}@${version}`, { calendars: 'any' });
    const rule = pack.rules.find((one) => one.id === id);
    if (rule !== undefined) return { pack, rule };
  }
  return undefined;
}
