{{/* The chart's name: the `app` label of every object. */}}
{{- define "consul.name" -}}
consul
{{- end }}

{{/* What the name of every object starts with; at most 63 characters, as Kubernetes asks. */}}
{{- define "consul.fullname" -}}
consul
{{- end }}

{{/* The `chart` label: stable across versions, so that selectors stay the same. */}}
{{- define "consul.chart" -}}
consul-helm
{{- end }}
