/**
 * Sets of values that stand for how people install Curfew: every key of values.yaml is set in one of them.
 *
 * Must not know what is checked of them.
 */

const placement = {
  priorityClassName: 'system-cluster-critical',
  nodeSelector: { 'kubernetes.io/os': 'linux' },
  tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' }],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' }] },
        ],
      },
    },
  },
};

const decorated = {
  podAnnotations: { 'example.com/scrape': 'true' },
  podLabels: { team: 'platform', 'app.kubernetes.io/component': 'nonsense' },
};

const identity = (name: string) => ({
  serviceAccount: { name, annotations: { 'example.com/role': name } },
});

export const valueSets: Readonly<Record<string, object>> = {
  'as it comes': {},
  'everything observed': {
    // The key that many give the monitors alone, too.
    commonLabels: { release: 'platform' },
    serviceMonitor: { enabled: true, labels: { release: 'kube-prometheus-stack' }, interval: '15s' },
    prometheusRule: { enabled: true, labels: { release: 'kube-prometheus-stack' } },
    grafanaDashboard: {
      enabled: true,
      labels: { grafana_dashboard: '1' },
      annotations: { grafana_folder: 'Security' },
    },
  },
  'on the control plane': { operator: placement, reaper: placement },
  'from a mirror, by digest': {
    image: {
      registry: 'registry.example.com:5000',
      repository: 'mirror/curfew',
      digest: `sha256:${'0123456789abcdef'.repeat(4)}`,
      pullPolicy: 'Always',
    },
    imagePullSecrets: [{ name: 'mirror.example.com' }],
  },
  'by tag, with names and labels of their own': {
    image: { tag: 'v0.1.0-debug' },
    commonLabels: { 'example.com/owner': 'platform', 'app.kubernetes.io/part-of': 'nonsense', number: '1' },
    operator: { ...identity('access-operator'), ...decorated },
    reaper: { ...identity('access-reaper'), ...decorated },
  },
  'small, one replica': {
    operator: {
      replicas: 1,
      workers: 4,
      logLevel: 'debug',
      resources: { requests: { cpu: 0.05, memory: '96Mi' } },
      podDisruptionBudget: { enabled: false, maxUnavailable: 0 },
    },
    reaper: { schedule: '*/5 * * * *', resources: {} },
    networkPolicy: { enabled: false },
  },
  'nothing given, nothing offered': {
    grantableRoles: [],
    policies: { default: null },
    rbac: { peopleRoles: false },
  },
  'many policies': {
    grantableRoles: ['view', 'edit', 'team-debugger'],
    policies: {
      default: { approval: { required: 2, selfApproval: 'Forbidden' } },
      // A name that YAML takes for something else.
      '24': { roles: [{ kind: 'ClusterRole', name: 'view' }], duration: { max: '1h' } },
      'gitops.production': {
        roles: [{ kind: 'ClusterRole', name: 'team-*' }],
        duration: { max: '1h' },
        expiration: 'AbsoluteRequired',
        approval: { required: 0 },
        subjects: { allow: 'Any', kinds: ['User'] },
      },
    },
  },
  'CRDs by other means, no net': {
    crds: { install: false },
    reaper: { enabled: false },
    uninstall: { endAccess: false },
  },
  'hardened further': {
    operator: {
      podSecurityContext: { runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532 },
      securityContext: { runAsNonRoot: true },
      podDisruptionBudget: { maxUnavailable: '50%' },
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule' },
      ],
      replicas: 3,
    },
    reaper: { podSecurityContext: { runAsUser: 65532 }, securityContext: { privileged: false } },
    networkPolicy: { apiServerPorts: [6443] },
  },
  'with objects of their own': {
    extraObjects: [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'note', namespace: '{{ .Release.Namespace }}' },
        data: { operator: '{{ include "curfew.operatorUser" . }}' },
      },
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: text\n  labels:\n    {{- include "curfew.labels" . | nindent 4 }}\n',
    ],
  },
};
