"""The server the cases run against, as KUBECONFIG names it, and what most cases begin with."""
import json
import unittest

import kubernetes
from kubernetes import client, config

config.load_kube_config()


def yaml_body(value):
    """A body of a YAML type: old releases of the client send text as it is, others encode anything."""
    old = int(kubernetes.__version__.split(".")[0]) < 26
    return json.dumps(value) if old else value



class ClusterCase(unittest.TestCase):
    """Each case has a namespace of its own."""

    def setUp(self):
        self.core = client.CoreV1Api()
        made = self.core.create_namespace({"metadata": {"generateName": "python-"}})
        self.namespace = made.metadata.name

    def config_map(self, name, data=None, labels=None):
        body = client.V1ConfigMap(
            metadata=client.V1ObjectMeta(name=name, labels=labels), data=data or {}
        )
        return self.core.create_namespaced_config_map(self.namespace, body)

    def refused(self, status, reason, call, *args, **named):
        """The call fails as a Status says; gives the Status."""
        with self.assertRaises(client.ApiException) as caught:
            call(*args, **named)
        self.assertEqual(caught.exception.status, status, caught.exception.body)
        status = json.loads(caught.exception.body)
        self.assertEqual((status["kind"], status["reason"]), ("Status", reason))
        return status
