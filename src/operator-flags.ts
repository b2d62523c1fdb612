/**
 * The operator's command line, in the words of Kubernetes' own components.
 *
 * Must not know what the flags do.
 */
import { parseArgs } from 'node:util';
import { defaultInstallation, type Installation } from './domain/installation.ts';
import { type LogLevel, logLevels } from './telemetry/log.ts';

const usage = `Usage: operator [flags]

  --kubeconfig PATH                       default: $KUBECONFIG, then the pod's own ServiceAccount
  --leader-elect                          work only while holding a Lease; needed with more than one replica
  --leader-elect-resource-namespace NAME  where that Lease is, default: Curfew's own namespace
  --namespace NAME                        Curfew's own namespace, in which nobody gets access;
                                          default: $POD_NAMESPACE, then curfew-system
  --service-account NAME                  the operator's own, default curfew-operator
  --reaper-service-account NAME           the reaper's, default curfew-reaper
  --metrics-bind-address ADDRESS          default :8080
  --health-probe-bind-address ADDRESS     default :8081
  --workers N                             grants worked on at a time, default 32
  --log-level LEVEL                       ${logLevels.join(', ')}; default info
`;

export interface Flags {
  readonly kubeconfig: string | undefined;
  readonly leaderElect: boolean;
  readonly leaseNamespace: string;
  readonly installation: Installation;
  readonly metricsAddress: string;
  readonly healthAddress: string;
  readonly workers: number;
  readonly logLevel: LogLevel;
}

const options = {
  kubeconfig: { type: 'string' },
  'leader-elect': { type: 'string', default: 'false' },
  'leader-elect-resource-namespace': { type: 'string' },
  namespace: { type: 'string' },
  'service-account': { type: 'string', default: defaultInstallation.serviceAccount },
  'reaper-service-account': { type: 'string', default: defaultInstallation.reaperServiceAccount },
  'metrics-bind-address': { type: 'string', default: ':8080' },
  'health-probe-bind-address': { type: 'string', default: ':8081' },
  workers: { type: 'string', default: '32' },
  'log-level': { type: 'string', default: 'info' },
} as const;

/** Flags that may stand alone, as in Go: `--leader-elect` is `--leader-elect=true`. */
const switches: ReadonlySet<string> = new Set(['--leader-elect']);

/** As Kubernetes has them; the guard is compared with what these names make, so that one it cannot have helps nobody. */
const namespaceName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const accountName = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function named(flag: string, pattern: RegExp, value: string): string {
  if (pattern.test(value)) return value;
  throw new Error(`expected ${flag} to be a name as Kubernetes has them, got ${JSON.stringify(value)}`);
}

/** @throws Error that says which flag is wrong */
export function parseFlags(args: readonly string[], environment: NodeJS.ProcessEnv): Flags {
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
  const installation: Installation = {
    namespace: named(
      '--namespace',
      namespaceName,
      values.namespace ?? environment['POD_NAMESPACE'] ?? defaultInstallation.namespace,
    ),
    serviceAccount: named('--service-account', accountName, values['service-account']),
    reaperServiceAccount: named('--reaper-service-account', accountName, values['reaper-service-account']),
  };
  return {
    kubeconfig: values.kubeconfig,
    leaderElect: leaderElect === 'true',
    leaseNamespace: values['leader-elect-resource-namespace'] ?? installation.namespace,
    installation,
    metricsAddress: values['metrics-bind-address'],
    healthAddress: values['health-probe-bind-address'],
    workers,
    logLevel,
  };
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
