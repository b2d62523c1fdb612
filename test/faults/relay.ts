/**
 * Passes an answer of the API server on, whole or cut into pieces, and spoils a watch on the way when that is planned.
 *
 * Must not know what is planned, nor when.
 */
import type { IncomingMessage } from 'node:http';
import { constants } from 'node:http2';
import { statusOf } from './false-answers.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { Response } from './http-proxy.ts';

const newline = 0x0a;
/** The most pieces that one write is cut into: enough to meet every boundary sooner or later. */
const piecesMax = 12;

/** Breaks the answer off, as a connection that fails does. */
export function cut(response: Response): void {
  if (response.stream !== undefined) response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else response.destroy();
}

/** A body that is read as a whole, such as a list. */
export async function relayWhole(
  upstream: IncomingMessage,
  response: Response,
  plan: FaultPlan,
): Promise<void> {
  for await (const chunk of upstream) await write(response, chunk as Buffer, plan);
  response.end();
}

/** A body of lines, each an event. */
export async function relayWatch(
  upstream: IncomingMessage,
  response: Response,
  plan: FaultPlan,
): Promise<void> {
  response.flushHeaders();
  for await (const line of rawLines(upstream)) {
    switch (plan.strikeStream(line)) {
      case undefined:
        await write(response, line, plan);
        break;
      case 'Withhold':
        break;
      case 'EndBetweenEvents':
        return void response.end();
      case 'EndWithinEvent':
        return void response.end(partOf(line, plan));
      case 'LoseEvent':
        return cut(response);
      case 'GarbleEvent':
        await write(response, Buffer.concat([partOf(line, plan), Buffer.of(newline)]), plan);
        break;
      case 'GoneEvent':
        plan.forgetting.upTo(versionOf(line) - 1);
        return void response.end(gone);
      default:
    }
  }
  response.end();
}

const gone = `${JSON.stringify({ type: 'ERROR', object: statusOf(410, 'Expired') })}\n`;

/** A beginning that is not a whole event. */
const partOf = (line: Buffer, { random }: FaultPlan): Buffer =>
  line.subarray(0, 1 + Math.floor(random() * (line.length - 2)));

function versionOf(line: Buffer): number {
  const { object } = JSON.parse(line.toString()) as { object: { metadata: { resourceVersion: string } } };
  return Number(object.metadata.resourceVersion);
}

/** Lines with their ends; the last one perhaps without. */
async function* rawLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(newline); end !== -1; end = rest.indexOf(newline)) {
      yield rest.subarray(0, end + 1);
      rest = rest.subarray(end + 1);
    }
  }
  if (rest.length > 0) yield rest;
}

async function write(response: Response, bytes: Buffer, plan: FaultPlan): Promise<void> {
  for (const piece of plan.chopping ? chopped(bytes, plan) : [bytes]) {
    // Each on its own, or they would be joined again on the way.
    await new Promise<void>((resolve, reject) => {
      response.once('close', resolve);
      response.write(piece, (error?: Error | null) => {
        response.off('close', resolve);
        if (error) reject(error);
        else resolve();
      });
    });
  }
}

function* chopped(bytes: Buffer, { random, count }: FaultPlan): Generator<Buffer> {
  const places = Array.from({ length: piecesMax - 1 }, () => Math.floor(random() * bytes.length));
  let from = 0;
  for (const place of [...new Set(places)].sort((a, b) => a - b)) {
    if (place === 0) continue;
    count(isWithinCharacter(bytes[place]) ? 'CutWithinCharacter' : 'CutBetweenCharacters');
    yield bytes.subarray(from, place);
    from = place;
  }
  yield bytes.subarray(from);
}

/** The bytes of a character after its first begin with the bits 10. */
const isWithinCharacter = (byte = 0): boolean => (byte & 0xc0) === 0x80;
