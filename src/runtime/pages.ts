/** A whole list, page by page. Must not know what is listed. */
import type { Api, KubeList, KubeObject, ListOptions, Resource } from './api.ts';

const pageSize = 500;

/**
 * Every object of a list, all as of one moment.
 *
 * @throws ApiError, also when the list took so long that the server no longer has that moment; ConnectionError
 */
export async function* listed<T extends KubeObject>(
  api: Pick<Api, 'list'>,
  resource: Resource,
  selection: Omit<ListOptions, 'limit' | 'continue'>,
): AsyncGenerator<T> {
  let token: string | undefined;
  do {
    const page: KubeList<T> = await api.list<T>(resource, { ...selection, limit: pageSize, continue: token });
    yield* page.items;
    token = page.continue;
  } while (token !== undefined);
}
