/**
 * Bundles each program into one file in `dist/`, so that an image needs Node and that file, and starting does not read
 * hundreds of modules.
 */
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { licensesOf } from './licenses.ts';

const root = join(import.meta.dirname, '..');

/** Program → its composition root. */
const programs = { operator: 'src/operator.ts', reap: 'src/reap.ts' };

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: programs,
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  sourcemap: 'linked',
  legalComments: 'linked',
  metafile: true,
  // Some dependencies are CommonJS and call require for Node's own modules.
  banner: {
    js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});

for (const name of Object.keys(programs)) {
  const { size } = await stat(join(root, 'dist', `${name}.mjs`));
  const inputs = Object.keys(metafile.outputs[`dist/${name}.mjs`]?.inputs ?? {});
  const licenses = await licensesOf(root, inputs);
  if (licenses !== '') await writeFile(join(root, 'dist', `${name}.mjs.LICENSES.txt`), licenses);
  console.log(`dist/${name}.mjs ${Math.round(size / 1024)} KiB`);
}
