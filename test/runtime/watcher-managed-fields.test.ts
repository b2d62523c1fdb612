/** What somebody has put into managedFields takes no room, from the moment at which an object is read. */
import { expect, it } from 'vitest';
import { begin } from '../../src/runtime/watcher-state.ts';
import { afterEnd, onEvent } from '../../src/runtime/watcher-step.ts';
import { type Widget, widget } from './objects.ts';

const moment = { at_ms: 0, random: () => 0.5 };
const plain = widget('a', '1');
const full = { ...plain, metadata: { ...plain.metadata, managedFields: [{ manager: 'x' }] } };

it('of a state that is streamed', () => {
  const { state } = begin<Widget>('Stream', 0, 0);
  const read = onEvent(state, { type: 'ADDED', object: full }, moment);
  expect(read.state.phase).toMatchObject({ kind: 'Streaming', staged: new Map([['ns/a', plain]]) });
  expect(
    onEvent(read.state, { type: 'BOOKMARK', resourceVersion: '2', initialEventsEnd: true }, moment).emit,
  ).toEqual({
    type: 'Replace',
    objects: [plain],
  });
});

it('of a state that is listed', () => {
  const { state } = begin<Widget>('List', 0, 0);
  const page = { resourceVersion: '2', items: [full], continue: 'more' };
  const { state: listing } = afterEnd(state, { kind: 'Page', list: page }, moment);
  expect(listing.phase).toEqual({ kind: 'Listing', pages: [[plain]] });
});
