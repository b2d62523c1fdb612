/** Objects as an onlooker sees them, and the little that oracles read off them by themselves. */
export interface SeenGrant {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec: {
    readonly requester?: string;
    readonly policyRef?: { readonly name: string };
    readonly subjects?: readonly { readonly name: string }[];
  };
  readonly status: {
    readonly phase: string;
    readonly decisions: readonly { readonly uid: string; readonly by: string; readonly decision: string }[];
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

/** Who asked and who gets it, in lower case: they cannot approve. */
export const namesOfParties = ({ spec }: SeenGrant): ReadonlySet<string> =>
  new Set(
    [spec.requester ?? '', ...(spec.subjects ?? []).map(({ name }) => name)].map((name) =>
      name.toLowerCase(),
    ),
  );
