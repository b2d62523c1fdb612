/** Runs the operator from source against the cluster of `$KUBECONFIG`, as its own ServiceAccount: `make run`. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultTarget } from './install.ts';
import { writeOperatorKubeconfig } from './operator-identity.ts';

const folder = await mkdtemp(join(tmpdir(), 'curfew-run-'));
const kubeconfig = join(folder, 'kubeconfig');
await writeOperatorKubeconfig(defaultTarget(), kubeconfig);

const args = ['src/operator.ts', `--kubeconfig=${kubeconfig}`, ...process.argv.slice(2)];
const operator = spawn(process.execPath, args, { cwd: join(import.meta.dirname, '..'), stdio: 'inherit' });
// Ctrl-C reaches the operator as well, which then stops by itself; this process waits for it and tidies up.
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (name === 'SIGTERM') operator.kill(name);
  });
}
operator.on('exit', (code) => {
  void rm(folder, { recursive: true, force: true }).then(() => process.exit(code ?? 1));
});
