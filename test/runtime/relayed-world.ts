/** A server behind a relay that can swallow what passes, and a client that reaches it through that one, on a virtual clock. */
import type { HttpApi } from '../../src/kube/http-api.ts';
import { connect, startServer, type TestServer } from './http-server.ts';
import { widgets } from './objects.ts';
import { type Relay, startRelay } from './relay.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

export interface RelayedWorld extends AsyncDisposable {
  readonly server: TestServer;
  readonly relay: Relay;
  readonly clock: VirtualClock;
  readonly api: HttpApi;
}

/** What is asked for, or deleted. */
export const ref = { resource: widgets, namespace: 'ns', name: 'a' };

export async function createRelayedWorld(): Promise<RelayedWorld> {
  const server = await startServer();
  const relay = await startRelay(Number(new URL(server.url).port));
  const clock = createVirtualClock();
  const api = connect({ ...server, url: `http://127.0.0.1:${relay.port}` }, { clock });
  return {
    server,
    relay,
    clock,
    api,
    [Symbol.asyncDispose]: async () => {
      await api.close();
      await relay[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
