/** Who goes when. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import { createLanesWorld, type LanesWorld, notFound, tooMany } from './lanes-world.ts';
import { settled } from './virtual-clock.ts';

let clock: LanesWorld['clock'];
let lanes: LanesWorld['lanes'];
let gone: LanesWorld['gone'];
let outcome: LanesWorld['outcome'];
let request: LanesWorld['request'];
let requests: LanesWorld['requests'];
let end: LanesWorld['end'];
let stop: AbortController;

beforeEach(() => {
  ({ clock, lanes, gone, outcome, request, requests, end } = createLanesWorld());
  stop = new AbortController();
});

describe('at first', () => {
  it('16 requests go at once, and each that ends lets the next one go', async () => {
    requests(20, 'r');
    await settled();
    expect(gone).toHaveLength(16);
    await end('r3');
    expect(gone.slice(16)).toEqual(['r16']);
    await end('r16', notFound);
    expect(gone.slice(17)).toEqual(['r17']);
    await end('r0', new ConnectionError('GET widgets', 'expected an answer, got none'));
    expect(gone.slice(18)).toEqual(['r18']);
  });

  it('what an attempt gives or fails with is what its caller gets', async () => {
    const fine = outcome('fine');
    const wrong = outcome('wrong');
    await settled();
    await end('fine');
    await end('wrong', notFound);
    expect([await fine, await wrong]).toEqual(['fine', notFound]);
  });
});

describe('of those that wait', () => {
  it('the most important goes first, and of the same importance who came first', async () => {
    requests(16, 'r');
    await settled();
    request('event 1', 'Event');
    request('status 1', 'Status');
    request('read 1', 'Read');
    request('access 1', 'Access');
    request('event 2', 'Event');
    request('access 2', 'Access');
    request('read 2', 'Read');
    await settled();
    for (let index = 0; index < 7; index += 1) await end(`r${index}`);
    expect(gone.slice(16)).toEqual([
      'access 1',
      'access 2',
      'read 1',
      'read 2',
      'status 1',
      'event 1',
      'event 2',
    ]);
  });

  it('the least important starves while others wait, and no longer', async () => {
    requests(16, 'r');
    request('event', 'Event');
    requests(100, 'access', 'Access');
    await settled();
    for (const name of gone) {
      if (name === 'event') break;
      await end(name);
    }
    expect(gone.indexOf('event')).toBe(116);
  });

  it('who leaves by the signal hears its reason, and is passed over', async () => {
    requests(16, 'r');
    const reason = new Error('the caller left');
    const left = outcome('left', 'Read', stop.signal);
    request('next');
    await settled();
    stop.abort(reason);
    expect(await left).toBe(reason);
    await end('r0');
    expect(gone.at(-1)).toBe('next');
    expect(gone).not.toContain('left');
  });

  it('nobody is let in who had left before', async () => {
    const reason = new Error('gone already');
    expect(await outcome('late', 'Read', AbortSignal.abort(reason))).toBe(reason);
    expect(gone).toEqual([]);
  });
});

it('when the lanes are opened everybody goes, also who was held back', async () => {
  request('first', 'Access');
  await settled();
  await end('first', tooMany(3));
  requests(50, 'r');
  lanes.open();
  await settled();
  expect(gone).toHaveLength(51);
  expect(clock.pending).toBe(0);
  requests(50, 's');
  await settled();
  expect(gone).toHaveLength(101);
});
