/**
 * One grant on a stage: what people say about it, and what its status shows, by the rows of docs/lifecycle.md.
 *
 * Must not know any scenario.
 */
import { bindingName } from '../../../src/domain/binding.ts';
import type { Grant } from '../../../src/domain/grant.ts';
import type { EndReason } from '../../../src/domain/reason.ts';
import type { Decision } from '../../../src/domain/schema/grant-status.ts';
import { situationOf } from '../../domain/lifecycle-doc.ts';
import type { Cluster } from '../cluster.ts';
import { eventually } from '../eventually.ts';
import type { EventObject, GrantObject } from '../grants.ts';
import type { RawHttp } from '../raw-http.ts';
import { editStoredGrant } from '../stored.ts';
import { type BindingPlace, placeOfBinding } from './binding-place.ts';
import type { Recorder } from './recorder.ts';

/** What a row leaves open. */
export interface Particulars {
  /** Of the condition Ready, or else how it ended. */
  readonly reason?: string;
  readonly ended?: EndReason;
  /** Default: 30 s. */
  readonly patience_ms?: number;
}

export interface Life extends BindingPlace {
  readonly name: string;
  readonly uid: string;
  /** What `extends` names. */
  readonly link: { readonly name: string; readonly uid: string };
  /** Appends a decision. @throws Error with the refusal */
  readonly say: (by: string, decision: Decision['decision']) => Promise<void>;
  /** Tries to append a decision that must be refused; resolves with the API server's words. */
  readonly refused: (by: string, decision: Decision['decision']) => Promise<string>;
  /**
   * Resolves when a status is stored that is this row of the table, or was since what this life has shown last.
   *
   * @throws Error with the status as it is
   */
  readonly shows: (situation: string, particulars?: Particulars) => Promise<GrantObject>;
  /** The row of the table that the latest stored status is. */
  readonly isNow: () => string | undefined;
  /** Resolves when so many approvals are on record, those that have lapsed included. */
  readonly hasApprovals: (count: number) => Promise<GrantObject>;
  /** The situations that its stored versions went through, in order, repetitions left out. */
  readonly situations: () => readonly string[];
  readonly delete: () => Promise<void>;
  /** Puts a finalizer on it, from before the guard: it stays when it is deleted. */
  readonly keep: () => Promise<void>;
  readonly letGo: () => Promise<void>;
  /** A merge patch on its spec, where no schema looks. */
  readonly editSpec: (spec: object) => Promise<void>;
  readonly isGone: () => Promise<void>;
  /** Resolves once there is an Event with this reason. */
  readonly told: (reason: string) => Promise<void>;
}

/** As much of the stage as a life needs. */
interface Surroundings {
  readonly home: Cluster;
  readonly http: RawHttp;
  readonly recorder: Recorder;
  readonly events: (name: string) => Promise<readonly EventObject[]>;
}

export interface Wish {
  readonly kind: Grant['kind'];
  readonly namespace?: string;
  readonly as: string;
  readonly spec: object;
}

let wishes = 0;

const holds = ({ status }: GrantObject, situation: string, { reason, ended }: Particulars): boolean =>
  situationOf(status) === situation &&
  (reason === undefined ||
    status.conditions?.some((one) => one.reason === reason && ['Ready', 'Active'].includes(one.type)) ===
      true) &&
  (ended === undefined || status.ended?.reason === ended);

/** Creates a grant as somebody. @throws Error with the refusal */
export async function createGrant(
  { home, http, recorder, events }: Surroundings,
  { kind, namespace, as, spec }: Wish,
): Promise<Life> {
  wishes += 1;
  const plural = kind === 'TemporaryAccessGrant' ? 'temporaryaccessgrants' : 'clustertemporaryaccessgrants';
  const within = namespace === undefined ? '' : `/namespaces/${namespace}`;
  const collection = `/apis/curfew.dev/v1alpha1${within}/${plural}`;
  const body = {
    apiVersion: 'curfew.dev/v1alpha1',
    kind,
    metadata: { name: `inc-${wishes}-${Date.now()}` },
    spec,
  };
  const created = await http.insist<GrantObject>({ method: 'POST', path: collection, body, as });
  const { name, uid } = created.metadata;
  const path = `${collection}/${name}`;
  const boundAs = bindingName({ ...created, kind } as Grant);

  const decide = (by: string, decision: Decision['decision']) =>
    http.send<{ message?: string }>({
      method: 'PATCH',
      path: `${path}/status`,
      body: [{ op: 'add', path: '/status/decisions/-', value: { uid, by, decision } }],
      contentType: 'application/json-patch+json',
      as: by,
    });
  let seen = 0;
  const see = async (
    expected: string,
    check: (grant: GrantObject) => boolean,
    patience_ms?: number,
  ): Promise<GrantObject> => {
    const { grant, index } = await recorder.until(uid, seen, expected, check, patience_ms);
    seen = index;
    return grant;
  };

  return {
    ...placeOfBinding({ home, http }, namespace ?? '', boundAs),
    name,
    uid,
    link: { name, uid },
    say: async (by, decision) => {
      const { code, body: said } = await decide(by, decision);
      if (code !== 200)
        throw new Error(`expected ${by} to write ${decision}, got ${code}: ${said.message ?? ''}`);
    },
    refused: async (by, decision) => {
      const { code, body: said } = await decide(by, decision);
      if (code === 200) throw new Error(`expected ${decision} by ${by} to be refused, it was not`);
      return said.message ?? '';
    },
    shows: (situation, particulars = {}) =>
      see(
        `"${situation}" ${JSON.stringify(particulars)}`,
        (grant) => holds(grant, situation, particulars),
        particulars.patience_ms,
      ),
    hasApprovals: (count) => see(`approved by ${count}`, ({ status }) => status.approvals?.length === count),
    isNow: () => situationOf((recorder.versions(uid).at(-1) ?? created).status),
    situations: () => {
      const all = recorder.versions(uid).map(({ status }) => situationOf(status) ?? 'nothing yet');
      return all.filter((one, index) => one !== all[index - 1]);
    },
    delete: async () => void (await http.insist({ method: 'DELETE', path, as })),
    keep: () =>
      editStoredGrant(home, namespace ?? '', name, { metadata: { finalizers: ['example.com/keep'] } }),
    editSpec: (change) =>
      editStoredGrant(home, namespace ?? '', name, {
        metadata: { generation: created.metadata.generation + 1 },
        spec: change,
      }),
    letGo: async () => {
      const contentType = 'application/merge-patch+json';
      await http.insist({ method: 'PATCH', path, body: { metadata: { finalizers: [] } }, contentType });
    },
    isGone: () => eventually(() => recorder.isGone(uid)).then(() => undefined),
    told: async (reason) => {
      await eventually(async () => {
        const reasons = (await events(name)).map((event) => event.reason);
        if (!reasons.includes(reason)) throw new Error(`no Event ${reason} among ${reasons.join(', ')}`);
      });
    },
  };
}
