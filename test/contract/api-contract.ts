/**
 * The rules of the port, as one suite for whatever stands behind it. A rule that the fake API server breaks is a mistake of
 * the fake.
 *
 * Must not know the servers.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import { collectingRules } from './collecting-rules.ts';
import { creatingRules } from './creating-rules.ts';
import { deletingRules } from './deleting-rules.ts';
import { forgettingRules } from './forgetting-rules.ts';
import { listingRules } from './listing-rules.ts';
import { patchingRules } from './patching-rules.ts';
import { permittingRules } from './permitting-rules.ts';
import { replacingRules } from './replacing-rules.ts';
import { statusRules } from './status-rules.ts';
import { type MakePlace, placeIn, type Subject } from './subject.ts';
import { watchingRules } from './watching-rules.ts';

/** Tries all rules on the server that `start` starts. */
export function describeApiContract(name: string, start: () => Promise<Subject>): void {
  describe(name, () => {
    let subject: Subject;
    beforeAll(async () => {
      subject = await start();
    });
    afterAll(() => subject.stop());
    const makePlace: MakePlace = () => placeIn(subject);

    describe('creating', () => creatingRules(makePlace));
    describe('replacing', () => replacingRules(makePlace));
    describe('patching', () => patchingRules(makePlace));
    describe('status and generation', () => statusRules(makePlace));
    describe('deleting', () => deletingRules(makePlace));
    describe('garbage', () => collectingRules(makePlace));
    describe('permitting', () => permittingRules(makePlace));
    describe('listing', () => listingRules(makePlace));
    describe('watching', () => watchingRules(makePlace));
    // The last: a real server is restarted for it.
    describe('forgetting', () => forgettingRules(makePlace));
  });
}
