/**
 * What the scenarios of one test file share: the cluster by raw HTTP, and a recorder that sees everything.
 *
 * Must not know any scenario.
 */
import { cluster } from '../cluster.ts';
import { createRawHttp } from '../raw-http.ts';
import { startRecorder } from './recorder.ts';
import type { Theatre } from './stage.ts';

export interface OpenTheatre extends Theatre {
  readonly close: () => void;
}

const noInterlude: Theatre['whileDown'] = () =>
  Promise.reject(new Error('expected a scenario that is played where its operator may be stopped'));

/** Opens it, on a cluster without grants; whoever opens it closes it. */
export async function openTheatre(): Promise<OpenTheatre> {
  const home = cluster();
  const http = createRawHttp(home);
  // What other tests have left waiting would be worked on, and counted, here.
  await home.kubectl(['delete', 'tagrant,ctagrant', '--all', '-A', '--wait=false']);
  const recorder = await startRecorder(http);
  return {
    home,
    http,
    recorder,
    whileDown: noInterlude,
    close: () => {
      recorder.stop();
      http.close();
    },
  };
}
