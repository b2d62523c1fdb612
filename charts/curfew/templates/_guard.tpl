{{/* Generated from src/domain and src/guard by `make generate`. Do not edit. */}}
{{- define "curfew.guardHash" -}}
{{- list
    (print "a959569fff71f9a24d5aa0242aebf7c81654fa64b097d5f43cab1096150d8775")
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
