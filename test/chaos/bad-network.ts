/** A network that resets every connection each second, and one that delivers late, over many ends. */
import { expect } from 'vitest';
import type { TcpProxy } from '../faults/tcp-proxy.ts';
import { inSeconds, longest_ms, type Plot } from './ground.ts';

const count = 30;
/** Past the end, in milliseconds. */
const bound_ms = 5_000;

const slowDown = (network: TcpProxy): void => network.delay(500 + Math.random() * 1_500);

export const troubles = [
  {
    what: 'every connection is reset each second',
    begin: (network: TcpProxy) => {
      const timer = setInterval(() => void network.strike({ kind: 'Reset', after_bytes: 0 }), 1_000);
      return () => clearInterval(timer);
    },
  },
  {
    what: 'every answer comes half a second to two seconds late',
    begin: (network: TcpProxy) => {
      const timer = setInterval(() => slowDown(network), 200);
      slowDown(network);
      return () => {
        clearInterval(timer);
        network.delay(0);
      };
    },
  },
];

/** Many accesses end in time. */
export async function endsUnder(
  { what, begin }: (typeof troubles)[number],
  plot: Plot,
  network: TcpProxy,
): Promise<void> {
  const end_ms = inSeconds(12);
  const names = await plot.ask('late', count, end_ms);
  await plot.reach('Active', names, end_ms - Date.now());
  const calm = begin(network);
  try {
    await plot.reach('Expired', names, end_ms - Date.now() + 60_000);
  } finally {
    calm();
  }
  const lags_ms = await plot.lags_ms(names);
  console.log(
    `${what}: the last of ${count} ended ${longest_ms(lags_ms)} ms past its end, and all said so after ${Date.now() - end_ms} ms`,
  );
  expect(lags_ms).toHaveLength(count);
  expect(longest_ms(lags_ms)).toBeLessThanOrEqual(bound_ms);
  expect(Math.min(...lags_ms), 'and none before').toBeGreaterThanOrEqual(0);
}
