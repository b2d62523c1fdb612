{{/* Generated from src/domain and src/guard by `make generate`. Do not edit. */}}
{{- define "curfew.guardHash" -}}
{{- list
    (print "fdd95aedad6cdf9dbbb4c00b5b161ac0aca55fd9701d5028f442d5946f5163b2")
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
