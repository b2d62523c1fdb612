/**
 * What a server that has forgotten cannot go on from any more: versions up to some point, and tokens of pages. What was gone once is
 * gone for ever. Pure.
 */
export interface Forgetting {
  /** Watches cannot go on from this version any more, nor from any before it. */
  readonly upTo: (version: number) => void;
  /** Nor can this request be answered again. */
  readonly where: (url: URL) => void;
  readonly isForgotten: (url: URL) => boolean;
}

const tokenOf = ({ searchParams }: URL): string => searchParams.get('continue') ?? '';
/** The server knows how to read what is opaque to its clients; 0 without one. */
const versionOf = ({ searchParams }: URL): number => Number(searchParams.get('resourceVersion') ?? 0);

export function createForgetting(): Forgetting {
  const tokens = new Set<string>();
  let latest = 0;
  const upTo = (version: number): void => {
    latest = Math.max(latest, version);
  };
  return {
    upTo,
    where: (url) => {
      const token = tokenOf(url);
      if (token !== '') tokens.add(token);
      upTo(versionOf(url));
    },
    isForgotten: (url) => {
      const version = versionOf(url);
      return tokens.has(tokenOf(url)) || (version > 0 && version <= latest);
    },
  };
}
