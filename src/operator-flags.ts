/**
 * The operator's command line, in the words of Kubernetes' own components.
 *
 * Must not know what the flags do.
 */
import { parseArgs } from 'node:util';
import { type LogLevel, logLevels } from './telemetry/log.ts';

const usage = `Usage: operator [flags]

  --kubeconfig PATH                       default: $KUBECONFIG, then the pod's own ServiceAccount
  --leader-elect                          work only while holding a Lease; needed with more than one replica
  --leader-elect-resource-namespace NAME  where that Lease is, default curfew-system
  --metrics-bind-address ADDRESS          default :8080
  --health-probe-bind-address ADDRESS     default :8081
  --workers N                             grants worked on at a time, default 32
  --log-level LEVEL                       ${logLevels.join(', ')}; default info
`;

export interface Flags {
  readonly kubeconfig: string | undefined;
  readonly leaderElect: boolean;
  readonly leaseNamespace: string;
  readonly metricsAddress: string;
  readonly healthAddress: string;
  readonly workers: number;
  readonly logLevel: LogLevel;
}

const options = {
  kubeconfig: { type: 'string' },
  'leader-elect': { type: 'string', default: 'false' },
  'leader-elect-resource-namespace': { type: 'string', default: 'curfew-system' },
  'metrics-bind-address': { type: 'string', default: ':8080' },
  'health-probe-bind-address': { type: 'string', default: ':8081' },
  workers: { type: 'string', default: '32' },
  'log-level': { type: 'string', default: 'info' },
} as const;

/** Flags that may stand alone, as in Go: `--leader-elect` is `--leader-elect=true`. */
const switches: ReadonlySet<string> = new Set(['--leader-elect']);

/** @throws Error that says which flag is wrong */
function parseFlags(args: readonly string[]): Flags {
  const spelled = args.map((arg) => (switches.has(arg) ? `${arg}=true` : arg));
  const { values } = parseArgs({ args: spelled, options });
  const workers = Number(values.workers);
  if (!Number.isInteger(workers) || workers < 1 || workers > 256) {
    throw new Error(`expected --workers to be a number from 1 to 256, got ${values.workers}`);
  }
  const leaderElect = values['leader-elect'];
  if (leaderElect !== 'true' && leaderElect !== 'false') {
    throw new Error(`expected --leader-elect to be true or false, got ${leaderElect}`);
  }
  const logLevel = logLevels.find((level) => level === values['log-level']);
  if (logLevel === undefined) {
    throw new Error(`expected --log-level to be one of ${logLevels.join(', ')}, got ${values['log-level']}`);
  }
  return {
    kubeconfig: values.kubeconfig,
    leaderElect: leaderElect === 'true',
    leaseNamespace: values['leader-elect-resource-namespace'],
    metricsAddress: values['metrics-bind-address'],
    healthAddress: values['health-probe-bind-address'],
    workers,
    logLevel,
  };
}

/** @returns undefined after saying on stderr what is wrong and how it is used */
export function readFlags(args: readonly string[]): Flags | undefined {
  try {
    return parseFlags(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return undefined;
  }
}
