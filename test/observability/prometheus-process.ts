/**
 * A real Prometheus that scrapes each second and judges rules each second, and what it answers.
 *
 * Must not know what it watches.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RuleFile } from '../../observability/rules.ts';
import { startComponent } from '../controlplane/component.ts';
import { holds, notYet, until } from '../controlplane/condition.ts';
import { freePort } from '../controlplane/ports.ts';
import { findPrometheus } from './tools/prometheus.ts';

export interface Scraped {
  /** As a pod's name would be. */
  readonly pod: string;
  readonly port: number;
}

export interface PrometheusOptions {
  /** Gets the log, the data and the pid file, whose process the control plane's watchdog ends at the latest. */
  readonly folder: string;
  readonly targets: readonly Scraped[];
  readonly rules: RuleFile;
}

/** A series and its value; of a range, its last one. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus {
  readonly url: string;
  /** @throws Error with Prometheus' words */
  readonly query: (expr: string) => Promise<readonly Sample[]>;
  /** The alerts that fire now, each once, in order. */
  readonly firing: () => Promise<readonly string[]>;
  /** The alerts that fired at any time in the last `seconds`. */
  readonly fired: (seconds: number) => Promise<readonly string[]>;
  readonly stop: () => Promise<void>;
}

/** With the labels that a ServiceMonitor adds, the operator's own namespace among them. */
function configuration({ targets }: PrometheusOptions, rules: string): object {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [rules],
    scrape_configs: [
      {
        job_name: 'curfew',
        static_configs: targets.map(({ pod, port }) => ({
          targets: [`127.0.0.1:${port}`],
          labels: { namespace: 'curfew-system', pod },
        })),
      },
    ],
  };
}

const names = (samples: readonly Sample[]): readonly string[] =>
  [...new Set(samples.map(({ metric }) => metric['alertname'] ?? ''))].sort();

/** Starts it; resolves when it is ready. Whoever starts it stops it. */
export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const folder = join(options.folder, 'prometheus');
  await mkdir(folder, { recursive: true });
  const [config, rules, port] = [join(folder, 'prometheus.yml'), join(folder, 'rules.yml'), await freePort()];
  // JSON is YAML.
  await writeFile(rules, JSON.stringify(options.rules));
  await writeFile(config, JSON.stringify(configuration(options, rules)));
  const component = await startComponent({
    name: 'prometheus',
    command: await findPrometheus(),
    arguments: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    folder: options.folder,
  });
  const url = `http://127.0.0.1:${port}`;
  const look = async () => ((await fetch(`${url}/-/ready`)).ok ? holds : notYet('not ready'));
  await until({ expected: 'Prometheus to become ready', look, component });
  const query = (expr: string): Promise<readonly Sample[]> => ask(url, expr);
  return {
    url,
    query,
    firing: async () => names(await query('ALERTS{alertstate="firing"}')),
    fired: async (seconds) => names(await query(`count_over_time(ALERTS{alertstate="firing"}[${seconds}s])`)),
    stop: async () => {
      component.kill('SIGTERM');
      await component.ended;
    },
  };
}

async function ask(url: string, expr: string): Promise<readonly Sample[]> {
  const response = await fetch(`${url}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query: expr }),
  });
  const answer = (await response.json()) as Answer;
  if (answer.status !== 'success')
    throw new Error(`expected Prometheus to answer ${expr}, got: ${answer.error}`);
  return answer.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
}

type Answer =
  | { readonly status: 'error'; readonly error: string }
  | {
      readonly status: 'success';
      readonly data: {
        readonly result: readonly {
          readonly metric: Readonly<Record<string, string>>;
          readonly value: readonly [number, string];
        }[];
      };
    };
