/**
 * The image, as far as it can be had without a registry: the files that the Dockerfile puts together, run as a kubelet would
 * run them, against a real API server, with the ServiceAccounts' own tokens. No image is built: what the base image itself
 * brings is not tried here.
 */
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { install } from '../../scripts/install.ts';
import { defaultInstallation } from '../../src/domain/installation.ts';
import { type Cluster, clusterAt } from '../cluster/cluster.ts';
import { workplace } from '../cluster/grants.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import type { LogLine } from '../operator/operator-process.ts';
import { type Container, runContainer } from './container.ts';
import { buildImageFiles, type ImageFiles } from './image-files.ts';

const root = join(import.meta.dirname, '..', '..');
const memory_bytes = 256 * 1024 * 1024;
/** As OpenShift gives them. */
const anybody = '1000680000:0';
const isRoot = process.getuid?.() === 0;
if (!isRoot)
  console.log('not root: no container can be made, so that only the files of the image are looked at');

let folder: string;
let image: ImageFiles;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'curfew-image-'));
  // The user of the image must get to its files.
  await chmod(folder, 0o755);
  image = await buildImageFiles(folder);
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const file = (name: string): Promise<string> => readFile(join(image.rootFolder, 'app', name), 'utf8');

const manifest = async () =>
  JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Readonly<
    Record<'dependencies' | 'devDependencies', Readonly<Record<string, string>>>
  >;

