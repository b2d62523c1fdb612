import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineTooLongError, linesOf } from '../../src/kube/lines.ts';

async function* chunked(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const cut of [...cuts.filter((at) => at < bytes.length).sort((a, b) => a - b), bytes.length]) {
    yield bytes.subarray(from, cut);
    from = cut;
  }
}

const read = async (
  text: string | Uint8Array,
  cuts: readonly number[] = [],
  max_bytes?: number,
): Promise<string[]> => {
  const lines: string[] = [];
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  for await (const line of linesOf(chunked(bytes, cuts), max_bytes)) lines.push(line);
  return lines;
};

describe('lines', () => {
  it('are the same wherever the stream is cut', async () => {
    const line = fc.string({ unit: 'binary', minLength: 1 }).map((text) => `x${text.replaceAll('\n', '')}`);
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat(200)), async (lines, cuts) => {
        const sent = lines.map((one) => Buffer.from(one).toString());
        expect(await read(sent.map((one) => `${one}\n`).join(''), cuts)).toEqual(sent);
      }),
    );
  });

  it('end at byte 0x0A and nowhere else', async () => {
    expect(await read('a\u2028b\u2029c\u0085d\re\nf\n')).toEqual(['a\u2028b\u2029c\u0085d\re', 'f']);
  });

  it('that are empty are left out', async () => {
    expect(await read('\na\n\n\nb\n')).toEqual(['a', 'b']);
  });

  it('include what follows the last newline', async () => {
    expect(await read('a\nb')).toEqual(['a', 'b']);
  });

  it('that are longer than allowed fail, those that are just as long do not', async () => {
    expect(await read('12345\n1234\n', [3, 7], 5)).toEqual(['12345', '1234']);
    await expect(read('123456\n', [3], 5)).rejects.toThrow(LineTooLongError);
    await expect(read('123456', [1, 2, 3, 4, 5], 5)).rejects.toThrow('expected a line of at most 5 bytes');
  });

  it('that are not UTF-8 fail', async () => {
    await expect(read(Uint8Array.of(0x61, 0xff, 0x0a))).rejects.toThrow(TypeError);
  });
});
