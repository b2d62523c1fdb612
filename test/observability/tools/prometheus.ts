/** Where prometheus, promtool and the node exporter are. Must not know what they are asked. */
import { execFile } from 'node:child_process';
import { type DebianProgram, findOrFetch } from './debian.ts';

const inPackage = (name: string, packageName: string): DebianProgram => ({
  name,
  packages: [packageName],
  // Written in Go, they need nothing; what the package depends on is for its pages.
  dependencies: false,
  path: `usr/bin/${name}`,
});

const pathOf = async (program: DebianProgram): Promise<string> => (await findOrFetch(program)).path;

export const findPrometheus = (): Promise<string> => pathOf(inPackage('prometheus', 'prometheus'));
export const findPromtool = (): Promise<string> => pathOf(inPackage('promtool', 'prometheus'));
export const findNodeExporter = (): Promise<string> =>
  pathOf(inPackage('prometheus-node-exporter', 'prometheus-node-exporter'));

/** What `promtool check metrics` says about a page of metrics; nothing where it is well. */
export async function objectionsTo(metrics: string): Promise<string> {
  const promtool = await findPromtool();
  return new Promise((resolve) => {
    const child = execFile(promtool, ['check', 'metrics'], (error, stdout, stderr) =>
      resolve(stdout + stderr + (error === null ? '' : error.message)),
    );
    child.stdin?.end(metrics);
  });
}
