/**
 * Cuts a byte stream into lines at byte 0x0A and nowhere else: a chunk may end in the middle of a character, and
 * JSON strings may hold U+2028, which other splitters take for a line's end.
 *
 * Must not know what a line means.
 */

/** A line was longer than anything the API server sends. */
export class LineTooLongError extends Error {
  override readonly name = 'LineTooLongError';
}

const lineMax_bytes = 64 * 1024 * 1024;

const newline = 0x0a;

/**
 * The lines of a stream, without their ends; empty ones are left out. What follows the last newline is a line too.
 *
 * @throws LineTooLongError when a line has more than `max_bytes`; TypeError when one is not UTF-8
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  max_bytes: number = lineMax_bytes,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let begun: Uint8Array[] = [];
  let begun_bytes = 0;

  const keep = (part: Uint8Array): void => {
    begun_bytes += part.length;
    if (begun_bytes > max_bytes)
      throw new LineTooLongError(`expected a line of at most ${max_bytes} bytes, got more`);
    begun.push(part);
  };
  const finish = (): string => {
    const [only] = begun;
    const line = decoder.decode(begun.length === 1 && only !== undefined ? only : Buffer.concat(begun));
    begun = [];
    begun_bytes = 0;
    return line;
  };

  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      keep(chunk.subarray(from, end));
      from = end + 1;
      const line = finish();
      if (line !== '') yield line;
    }
    if (from < chunk.length) keep(chunk.subarray(from));
  }
  const last = finish();
  if (last !== '') yield last;
}
