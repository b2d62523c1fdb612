/**
 * Loaded into the operator's own process before the operator: at SIGUSR2 it writes down everything that its memory holds, into the
 * file of `?snapshot=`. With `?keeping=grants` it leaks as well: each grant that a watch brought is kept for ever.
 *
 * Must not know what may be held.
 */
import { writeHeapSnapshot } from 'node:v8';

const settings = new URL(import.meta.url).searchParams;
const kept = new Map<string, unknown>();

function keepGrants(): void {
  const parse = JSON.parse.bind(JSON);
  JSON.parse = (...args: Parameters<typeof parse>): unknown => {
    const value: unknown = parse(...args);
    const { object } = (value ?? {}) as {
      readonly object?: { readonly kind?: string; readonly metadata?: { readonly uid?: string } };
    };
    if (object?.kind === 'TemporaryAccessGrant') kept.set(object.metadata?.uid ?? '', object);
    return value;
  };
}

if (settings.get('keeping') === 'grants') keepGrants();

process.on('SIGUSR2', () => {
  // Collects all that can be collected first.
  writeHeapSnapshot(settings.get('snapshot') ?? undefined);
  process.stdout.write(
    `${JSON.stringify({ level: 'info', message: 'snapshot written', kept: kept.size })}\n`,
  );
});
