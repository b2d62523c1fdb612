/** A gauge with one value, which is asked for when somebody scrapes it. Must not know what it shows. */
import { Gauge, type Registry } from 'prom-client';

export interface ScrapedGauge<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: Readonly<Record<Label, string>>;
  /** Undefined shows no value. */
  readonly value: () => number | undefined;
}

/** Registers it. */
export function registerScrapedGauge<Label extends string>(
  registry: Registry,
  { name, help, labels, value }: ScrapedGauge<Label>,
): void {
  const gauge = new Gauge({
    name,
    help,
    labelNames: Object.keys(labels) as Label[],
    registers: [],
    collect() {
      const current = value();
      // A gauge without labels begins with a 0 that nobody has said.
      if (current === undefined) this.remove(labels);
      else this.set(labels, current);
    },
  });
  registry.registerMetric(gauge);
}
