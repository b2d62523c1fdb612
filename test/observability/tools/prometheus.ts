/** Where promtool is. Must not know what it is asked. */
import { type DebianProgram, findOrFetch } from './debian.ts';

const inPackage = (name: string, packageName: string): DebianProgram => ({
  name,
  packages: [packageName],
  // Written in Go, they need nothing; what the package depends on is for its pages.
  dependencies: false,
  path: `usr/bin/${name}`,
});

const pathOf = async (program: DebianProgram): Promise<string> => (await findOrFetch(program)).path;

export const findPromtool = (): Promise<string> => pathOf(inPackage('promtool', 'prometheus'));
