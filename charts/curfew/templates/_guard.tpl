{{/* Generated from src/domain and src/guard by `make generate`. Do not edit. */}}
{{- define "curfew.guardHash" -}}
{{- list
    (print "ecbeb5c7977eb2f9bb4a1a0ea82fdb53d8a8c4d82010e7404108382dbd868237")
    (print (include "curfew.operatorUser" .))
    (print (include "curfew.reaperUser" .))
    (print (.Release.Namespace) ",kube-node-lease,kube-public,kube-system")
    | join "\n" | sha256sum | trunc 16 -}}
{{- end -}}

{{- define "curfew.guardLabels" -}}
{{- $own := dict "app.kubernetes.io/part-of" "curfew" -}}
{{- merge $own (include "curfew.labels" . | fromYaml) | toYaml -}}
{{- end -}}
