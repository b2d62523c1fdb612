/**
 * Who holds access at the moment when this process begins to lead. The leader before may have let somebody begin whom our
 * watch has not shown yet, and limits would be passed.
 *
 * Must not know what limits are.
 */
import type { Grant } from '../domain/grant.ts';
import type { Api } from '../runtime/api.ts';
import { listed } from '../runtime/pages.ts';
import { grantKinds, grantResource } from './resources.ts';

/**
 * The grants that hold access, from the API server itself.
 *
 * @throws ApiError, ConnectionError
 */
export async function listHolders(api: Pick<Api, 'list'>, signal: AbortSignal): Promise<readonly Grant[]> {
  const found: Grant[] = [];
  for (const kind of grantKinds) {
    for (const phase of ['Activating', 'Active']) {
      const selection = { fieldSelector: `status.phase=${phase}`, signal };
      for await (const grant of listed<Grant>(api, grantResource[kind], selection)) {
        // A list gives items without their kind.
        found.push({ ...grant, kind } as Grant);
      }
    }
  }
  return found;
}
