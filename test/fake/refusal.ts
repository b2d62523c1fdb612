/** The API server's refusals, in its own codes, reasons and words. Must not know requests. */
import type { ApiErrorStatus, Resource } from '../../src/runtime/api.ts';
import { qualifiedKind, qualifiedPlural } from './registration.ts';

/** Thrown inside of the fake; its door makes an ApiError of it, which names the request. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: ApiErrorStatus;

  constructor(code: number, reason: string, message: string, cause?: string) {
    super(message);
    this.status = { code, reason, message, cause };
  }
}

export const badRequest = (message: string): Refusal => new Refusal(400, 'BadRequest', message);

export const notFound = (resource: Resource, name: string): Refusal =>
  new Refusal(404, 'NotFound', `${qualifiedPlural(resource)} "${name}" not found`);

export const noSuchResource = (): Refusal =>
  new Refusal(404, 'NotFound', 'the server could not find the requested resource');

export const alreadyExists = (resource: Resource, name: string, deleting: boolean): Refusal =>
  new Refusal(
    409,
    'AlreadyExists',
    `${deleting ? 'object is being deleted: ' : ''}${qualifiedPlural(resource)} "${name}" already exists`,
  );

export const modified = (resource: Resource, name: string): Refusal =>
  conflict(
    qualifiedPlural(resource),
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );

/** PUT and DELETE find another object under the name. */
export const otherUid = (what: 'PUT' | 'DELETE', resource: Resource, name: string, uids: Uids): Refusal =>
  what === 'DELETE'
    ? conflict(
        qualifiedKind(resource),
        name,
        `the UID in the precondition (${uids.asked}) does not match the UID in record (${uids.present}). ` +
          'The object might have been deleted and then recreated',
      )
    : conflict(
        qualifiedPlural(resource),
        name,
        `StorageError: invalid object, Code: 4, AdditionalErrorMsg: Precondition failed: ` +
          `UID in precondition: ${uids.asked}, UID in object meta: ${uids.present}`,
      );

interface Uids {
  readonly asked: string;
  readonly present: string | undefined;
}

const conflict = (what: string, name: string, why: string): Refusal =>
  new Refusal(409, 'Conflict', `Operation cannot be fulfilled on ${what} "${name}": ${why}`);

export const invalid = (what: string, name: string, why: string): Refusal =>
  new Refusal(422, 'Invalid', `${what} "${name}" is invalid: ${why}`);

/** A JSON patch that cannot be applied, whatever the cause. */
export const patchFailed = (): Refusal =>
  new Refusal(422, 'Invalid', 'the server rejected our request due to an error in our request');

export const versionInCreate = (): Refusal =>
  new Refusal(500, 'Unknown', 'resourceVersion should not be set on objects to be created');

export const watchTooOld = (asked: number, oldest: number): Refusal =>
  new Refusal(410, 'Expired', `too old resource version: ${asked} (${oldest})`);

export const versionAhead = (asked: number, current: number): Refusal =>
  new Refusal(
    504,
    'Timeout',
    `Too large resource version: ${asked}, current: ${current}`,
    'ResourceVersionTooLarge',
  );

export const pageTooOld = (): Refusal =>
  new Refusal(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. ' +
      'You can start a new list without the continue parameter.',
  );
