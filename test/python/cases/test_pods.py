"""Pods: exec over WebSocket, logs, eviction. The kubelet is the test's, on KUBELET_PORT."""
import os

from kubernetes import client
from kubernetes.stream import portforward, stream
from kubernetes.stream.ws_client import ERROR_CHANNEL

from .cluster import ClusterCase


class Pods(ClusterCase):
    def setUp(self):
        super().setUp()
        node = f"node-{self.namespace}"
        self.core.create_node({"metadata": {"name": node}})
        self.core.patch_node_status(
            node,
            {
                "status": {
                    "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
                    "daemonEndpoints": {
                        "kubeletEndpoint": {"Port": int(os.environ["KUBELET_PORT"])}
                    },
                }
            },
        )
        self.core.create_namespaced_service_account(
            self.namespace, {"metadata": {"name": "default"}}
        )
        container = {"name": "main", "image": "busybox"}
        self.core.create_namespaced_pod(
            self.namespace,
            {
                "metadata": {"name": "web"},
                "spec": {"nodeName": node, "containers": [container]},
            },
        )
        self.core.patch_namespaced_pod_status(
            "web", self.namespace, {"status": {"phase": "Running"}}
        )

    def open(self, *command, **named):
        options = {"stdout": True, "stderr": True, "stdin": False, "tty": False}
        return stream(
            self.core.connect_get_namespaced_pod_exec,
            "web",
            self.namespace,
            command=list(command),
            **{**options, **named},
        )

    def test_exec_to_its_end(self):
        self.assertEqual(self.open("say", "a b"), "say a b\ncomplaint\n")
        posted = stream(
            self.core.connect_post_namespaced_pod_exec,
            "web",
            self.namespace,
            command=["say", "posted"],
            stdout=True,
            stderr=False,
        )
        self.assertEqual(posted, "say posted\n")

    def test_exec_step_by_step(self):
        session = self.open("cat", stdin=True, _preload_content=False)
        session.write_stdin("to and fro")
        heard = ""
        while "fro" not in heard:
            session.update(timeout=10)
            heard += session.read_stdout()
        self.assertEqual(heard, "to and fro")
        session.close()
        failed = self.open("exit", "3", _preload_content=False)
        failed.run_forever(timeout=10)
        self.assertEqual(failed.returncode, 3)
        failed.close()

    def test_exec_of_nothing(self):
        with self.assertRaises(client.ApiException) as caught:
            stream(
                self.core.connect_get_namespaced_pod_exec,
                "none",
                self.namespace,
                command=["x"],
                stdout=True,
            )
        self.assertIn("404", str(caught.exception.reason))

    def test_port_forward(self):
        forward = portforward(
            self.core.connect_get_namespaced_pod_portforward,
            "web",
            self.namespace,
            ports="8080",
        )
        socket = forward.socket(8080)
        socket.settimeout(10)
        socket.sendall(b"there")
        heard = b""
        while not heard.endswith(b"there"):
            heard += socket.recv(100)
        self.assertEqual(heard, b"port 8080: there")
        self.assertIsNone(forward.error(8080))
        socket.close()

    def test_log(self):
        said = self.core.read_namespaced_pod_log("web", self.namespace, tail_lines=3)
        self.assertEqual(said, "log tailLines=3\n")

    def test_eviction_and_deletion(self):
        metadata = client.V1ObjectMeta(name="web")
        policy = client.PolicyV1Api()
        policy.create_namespaced_pod_disruption_budget(
            self.namespace,
            {"metadata": {"name": "all"}, "spec": {"minAvailable": 1, "selector": {}}},
        )
        body = client.V1Eviction(metadata=metadata)
        self.refused(
            429,
            "TooManyRequests",
            self.core.create_namespaced_pod_eviction,
            "web",
            self.namespace,
            body,
        )
        policy.delete_namespaced_pod_disruption_budget("all", self.namespace)
        self.core.create_namespaced_pod_eviction("web", self.namespace, body)
        going = self.core.read_namespaced_pod("web", self.namespace)
        self.assertEqual(going.metadata.deletion_grace_period_seconds, 30)
        gone = self.core.delete_namespaced_pod(
            "web", self.namespace, grace_period_seconds=0
        )
        self.assertEqual(gone.metadata.name, "web")

    def test_binding(self):
        container = {"name": "main", "image": "busybox"}
        self.core.create_namespaced_pod(
            self.namespace,
            {"metadata": {"name": "free"}, "spec": {"containers": [container]}},
        )
        target = client.V1ObjectReference(kind="Node", name=f"node-{self.namespace}")
        body = client.V1Binding(
            metadata=client.V1ObjectMeta(name="free"), target=target
        )
        # the answer is a Status, which this client cannot read as a Binding
        self.core.create_namespaced_binding(
            self.namespace, body, _preload_content=False
        )
        bound = self.core.read_namespaced_pod("free", self.namespace)
        self.assertEqual(bound.spec.node_name, f"node-{self.namespace}")
