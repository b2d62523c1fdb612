/**
 * Free loopback ports that stay free while a component is down between a kill and the next start.
 *
 * Hence not the ports that the system hands out for 0: it hands the same ones to outgoing connections.
 */
import { createServer } from 'node:net';
import { threadId } from 'node:worker_threads';

const first = 20_000;
const last = 29_999;

// Processes that start at the same time have neighbouring pids: far apart, they do not race for one port.
let next = first + ((process.pid * 16 + threadId * 1_600) % (last - first));

/**
 * A port on 127.0.0.1 that nobody listens on now; another one at each call.
 *
 * @throws Error when every port of the range is taken
 */
export async function freePort(): Promise<number> {
  for (let tried = first; tried <= last; tried += 1) {
    const port = next;
    next = next === last ? first : next + 1;
    if (await isFree(port)) return port;
  }
  throw new Error(`expected a free port on 127.0.0.1 between ${first} and ${last}, found none`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