describe('the image', () => {
  it('has the bundles of `make build`, byte by byte', async () => {
    await promisify(execFile)(process.execPath, [join(root, 'scripts', 'build.ts')]);
    for (const name of ['operator.mjs', 'reap.mjs']) {
      expect(await file(name)).toBe(await readFile(join(root, 'dist', name), 'utf8'));
    }
  });

  it('has the licenses of all that is in it', async () => {
    expect(await file('LICENSE')).toContain('Apache License');
    const licenses = await file('operator.mjs.LICENSES.txt');
    for (const name of Object.keys((await manifest()).dependencies)) expect(licenses).toContain(`${name} `);
    expect(await file('operator.mjs.LEGAL.txt')).toContain('MIT');
  });

  it('is for the Node that everything else runs on', async () => {
    const { devDependencies } = await manifest();
    expect(image.stages[0]?.base).toContain(`node:${devDependencies['node']}-`);
    expect(process.version).toBe(`v${devDependencies['node']}`);
  });

  it('runs as a user that is a number and not root', () => {
    expect(image.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });
});

describe.skipIf(!isRoot)('a container of it', () => {
  let plane: ControlPlane;
  let home: Cluster;
  let operator: Container | undefined;

  beforeAll(async () => {
    plane = await startControlPlane();
    home = clusterAt(plane);
    await install(plane, { roles: ['view', 'edit'] });
  });
  afterAll(async () => {
    await operator?.stop('SIGKILL');
    await operator?.memory.remove();
    await plane?.stop();
  });

  /** The folder that a pod of this ServiceAccount sees. */
  async function serviceAccount(name: string, user = image.user): Promise<string> {
    const place = join(folder, `account-${name}`);
    await mkdir(place);
    const args = ['create', 'token', name, '-n', defaultInstallation.namespace, '--duration=1h'];
    await writeFile(join(place, 'token'), (await home.kubectl(args)).stdout.trim(), { mode: 0o400 });
    await writeFile(join(place, 'ca.crt'), Buffer.from(plane.caData, 'base64'));
    const [owner = 0, group = 0] = user.split(':').map(Number);
    await chown(join(place, 'token'), owner, group);
    return place;
  }

  /** What a pod knows of the API server. */
  const apiServer = (): Readonly<Record<string, string>> => {
    const { hostname, port } = new URL(plane.server);
    return { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
  };

  const addresses = ['--metrics-bind-address=127.0.0.1:0', '--health-probe-bind-address=127.0.0.1:0'];

  async function startOperator(): Promise<{ port: number; logged: (message: string) => Promise<LogLine> }> {
    const started = await runContainer({
      image,
      args: [...image.command, '--leader-elect', ...addresses],
      environment: { ...apiServer(), POD_NAMESPACE: defaultInstallation.namespace },
      serviceAccount: await serviceAccount(defaultInstallation.serviceAccount),
      memory_bytes,
      pidFile: join(plane.dataDir, 'operator.pid'),
    });
    operator = started;
    const logged = (message: string): Promise<LogLine> =>
      home.eventually(
        () => {
          const line = started.lines
            .map((text) => JSON.parse(text) as LogLine)
            .find((one) => one.message.startsWith(message));
          if (line === undefined)
            throw new Error(`${message} is not said yet: ${started.errors()} ${started.lines.at(-1)}`);
          return line;
        },
        { timeout_ms: 40_000 },
      );
    return { port: Number((await logged('listening'))['health']), logged };
  }

  it('gives access and takes it away, as nobody in particular, on files that nobody can write', async () => {
    const { port, logged } = await startOperator();
    await logged('leading');
    // Grants from before the guard's first epoch are denied.
    await logged('The guard is in force');
    await home.eventually(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200);
    const status = (await operator?.status()) ?? '';
    expect(status).toMatch(/^Uid:\s+65532\s+65532\s+65532\s+65532$/m);
    expect(status).toMatch(/^Gid:\s+65532\s+65532\s+65532\s+65532$/m);
    expect(status).toMatch(/^Groups:\s*$/m);
    expect(status).toMatch(/^NSpid:\s+\d+\s+1$/m);
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);

    const place = await workplace('image', home);
    await place.ask('inc-1', { duration: '8s' });
    await place.decide('inc-1', 'bob', 'Approved');
    await place.reach('inc-1', 'Active');
    expect(await place.may('alice', 'create', 'configmaps')).toBe(true);
    await place.reach('inc-1', 'Expired', 20);
    expect(await place.may('alice', 'create', 'configmaps')).toBe(false);
    expect(operator?.errors()).toBe('');
    expect(await operator?.memory.kills()).toBe(0);
    const peak_bytes = (await operator?.memory.peak_bytes()) ?? 0;
    console.log(`memory: ${Math.round(peak_bytes / 2 ** 20)} of ${memory_bytes / 2 ** 20} MiB at most`);
  }, 120_000);

  it('ends at SIGTERM with 0, though it is process 1, and lets go of its Lease; the reaper then ends what is left', async () => {
    const place = await workplace('image', home);
    await place.ask('inc-2', { duration: '6s' });
    await place.decide('inc-2', 'bob', 'Approved');
    await place.reach('inc-2', 'Active');
    const told_ms = performance.now();
    expect(await operator?.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    const ending_ms = performance.now() - told_ms;
    console.log(`ended ${Math.round(ending_ms)} ms after SIGTERM`);
    expect(ending_ms).toBeLessThan(5_000);
    await operator?.memory.remove();
    operator = undefined;
    const holder = [
      'get',
      'lease',
      'curfew-operator',
      '-n',
      'curfew-system',
      '-o',
      'jsonpath={.spec.holderIdentity}',
    ];
    expect((await home.kubectl(holder)).stdout).toBe('');

    const account = await serviceAccount(defaultInstallation.reaperServiceAccount, anybody);
    const reap = async (): Promise<number | null> => {
      const reaper = await runContainer({
        image,
        args: ['/app/reap.mjs'],
        user: anybody,
        environment: apiServer(),
        serviceAccount: account,
        memory_bytes: memory_bytes / 4,
        pidFile: join(plane.dataDir, 'reaper.pid'),
      });
      const { code } = await reaper.ended;
      expect(reaper.errors()).toBe('');
      await reaper.memory.remove();
      return code;
    };
    // 0: nothing is past its end yet. 2: what was is gone.
    await home.eventually(async () => (await reap()) === 2, { timeout_ms: 20_000 });
    expect(await place.bindings()).toEqual([]);
    expect(await reap()).toBe(0);
  }, 120_000);
});
