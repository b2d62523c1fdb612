{{/* Generated from src/domain and src/guard by `make generate`. Do not edit. */}}
{{- define "curfew.guardHash" -}}
{{- list
    (print "bc7db47e7eda3dee02467f6125c9ff18ea10d6108a838b363333f5a02ffc74af")
    (print (include "curfew.operatorUser" .))
    (print (include "curfew.reaperUser" .))
    (print (.Release.Namespace) ",kube-node-lease,kube-public,kube-system")
    (print (include "curfew.operatorUser" . | splitList ":" | last) "," (include "curfew.reaperUser" . | splitList ":" | last))
    | join "\n" | sha256sum | trunc 16 -}}
{{- end -}}

{{- define "curfew.guardLabels" -}}
{{- $own := dict "app.kubernetes.io/part-of" "curfew" -}}
{{- merge $own (include "curfew.labels" . | fromYaml) | toYaml -}}
{{- end -}}
