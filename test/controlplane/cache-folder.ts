/** Where programs are kept that were built from source, for all checkouts. Must not know what they are. */
import { createHash } from 'node:crypto';
import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `$XDG_CACHE_HOME/curfew/<area>/<key>` (`~/.cache`), with another key for whatever the programs are made from, and this platform. */
export function cacheFolderFor(
  area: string,
  madeFrom: readonly string[],
  environment: NodeJS.ProcessEnv,
): string {
  const caches = environment['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const key = createHash('sha256')
    .update([...madeFrom, process.platform, process.arch].join('\0'))
    .digest('hex')
    .slice(0, 16);
  return join(caches, 'curfew', area, key);
}

/** Whether there is a file that this user may run. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
