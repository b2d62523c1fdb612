/** Who goes when: the virtual clock says when, the names of those in flight say who. */
import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { createLanes, type Lanes, type Priority } from '../../src/kube/lanes.ts';
import { withRetries } from '../../src/kube/retry.ts';
import { ApiError, ConnectionError } from '../../src/runtime/api-error.ts';
import { createVirtualClock, settled, type VirtualClock } from './virtual-clock.ts';

let clock: VirtualClock;
let lanes: Lanes;
/** Who was let go, in order. */
let gone: string[];
/** How to end those in flight: with a failure or without. */
let inFlight: Map<string, (error?: Error) => void>;
let stop: AbortController;

beforeEach(() => {
  clock = createVirtualClock();
  lanes = createLanes(clock);
  gone = [];
  inFlight = new Map();
  stop = new AbortController();
});

const attempt = (name: string) => (): Promise<string> =>
  new Promise((resolve, reject) => {
    gone.push(name);
    inFlight.set(name, (error) => {
      inFlight.delete(name);
      if (error === undefined) resolve(name);
      else reject(error);
    });
  });

/** Queues a request. Resolves with its name or its error. */
const outcome = (name: string, priority: Priority = 'Read', signal?: AbortSignal): Promise<unknown> =>
  lanes.run({ priority, signal }, attempt(name)).catch((error: unknown) => error);
const request = (name: string, priority?: Priority): void => void outcome(name, priority);

const requests = (count: number, prefix: string, priority?: Priority): void => {
  for (let index = 0; index < count; index += 1) request(`${prefix}${index}`, priority);
};

const end = async (name: string, error?: Error): Promise<void> => {
  const finish = inFlight.get(name);
  if (finish === undefined) throw new Error(`expected ${name} to be in flight, it is not`);
  finish(error);
  await settled();
};
const endAll = async (): Promise<void> => {
  while (inFlight.size > 0) for (const name of inFlight.keys()) await end(name);
};

const tooMany = (retryAfter_s?: number): ApiError =>
  new ApiError('GET widgets', { code: 429, reason: 'TooManyRequests', message: 'later', retryAfter_s });
const notFound = new ApiError('GET widgets', { code: 404, reason: 'NotFound', message: 'no such widget' });

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

describe('how many go at once', () => {
  it('grows with a full window of successes, of which refusals are as good as any', async () => {
    requests(64, 'r');
    await settled();
    for (let index = 0; index < 15; index += 1) await end(`r${index}`, notFound);
    expect(inFlight.size).toBe(16);
    await end('r15');
    expect(inFlight.size).toBe(17);
  });

  it('does not grow by attempts that got no answer', async () => {
    requests(64, 'r');
    await settled();
    for (let index = 0; index < 32; index += 1)
      await end(`r${index}`, new ConnectionError('GET', 'no answer'));
    expect(inFlight.size).toBe(16);
  });

  it('does not grow while fewer are there than may go', async () => {
    for (let index = 0; index < 100; index += 1) {
      request(`single${index}`);
      await settled();
      await end(`single${index}`);
    }
    requests(20, 'r');
    await settled();
    expect(inFlight.size).toBe(16);
  });

  it('halves when the server has too many, once for all that were in flight', async () => {
    requests(64, 'r');
    await settled();
    for (let index = 0; index < 16; index += 1) await end(`r${index}`, tooMany());
    expect(inFlight.size).toBe(8);
    expect(gone).toHaveLength(24);
    await end('r16', tooMany());
    for (let index = 17; index < 24; index += 1) await end(`r${index}`);
    expect(inFlight.size).toBe(4);
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
