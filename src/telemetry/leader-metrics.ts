/** Who leads, under client-go's name. Must not know how that is decided. */
import { Gauge, type Registry } from 'prom-client';

export interface LeaderMetrics {
  /** Whether this process holds the Lease of this name. To be told before the election begins, too. */
  readonly leading: (lease: string, isLeading: boolean) => void;
}

/** Registers it. */
export function createLeaderMetrics(registry: Registry): LeaderMetrics {
  const status = new Gauge({
    name: 'leader_election_master_status',
    help:
      'Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master. ' +
      "'name' is the string used to identify the lease. Please make sure to group by name.",
    labelNames: ['name'],
    registers: [registry],
  });
  return { leading: (name, isLeading) => status.set({ name }, isLeading ? 1 : 0) };
}
