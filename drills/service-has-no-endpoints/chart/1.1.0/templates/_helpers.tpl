{{/* Which pods are those of this chart. */}}
{{- define "api-service.selectorLabels" -}}
app: api-svc
{{- end }}
