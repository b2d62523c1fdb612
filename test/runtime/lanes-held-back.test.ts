/** Whom a 429 with Retry-After holds back, and for how long. */
import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { withRetries } from '../../src/kube/retry.ts';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import { createLanesWorld, type LanesWorld, tooMany } from './lanes-world.ts';
import { settled } from './virtual-clock.ts';

let clock: LanesWorld['clock'];
let lanes: LanesWorld['lanes'];
let gone: LanesWorld['gone'];
let attempt: LanesWorld['attempt'];
let outcome: LanesWorld['outcome'];
let request: LanesWorld['request'];
let requests: LanesWorld['requests'];
let end: LanesWorld['end'];
let endAll: LanesWorld['endAll'];
let stop: AbortController;

beforeEach(() => {
  ({ clock, lanes, gone, attempt, outcome, request, requests, end, endAll } = createLanesWorld());
  stop = new AbortController();
});

describe('a 429 with Retry-After', () => {
  it('holds back its own lane and those below, not those above', async () => {
    request('first', 'Status');
    await settled();
    await end('first', tooMany(3));
    request('event', 'Event');
    request('status', 'Status');
    request('read', 'Read');
    request('access', 'Access');
    await clock.advance(2999);
    expect(gone).toEqual(['first', 'read', 'access']);
    await clock.advance(1);
    expect(gone.slice(3)).toEqual(['status', 'event']);
  });

  it('of an Event holds back Events alone', async () => {
    request('first', 'Event');
    await settled();
    await end('first', tooMany(3));
    for (const priority of ['Event', 'Status', 'Read', 'Access'] as const) request(priority, priority);
    await settled();
    expect(gone).toEqual(['first', 'Status', 'Read', 'Access']);
  });

  it('of what gives or ends access holds back everything', async () => {
    request('first', 'Access');
    await settled();
    await end('first', tooMany(3));
    for (const priority of ['Event', 'Status', 'Read', 'Access'] as const) request(priority, priority);
    await clock.advance(2999);
    expect(gone).toEqual(['first']);
    await clock.advance(1);
    expect(gone.slice(1)).toEqual(['Access', 'Read', 'Status', 'Event']);
  });

  it('does not shorten a longer one', async () => {
    request('first', 'Event');
    request('second', 'Read');
    await settled();
    await end('first', tooMany(5));
    await end('second', tooMany(1));
    request('event', 'Event');
    request('read', 'Read');
    await clock.advance(1000);
    expect(gone.slice(2)).toEqual(['read']);
    await clock.advance(4000);
    expect(gone.slice(3)).toEqual(['event']);
  });

  it('holds back for 10 s at most, whatever was asked', async () => {
    request('first');
    await settled();
    await end('first', tooMany(3600));
    request('second');
    await clock.advance(9999);
    expect(gone).toEqual(['first']);
    await clock.advance(1);
    expect(gone).toEqual(['first', 'second']);
  });
});

it('a request that waits to be repeated does not keep its place', async () => {
  const repeated = withRetries({ clock, repeatable: 'Freely' }, () =>
    lanes.run({ priority: 'Access' }, attempt('repeated')),
  );
  requests(15, 'r');
  await settled();
  request('next');
  await settled();
  expect(gone).not.toContain('next');
  await end('repeated', new ConnectionError('GET widgets', 'expected an answer, got none'));
  expect(gone.at(-1)).toBe('next');
  await clock.advance(100);
  expect(gone.filter((name) => name === 'repeated')).toHaveLength(1);
  await end('r0');
  await end('repeated');
  expect(await repeated).toBe('repeated');
});

describe('nothing is left', () => {
  it('when all is done', async () => {
    const all = Array.from({ length: 100 }, (_, index) =>
      outcome(`r${index}`, index % 2 === 0 ? 'Access' : 'Event', stop.signal),
    );
    await settled();
    await endAll();
    await Promise.all(all);
    expect([clock.pending, getEventListeners(stop.signal, 'abort').length]).toEqual([0, 0]);
  });

  it('when all who were held back have left', async () => {
    request('first');
    await settled();
    await end('first', tooMany(3));
    const held = outcome('held', 'Read', stop.signal);
    await settled();
    expect(clock.pending).toBe(1);
    stop.abort(new Error('the caller left'));
    await held;
    expect([clock.pending, getEventListeners(stop.signal, 'abort').length]).toEqual([0, 0]);
  });
});
