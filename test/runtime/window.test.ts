import { beforeEach, expect, it } from 'vitest';
import { createWindow, type Ticket, type Window } from '../../src/kube/window.ts';

let window: Window;
beforeEach(() => {
  window = createWindow();
});

const sent = (count: number): Ticket[] => Array.from({ length: count }, () => window.send());
const succeed = (count: number, full = true): void => {
  for (const ticket of sent(count)) window.succeed(ticket, full);
};
const throttle = (times: number): void => {
  for (let time = 0; time < times; time += 1) window.throttle(window.send());
};

it('begins with 16', () => {
  expect(window.size()).toBe(16);
});

it('grows by one with every full window of successes', () => {
  succeed(15);
  expect(window.size()).toBe(16);
  succeed(1);
  expect(window.size()).toBe(17);
  succeed(16);
  expect(window.size()).toBe(17);
  succeed(1);
  expect(window.size()).toBe(18);
});

it('does not grow while it is not fully used', () => {
  succeed(1000, false);
  expect(window.size()).toBe(16);
});

it('never grows beyond 64', () => {
  succeed(64 * 64);
  expect(window.size()).toBe(64);
});

it('halves when the server has too many', () => {
  throttle(1);
  expect(window.size()).toBe(8);
});

it('never shrinks below 1, and grows from there', () => {
  throttle(10);
  expect(window.size()).toBe(1);
  succeed(1);
  expect(window.size()).toBe(2);
});

it('does not halve again for what was sent before it halved', () => {
  const tickets = sent(16);
  for (const ticket of tickets) window.throttle(ticket);
  expect(window.size()).toBe(8);
  throttle(1);
  expect(window.size()).toBe(4);
});

it('does not grow by what was sent before it halved, nor by the successes that it had counted', () => {
  succeed(15);
  const before = sent(20);
  throttle(1);
  for (const ticket of before) window.succeed(ticket, true);
  succeed(7);
  expect(window.size()).toBe(8);
  succeed(1);
  expect(window.size()).toBe(9);
});
