/**
 * kstatus, the real library, as a program of a few lines that is built on first use.
 *
 * Must not know what is judged.
 */
import { buildGoProgram } from '../gitops/go-program.ts';

export interface Judge {
  /** kstatus' words, in the order of the objects. */
  readonly judge: (objects: readonly object[]) => Promise<readonly string[]>;
  readonly remove: () => Promise<void>;
}

/** Builds the program. @throws Error when Go is missing or the build fails */
export async function buildJudge(): Promise<Judge> {
  const { lines, remove } = await buildGoProgram(import.meta.dirname);
  return { judge: (objects) => lines(objects), remove };
}
