/**
 * Prepares the programs of the control plane that tests and demo run on, so that the minutes of a first build
 * pass while somebody is looking at this and not at a test. Knows nothing of how they are run.
 */
import { findOrBuildBinaries } from '../test/controlplane/binaries.ts';

try {
  const binaries = await findOrBuildBinaries({ log: (line) => console.error(line) });
  for (const path of Object.values(binaries)) console.log(path);
} catch (error) {
  // The reason alone: a stack would say nothing to whoever lacks Go.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
