/**
 * Builds helm and kubeconform before the first test, so that no test's patience is spent on compiling: some minutes, once.
 *
 * Must not know any test.
 */
import { goTool } from '../tools/go-tool.ts';

export async function setup(): Promise<void> {
  await goTool('helm');
  await goTool('kubeconform');
}
