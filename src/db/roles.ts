import { readFileSync } from 'node:fs';
import type { Database } from './db.ts';
import { sqlFile } from './sql-file.ts';

const RULES = readFileSync(new URL('./table-grants.json', import.meta.url), 'utf8');
const ROLES = ['tieout_owner', 'tieout_post', 'tieout_read', 'tieout_audit'];
const TO_SETTLE = sqlFile(import.meta.url, './sql/roles_to_settle.sql');

/**
 * Makes the roles of the program and grants them what `table-grants.json` says, as far as this login may.
 *
 * Part of every migration run and a single look when nothing is missing: so a role that an administrator made later, or a
 * database restored on another server, has its privileges after the next command of the owner.
 */
export async function settleRoles(db: Database): Promise<void> {
  const [look] = await db.call<{ is_needed: boolean }>(TO_SETTLE, [RULES, ROLES]);
  if (look?.is_needed !== true) return;
  await db.transaction(
    async (tx) => {
      // Two who grant on one table at the same moment would spare the second an error, not a wrong privilege.
      await tx.query(`select pg_advisory_xact_lock(hashtextextended('tieout.roles', 0))`);
      await tx.query('select tieout.create_roles($1)', [ROLES]);
      await tx.query('select tieout.grant_privileges($1::jsonb)', [RULES]);
    },
    { role: 'owner' },
  );
  db.forgetRoles();
}
