/** What the API server's own audit log says from some moment on: one file for all tests, and long. Must not know what is looked for. */
import { open, stat } from 'node:fs/promises';
import { cluster, type ClusterAddress } from './cluster.ts';

export interface AuditLine {
  readonly user?: {
    readonly username?: string;
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  readonly verb?: string;
  readonly requestURI?: string;
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly apiGroup?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  /** When the API server had answered; RFC 3339 with microseconds. */
  readonly stageTimestamp?: string;
  readonly responseStatus?: { readonly code?: number };
  readonly annotations?: Readonly<Record<string, string>>;
}

type Audited = Pick<ClusterAddress, 'auditLogPath'>;

/** A place in the log: its end, now. */
export const auditEnd = async ({ auditLogPath }: Audited = cluster()): Promise<number> =>
  (await stat(auditLogPath)).size;

/** The lines after a place that contain all of the words. A line may follow its response by a moment. */
export const auditSince = (place: number, ...words: readonly string[]): Promise<readonly AuditLine[]> =>
  auditOf(cluster(), place, ...words);

/** The same of another control plane. */
export async function auditOf(
  { auditLogPath }: Audited,
  place: number,
  ...words: readonly string[]
): Promise<readonly AuditLine[]> {
  const file = await open(auditLogPath);
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(size - place), 0, size - place, place);
    return buffer
      .toString()
      .split('\n')
      .slice(0, -1)
      .filter((line) => words.every((word) => line.includes(word)))
      .map((line) => JSON.parse(line) as AuditLine);
  } finally {
    await file.close();
  }
}
