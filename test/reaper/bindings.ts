/** Bindings as a list of the API server has them, and a cluster that is a script. Must not know what is being tested. */
import type { Answer, Ask } from '../../src/reaper/ask.ts';
import type { ListedBinding } from '../../src/reaper/past.ts';

export const now_ms = Date.parse('2026-03-02T10:00:00Z');
const uid = '5f1c2d3e-0000-4000-8000-000000000001';

/** A managed binding that ends at `expiresAt`. */
export const aBinding = (
  expiresAt: string | undefined,
  metadata: Partial<ListedBinding['metadata']> = {},
): ListedBinding => ({
  metadata: {
    name: `curfew:inc-4711:${uid}`,
    namespace: 'payments',
    uid,
    labels: { 'app.kubernetes.io/managed-by': 'curfew' },
    ...(expiresAt === undefined ? {} : { annotations: { 'curfew.dev/expires-at': expiresAt } }),
    ...metadata,
  },
  roleRef: { kind: 'ClusterRole', name: 'edit' },
  subjects: [{ kind: 'User', name: 'alice' }],
});

export const answer = (code: number, body: unknown, rest: Partial<Answer> = {}): Answer => ({
  code,
  body,
  date_ms: undefined,
  retryAfter_ms: 0,
  ...rest,
});

export const list = (items: readonly ListedBinding[], more = ''): Answer =>
  answer(200, { items, metadata: { continue: more } });
export const gone = answer(200, { kind: 'Status', status: 'Success' });
export const refused = (code: number, message: string): Answer =>
  answer(code, { kind: 'Status', status: 'Failure', message });

/** Answers from the script, one for each request that begins so, the last one again and again; keeps what was asked. */
export function scripted(script: Readonly<Record<string, readonly (Answer | Error)[]>>) {
  const asked: string[] = [];
  const bodies: (object | undefined)[] = [];
  const turns = new Map<string, number>();
  const ask: Ask = async (method, path, body) => {
    const request = `${method} ${path}`;
    asked.push(request);
    bodies.push(body);
    // The longest beginning is meant: it says the most.
    const [begin = ''] = Object.keys(script)
      .filter((key) => request.startsWith(key))
      .sort((a, b) => b.length - a.length);
    const turn = turns.get(begin) ?? 0;
    turns.set(begin, turn + 1);
    const given = script[begin]?.[turn] ?? script[begin]?.at(-1);
    if (given === undefined) throw new Error(`not in the script: ${request}`);
    if (given instanceof Error) throw given;
    return given;
  };
  return { ask, asked, bodies };
}
