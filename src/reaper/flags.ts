/** The reaper's command line, in kubectl's words where kubectl has them. Must not know what the flags do. */
import { parseArgs } from 'node:util';
import { parseDuration_ms } from '../domain/duration.ts';

const usage = `Usage: reap [flags]

Deletes every binding of Curfew's that is past its end, whether or not there still are an operator, grants and CRDs.

  --interval DURATION           again and again, such as 30s or 5m; default: once
  --all                         end all access, past its end or not, once: what an uninstallation does
  --dry-run                     say what would be deleted, and delete nothing
  --textfile PATH               write metrics there for the node exporter; a name that ends in .prom
  --server URL                  default: that of the pod, $KUBERNETES_SERVICE_HOST
  --token-file PATH             default: that of the pod's ServiceAccount
  --certificate-authority PATH  default: that of the pod's ServiceAccount

Exit codes: 0 nothing was past its end (with --all: nothing is left); 1 it could not look at everything, or the flags are wrong;
2 bindings were past their end and are gone now (with --dry-run: would go); 3 some still stand.
`;

export interface Flags {
  /** Undefined: once. */
  readonly interval_ms: number | undefined;
  /** Whatever end a binding names. */
  readonly all: boolean;
  readonly dryRun: boolean;
  readonly textfile: string | undefined;
  /** `https://host:port`. */
  readonly server: string;
  readonly tokenFile: string;
  readonly caFile: string;
}

const podFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

const options = {
  interval: { type: 'string' },
  all: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  textfile: { type: 'string' },
  server: { type: 'string' },
  'token-file': { type: 'string', default: `${podFolder}/token` },
  'certificate-authority': { type: 'string', default: `${podFolder}/ca.crt` },
} as const;

/** @throws Error that says which flag is wrong */
export function parseFlags(args: readonly string[], environment: NodeJS.ProcessEnv): Flags {
  const { values } = parseArgs({ args: [...args], options });
  const interval_ms = values.interval === undefined ? undefined : parseDuration_ms(values.interval);
  if (interval_ms === 0)
    throw new Error(`expected --interval to be a second or more, got ${values.interval}`);
  if (values.all && (values.interval !== undefined || values.textfile !== undefined)) {
    throw new Error('expected --all to stand without --interval and --textfile: it is for the end, once');
  }
  const server = values.server ?? serverOfPod(environment);
  // The token goes there.
  if (!URL.canParse(server) || new URL(server).protocol !== 'https:') {
    throw new Error(`expected --server to be an https:// URL, got ${server}`);
  }
  if (values.textfile !== undefined && !values.textfile.endsWith('.prom')) {
    throw new Error(
      `expected --textfile to end in .prom, or the node exporter skips it, got ${values.textfile}`,
    );
  }
  return {
    interval_ms,
    all: values.all,
    dryRun: values['dry-run'],
    textfile: values.textfile,
    server: server.replace(/\/+$/, ''),
    tokenFile: values['token-file'],
    caFile: values['certificate-authority'],
  };
}

function serverOfPod({
  KUBERNETES_SERVICE_HOST: host,
  KUBERNETES_SERVICE_PORT: port = '443',
}: NodeJS.ProcessEnv) {
  if (host === undefined)
    throw new Error('expected --server, since this is no pod: KUBERNETES_SERVICE_HOST is not set');
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** @returns undefined after saying on stderr what is wrong and how it is used */
export function readFlags(args: readonly string[]): Flags | undefined {
  try {
    return parseFlags(args, process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return undefined;
  }
}
