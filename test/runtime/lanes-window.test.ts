/** How many requests go at once. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import { createLanesWorld, type LanesWorld, notFound, tooMany } from './lanes-world.ts';
import { settled } from './virtual-clock.ts';

let gone: LanesWorld['gone'];
let inFlight: LanesWorld['inFlight'];
let request: LanesWorld['request'];
let requests: LanesWorld['requests'];
let end: LanesWorld['end'];

beforeEach(() => {
  ({ gone, inFlight, request, requests, end } = createLanesWorld());
});

describe('how many go at once', () => {
  it('grows with a full window of successes, of which refusals are as good as any', async () => {
    requests(64, 'r');
    await settled();
    for (let index = 0; index < 15; index += 1) await end(`r${index}`, notFound);
    expect(inFlight()).toBe(16);
    await end('r15');
    expect(inFlight()).toBe(17);
  });

  it('does not grow by attempts that got no answer', async () => {
    requests(64, 'r');
    await settled();
    for (let index = 0; index < 32; index += 1)
      await end(`r${index}`, new ConnectionError('GET', 'no answer'));
    expect(inFlight()).toBe(16);
  });

  it('does not grow while fewer are there than may go', async () => {
    for (let index = 0; index < 100; index += 1) {
      request(`single${index}`);
      await settled();
      await end(`single${index}`);
    }
    requests(20, 'r');
    await settled();
    expect(inFlight()).toBe(16);
  });

  it('halves when the server has too many, once for all that were in flight', async () => {
    requests(64, 'r');
    await settled();
    for (let index = 0; index < 16; index += 1) await end(`r${index}`, tooMany());
    expect(inFlight()).toBe(8);
    expect(gone).toHaveLength(24);
    await end('r16', tooMany());
    for (let index = 17; index < 24; index += 1) await end(`r${index}`);
    expect(inFlight()).toBe(4);
  });
});
