/** Objects as an onlooker sees them, and the little that oracles read off them by themselves. */
export interface SeenGrant {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec: {
    readonly requester?: string;
    readonly policyRef?: { readonly name: string };
    readonly subjects?: readonly { readonly name: string }[];
    readonly duration?: string;
    readonly notAfter?: string;
  };
  readonly status: {
    readonly phase: string;
    readonly decisions: readonly {
      readonly uid: string;
      readonly by: string;
      readonly decision: string;
      readonly comment?: string;
    }[];
    readonly activationTime?: string;
    readonly expirationTime?: string;
    readonly ended?: object;
    readonly conditions?: readonly {
      readonly type: string;
      readonly reason: string;
      readonly message: string;
    }[];
  };
}

export interface SeenBinding {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly deletionTimestamp?: string;
  };
  readonly roleRef: object;
  readonly subjects?: readonly { readonly name: string }[];
}

export const subjectNamesOf = ({ spec }: SeenGrant): readonly string[] =>
  spec.subjects?.map(({ name }) => name) ?? [spec.requester ?? ''];

export const grantUidOf = (binding: SeenBinding | undefined): string =>
  binding?.metadata.labels?.['curfew.dev/grant-uid'] ?? '';

/** Marks of what was written while the guard was out of force: nobody whom it names has said it. */
export const forgedComment = 'forged';
export const forgedTime = (now_ms: number): string =>
  `${new Date(now_ms).toISOString().slice(0, 19)}${forgedFraction}`;
const forgedFraction = '.001Z';
export const isForged = ({ status: { activationTime } }: SeenGrant): boolean =>
  activationTime?.endsWith(forgedFraction) === true;

/** How many must approve, by the policies of the simulation. */
export const requiredOf = ({ spec }: SeenGrant): number =>
  ({ two: 2, free: 0 })[spec.policyRef?.name ?? ''] ?? 1;

/** Everybody who approved this very grant and neither asked nor gains: each once, however they write their name. */
export function approversOf({ metadata, spec, status }: SeenGrant): ReadonlySet<string> {
  const parties = new Set(
    [spec.requester ?? '', ...(spec.subjects ?? []).map(({ name }) => name)].map((name) =>
      name.toLowerCase(),
    ),
  );
  const approvers = status.decisions
    .filter(
      ({ uid, decision, comment }) =>
        uid === metadata.uid && decision === 'Approved' && comment !== forgedComment,
    )
    .map(({ by }) => by.toLowerCase());
  return new Set(approvers.filter((by) => !parties.has(by)));
}
