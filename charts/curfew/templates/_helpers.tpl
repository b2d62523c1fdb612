{{/*
Names are fixed: the CRDs and the guard exist once in a cluster, so does Curfew. A second release fails at their owner.
*/}}

{{/* Labels of every object. The chart's own beat those of commonLabels: objects are found by them. */}}
{{- define "curfew.labels" -}}
{{- $own := dict
  "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_")
  "app.kubernetes.io/version" .Chart.AppVersion
  "app.kubernetes.io/managed-by" .Release.Service
  "app.kubernetes.io/part-of" "curfew" -}}
{{- toYaml (mergeOverwrite (deepCopy .Values.commonLabels) $own) }}
{{- end }}

{{/* With more that one object alone has: list (context) (labels). */}}
{{- define "curfew.labelsWith" -}}
{{- $own := include "curfew.labels" (index . 0) | fromYaml -}}
{{- toYaml (mergeOverwrite $own (deepCopy (index . 1))) }}
{{- end }}

{{/* Labels by which pods of one component are found: list (context) (component). */}}
{{- define "curfew.selectorLabels" -}}
app.kubernetes.io/name: curfew
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Both. */}}
{{- define "curfew.componentLabels" -}}
{{- $all := include "curfew.labels" (index . 0) | fromYaml -}}
{{- toYaml (mergeOverwrite $all (include "curfew.selectorLabels" . | fromYaml)) }}
{{- end }}

{{- define "curfew.operatorServiceAccountName" -}}
{{ .Values.operator.serviceAccount.name }}
{{- end }}

{{- define "curfew.reaperServiceAccountName" -}}
{{ .Values.reaper.serviceAccount.name }}
{{- end }}

{{/* As the API server authenticates them. */}}
{{- define "curfew.operatorUser" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "curfew.operatorServiceAccountName" . }}
{{- end }}

{{- define "curfew.reaperUser" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "curfew.reaperServiceAccountName" . }}
{{- end }}

{{- define "curfew.image" -}}
{{- with .Values.image -}}
{{ .registry }}/{{ .repository }}
{{- if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* What every pod has: list (context) (its values: operator or reaper) (component). */}}
{{- define "curfew.podMetadata" -}}
{{- $context := index . 0 -}}
{{- $values := index . 1 -}}
{{- with $values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
labels:
  {{- $own := include "curfew.componentLabels" (list $context (index . 2)) | fromYaml }}
  {{- toYaml (mergeOverwrite (deepCopy $values.podLabels) $own) | nindent 2 }}
{{- end }}

{{- define "curfew.podPlacement" -}}
{{- $context := index . 0 -}}
{{- $values := index . 1 -}}
{{- with $context.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- $own := dict "runAsNonRoot" true "seccompProfile" (dict "type" "RuntimeDefault") }}
  {{- toYaml (mergeOverwrite $own (deepCopy $values.podSecurityContext)) | nindent 2 }}
{{- end }}

{{/* Node is the image's entry point, its programs are in /app: list (context) (its values). */}}
{{- define "curfew.container" -}}
{{- $context := index . 0 -}}
{{- $values := index . 1 -}}
image: {{ include "curfew.image" $context }}
imagePullPolicy: {{ $context.Values.image.pullPolicy }}
securityContext:
  {{- $own := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "capabilities" (dict "drop" (list "ALL")) }}
  {{- toYaml (mergeOverwrite $own (deepCopy $values.securityContext)) | nindent 2 }}
resources:
  {{- toYaml $values.resources | nindent 2 }}
{{- end }}

{{/* What ends access for good, before and after the rest is removed. */}}
{{- define "curfew.uninstallHook" -}}
helm.sh/hook: pre-delete,post-delete
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
