{{/* The chart's name, and the `app` label of every object: under an alias in a parent chart, the alias. */}}
{{- define "consul.name" -}}
{{- $compiled := index .Chart.Annotations "chartgen/name" }}
{{- .Values.nameOverride | default (eq .Chart.Name $compiled | ternary "consul" .Chart.Name) | toString | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* What the name of every object starts with; at most 63 characters, as Kubernetes asks. */}}
{{- define "consul.fullname" -}}
{{- $given := .Values.fullnameOverride | default .Values.global.name }}
{{- $given | default (printf "%s-%s" .Release.Name (include "consul.name" .)) | toString | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The `chart` label: stable across versions, so that selectors stay the same. */}}
{{- define "consul.chart" -}}
consul-helm
{{- end }}
