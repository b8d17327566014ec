"""Ways in: certificates, a token in a Pod's files; and leader election, which needs both."""
import os
import tempfile
import threading

from kubernetes import client, config
from kubernetes.config.incluster_config import InClusterConfigLoader
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock import configmaplock

from .cluster import ClusterCase

FOLDER = os.environ["CREDENTIALS"]


def user(api_client):
    """SelfSubjectReview, which old releases of the client have no class for."""
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    review = api_client.call_api(
        "/apis/authentication.k8s.io/v1/selfsubjectreviews",
        "POST",
        header_params={"Content-Type": "application/json"},
        body=body,
        auth_settings=["BearerToken"],
        response_type="object",
        _return_http_data_only=True,
    )
    return review["status"]["userInfo"]["username"]


class Login(ClusterCase):
    def test_a_client_certificate(self):
        api_client = config.new_client_from_config(
            os.path.join(FOLDER, "admin.kubeconfig")
        )
        self.assertEqual(user(api_client), "admin")

    def test_no_credentials(self):
        configuration = client.Configuration()
        default = client.Configuration.get_default_copy()
        configuration.host = default.host
        configuration.ssl_ca_cert = default.ssl_ca_cert
        anonymous = client.CoreV1Api(client.ApiClient(configuration))
        self.refused(403, "Forbidden", anonymous.list_node)
        configuration.api_key = {"authorization": "Bearer wrong"}
        wrong = client.CoreV1Api(client.ApiClient(configuration))
        self.refused(401, "Unauthorized", wrong.list_node)

    def test_inside_a_pod(self):
        self.core.create_namespaced_service_account(
            self.namespace, {"metadata": {"name": "robot"}}
        )
        token = self.core.create_namespaced_service_account_token(
            "robot", self.namespace, {"spec": {"audiences": []}}
        ).status.token
        default = client.Configuration.get_default_copy()
        host, port = default.host.removeprefix("https://").split(":")
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(token)
            file.flush()
            configuration = client.Configuration()
            InClusterConfigLoader(
                file.name,
                default.ssl_ca_cert,
                environ={
                    "KUBERNETES_SERVICE_HOST": host,
                    "KUBERNETES_SERVICE_PORT": port,
                },
            ).load_and_set(configuration)
        robot = client.ApiClient(configuration)
        self.assertEqual(
            user(robot), f"system:serviceaccount:{self.namespace}:robot"
        )
        self.refused(403, "Forbidden", client.CoreV1Api(robot).list_node)

    def test_leader_election(self):
        leading = threading.Event()

        def lead():
            leading.set()

        elected = electionconfig.Config(
            configmaplock.ConfigMapLock("lock", self.namespace, "me"),
            lease_duration=3,
            renew_deadline=2,
            retry_period=1,
            onstarted_leading=lead,
            onstopped_leading=None,
        )
        threading.Thread(
            target=leaderelection.LeaderElection(elected).run, daemon=True
        ).start()
        self.assertTrue(leading.wait(10))
        lock = self.core.read_namespaced_config_map("lock", self.namespace)
        record = lock.metadata.annotations["control-plane.alpha.kubernetes.io/leader"]
        self.assertIn('"holderIdentity": "me"', record)
