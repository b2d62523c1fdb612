/** The contract on the fake API server. */
import { systemClock } from '../../src/runtime/system-clock.ts';
import { createFakeApiServer } from '../fake/api-server.ts';
import { registrations } from './registrations.ts';
import { describeApiContract } from './api-contract.ts';

describeApiContract('the fake API server', async () => {
  const { api, collectGarbage, compact } = createFakeApiServer({
    clock: systemClock,
    resources: registrations,
  });
  return {
    api,
    collectGarbage: async () => collectGarbage(),
    forgetHistory: async () => compact(),
    stop: async () => {},
  };
});
