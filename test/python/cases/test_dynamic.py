"""The dynamic client and CustomObjectsApi: kinds that the client learns from the server."""
import os
import tempfile
import time

from kubernetes import client, dynamic, utils
from kubernetes.dynamic.exceptions import (
    ConflictError,
    NotFoundError,
    ResourceNotFoundError,
)

from .cluster import ClusterCase, yaml_body

APPLY = "application/apply-patch+yaml"
GROUP = "python.example.com"


def definition():
    schema = {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "properties": {
                    "size": {"type": "integer", "default": 1, "maximum": 9},
                    "parts": {"type": "array", "items": {"type": "string"}},
                },
            },
            "status": {
                "type": "object",
                "x-kubernetes-preserve-unknown-fields": True,
            },
        },
    }
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {
            "status": {},
            "scale": {
                "specReplicasPath": ".spec.size",
                "statusReplicasPath": ".status.size",
            },
        },
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"gadgets.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"plural": "gadgets", "singular": "gadget", "kind": "Gadget"},
            "versions": [version],
        },
    }


class Dynamic(ClusterCase):
    @classmethod
    def setUpClass(cls):
        cls.crds = client.ApiextensionsV1Api()
        try:
            cls.crds.create_custom_resource_definition(definition())
        except client.ApiException as error:
            if error.status != 409:
                raise
        while not any(
            condition.type == "Established" and condition.status == "True"
            for condition in cls.crds.read_custom_resource_definition(
                f"gadgets.{GROUP}"
            ).status.conditions
            or []
        ):
            time.sleep(0.05)

    def setUp(self):
        super().setUp()
        # a cache of discovery that no other run has seen
        folder = tempfile.mkdtemp()
        self.dynamic = dynamic.DynamicClient(
            client.ApiClient(), cache_file=os.path.join(folder, "cache")
        )

    def gadget(self, name, **spec):
        return {
            "apiVersion": f"{GROUP}/v1",
            "kind": "Gadget",
            "metadata": {"name": name},
            "spec": spec,
        }

    def test_built_in_kinds_by_discovery(self):
        deployments = self.dynamic.resources.get(kind="Deployment", api_version="apps/v1")
        self.assertTrue(deployments.namespaced)
        self.assertIn("scale", deployments.subresources)
        api = self.dynamic.resources.get(api_version="v1", kind="ConfigMap")
        made = api.create(
            {"metadata": {"name": "d"}, "data": {"a": "1"}}, namespace=self.namespace
        )
        self.assertEqual(made.data.a, "1")
        with self.assertRaises(ConflictError):
            api.create({"metadata": {"name": "d"}}, namespace=self.namespace)
        api.delete("d", namespace=self.namespace)
        with self.assertRaises(NotFoundError):
            api.get("d", namespace=self.namespace)
        with self.assertRaises(ResourceNotFoundError):
            self.dynamic.resources.get(api_version="v1", kind="Nothing")

    def test_server_side_apply(self):
        api = self.dynamic.resources.get(api_version="v1", kind="ConfigMap")

        def applied(manager, data, **query):
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "s"}}
            return api.patch(
                yaml_body({**body, "data": data}),
                namespace=self.namespace,
                name="s",
                content_type=APPLY,
                field_manager=manager,
                **query,
            )

        applied("first", {"a": "1", "b": "1"})
        with self.assertRaises(ConflictError) as caught:
            applied("second", {"a": "2"})
        self.assertIn('conflict with \\\\"first\\\\": .data.a', str(caught.exception.body))
        forced = applied("second", {"a": "2"}, force_conflicts=True)
        self.assertEqual(dict(forced.data), {"a": "2", "b": "1"})
        self.assertEqual(dict(applied("first", {}).data), {"a": "2"})

    def test_watch(self):
        api = self.dynamic.resources.get(api_version="v1", kind="ConfigMap")
        version = api.get(namespace=self.namespace).metadata.resourceVersion
        self.config_map("w")
        self.core.delete_namespaced_config_map("w", self.namespace)
        types = []
        for event in api.watch(
            namespace=self.namespace, resource_version=version, timeout=30
        ):
            types.append(event["type"])
            if types[-1] == "DELETED":
                break
        self.assertEqual(types, ["ADDED", "DELETED"])

    def test_custom_objects_through_the_dynamic_client(self):
        gadgets = self.dynamic.resources.get(api_version=f"{GROUP}/v1", kind="Gadget")
        made = gadgets.create(self.gadget("g"), namespace=self.namespace)
        self.assertEqual(made.spec.size, 1)
        gadgets.status.patch(
            {"status": {"size": 1}},
            name="g",
            namespace=self.namespace,
            content_type="application/merge-patch+json",
        )
        got = gadgets.scale.get(name="g", namespace=self.namespace)
        self.assertEqual((got.kind, got.spec.replicas, got.status.replicas), ("Scale", 1, 1))
        applied = gadgets.patch(
            yaml_body(self.gadget("g", size=3)),
            namespace=self.namespace,
            name="g",
            content_type=APPLY,
            field_manager="python",
            force_conflicts=True,
        )
        self.assertEqual((applied.spec.size, applied.status.size), (3, 1))

    def test_custom_objects_api(self):
        api = client.CustomObjectsApi()
        where = (GROUP, "v1", self.namespace, "gadgets")
        api.create_namespaced_custom_object(*where, self.gadget("c", parts=["a"]))
        self.refused(
            422,
            "Invalid",
            api.create_namespaced_custom_object,
            *where,
            self.gadget("d", size=10),
        )
        api.patch_namespaced_custom_object(
            *where, "c", {"spec": {"parts": ["a", "b"]}}
        )
        got = api.get_namespaced_custom_object(*where, "c")
        self.assertEqual(got["spec"]["parts"], ["a", "b"])
        scale = api.patch_namespaced_custom_object_scale(
            *where, "c", {"spec": {"replicas": 4}}
        )
        self.assertEqual(scale["spec"]["replicas"], 4)
        got["status"] = {"ready": True}
        got["metadata"].pop("resourceVersion")
        kept = api.replace_namespaced_custom_object_status(
            *where, "c", {**got, "metadata": self.current(api, where, "c")}
        )
        self.assertEqual((kept["spec"]["size"], kept["status"]), (4, {"ready": True}))
        page = api.list_namespaced_custom_object(*where, limit=1)
        self.assertEqual([item["metadata"]["name"] for item in page["items"]], ["c"])
        gone = api.delete_namespaced_custom_object(*where, "c")
        self.assertEqual(gone["status"], "Success")

    def current(self, api, where, name):
        return api.get_namespaced_custom_object(*where, name)["metadata"]

    def test_create_from_yaml(self):
        text = f"""
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {{name: from-yaml, namespace: {self.namespace}}}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {{name: from-yaml, namespace: {self.namespace}}}
  spec:
    selector: {{matchLabels: {{app: y}}}}
    template:
      metadata: {{labels: {{app: y}}}}
      spec: {{containers: [{{name: y, image: y}}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: from-yaml, namespace: {self.namespace}}}
spec: {{podSelector: {{}}}}
"""
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            utils.create_from_yaml(client.ApiClient(), file.name, verbose=False)
            with self.assertRaises(utils.FailToCreateError) as caught:
                utils.create_from_yaml(client.ApiClient(), file.name)
        self.assertEqual(
            [error.status for error in caught.exception.api_exceptions], [409] * 3
        )
