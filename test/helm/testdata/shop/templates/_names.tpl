{{- define "shop.labels" -}}
app.kubernetes.io/name: shop
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}
{{- define "shop.template" -}}
metadata:
  labels: { app: {{ .name }} }
spec:
  serviceAccountName: shop
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: {{ .root.Values.image }}
      envFrom: [{ configMapRef: { name: shop-settings } }]
{{- end }}
