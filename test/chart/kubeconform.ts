/** The real kubeconform, strict, with schemas from files. Must not know what is checked. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { join } from 'node:path';
import { goTool } from '../tools/go-tool.ts';

const stdout_bytes_max = 64 * 1024 * 1024;

/** Whatever it objects to in a file, or in the files of a folder: the file, the object, its words. */
export async function objections(schemas: string, path: string): Promise<readonly string[]> {
  const location = join(schemas, '{{.ResourceKind}}{{.KindSuffix}}.json');
  const args = ['-strict', '-verbose', '-output', 'json', '-schema-location', location, path];
  const options = { maxBuffer: stdout_bytes_max };
  const run = promisify(execFile)(await goTool('kubeconform'), args, options);
  // Objections are exit code 1, and what it says is on stdout all the same.
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  const { resources } = JSON.parse(stdout) as { resources: readonly Resource[] };
  if (resources.length === 0) throw new Error(`expected objects in ${path}, found none`);
  return (
    resources
      .filter(({ status }) => status !== 'statusValid')
      // A document of comments only: neither kind nor words.
      .filter(({ kind, msg }) => kind !== '' || msg !== '')
      .map(({ filename, kind, name, status, msg }) => `${filename}: ${status} ${kind} ${name}: ${msg}`)
  );
}

interface Resource {
  readonly filename: string;
  readonly kind: string;
  readonly name: string;
  readonly status: string;
  readonly msg: string;
}
