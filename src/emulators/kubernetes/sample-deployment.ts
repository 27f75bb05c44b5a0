/** A Deployment in the namespace `default`: one container of the image, and a sidecar that nobody pushes. */
export function createDemoDeployment(name: string, image: string, replicas: number): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default', labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            // As with the tag latest: a push of the same tag restarts the pods.
            { name, image, imagePullPolicy: 'Always', ports: [{ containerPort: 8080 }] },
            { name: 'log-shipper', image: 'acme/log-shipper:1.0' },
          ],
        },
      },
    },
  };
}
