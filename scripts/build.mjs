// Compiles bin/ and src/ to dist/ and copies what the compiler does not: SQL, YAML, JSON.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));

rmSync(join(root, 'dist'), { recursive: true, force: true });
execFileSync(
  process.execPath,
  [join(typescript, 'bin/tsc'), '-p', join(root, 'tsconfig.build.json')],
  { stdio: 'inherit', cwd: root },
);
for (const folder of ['src', 'bin']) {
  if (!existsSync(join(root, folder))) continue;
  cpSync(join(root, folder), join(root, 'dist', folder), {
    recursive: true,
    filter: (path) =>
      statSync(path).isDirectory() || ['.sql', '.yaml', '.json', '.css'].includes(extname(path)),
  });
}
chmodSync(join(root, 'dist/bin/tieout.js'), 0o755);
