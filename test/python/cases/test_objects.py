"""CoreV1Api and its like: objects through the generated classes."""
from kubernetes import client

from .cluster import ClusterCase, yaml_body


APPLIED = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"e": "5"}}


class Objects(ClusterCase):
    def test_life_of_an_object(self):
        made = self.config_map("one", {"a": "1"})
        self.assertIsNotNone(made.metadata.creation_timestamp.tzinfo)
        made.data["b"] = "2"
        replaced = self.core.replace_namespaced_config_map("one", self.namespace, made)
        self.assertEqual(replaced.data, {"a": "1", "b": "2"})
        stale = self.refused(
            409,
            "Conflict",
            self.core.replace_namespaced_config_map,
            "one",
            self.namespace,
            made,
        )
        self.assertIn("the object has been modified", stale["message"])
        gone = self.core.delete_namespaced_config_map(
            "one",
            self.namespace,
            body=client.V1DeleteOptions(
                preconditions=client.V1Preconditions(uid=made.metadata.uid)
            ),
        )
        self.assertEqual(gone.status, "Success")
        self.assertEqual(gone.details.uid, made.metadata.uid)
        self.refused(
            404,
            "NotFound",
            self.core.read_namespaced_config_map,
            "one",
            self.namespace,
        )

    def test_causes_of_an_invalid_object(self):
        body = {"metadata": {"name": "Not_A_Name"}}
        status = self.refused(
            422,
            "Invalid",
            self.core.create_namespaced_config_map,
            self.namespace,
            body,
        )
        self.assertEqual([c["field"] for c in status["details"]["causes"]], ["metadata.name"])

    def test_pages(self):
        for index in range(7):
            self.config_map(f"page-{index}", labels={"page": str(index % 2)})
        names, token, rest = [], None, []
        while True:
            page = self.core.list_namespaced_config_map(
                self.namespace, limit=3, _continue=token
            )
            names += [item.metadata.name for item in page.items]
            rest.append(page.metadata.remaining_item_count)
            token = page.metadata._continue
            if not token:
                break
        self.assertEqual(names, [f"page-{index}" for index in range(7)])
        self.assertEqual(rest, [4, 1, None])
        some = self.core.list_namespaced_config_map(
            self.namespace,
            label_selector="page in (1)",
            field_selector="metadata.name!=page-3",
        )
        self.assertEqual(
            [item.metadata.name for item in some.items], ["page-1", "page-5"]
        )

    def test_every_kind_of_patch(self):
        self.config_map("patched", {"a": "1", "b": "2"})
        # a list is a JSON patch to this client, anything else a strategic merge patch
        patch = [{"op": "test", "path": "/data/a", "value": "1"}]
        patch.append({"op": "remove", "path": "/data/a"})
        got = self.core.patch_namespaced_config_map("patched", self.namespace, patch)
        self.assertEqual(got.data, {"b": "2"})
        got = self.core.patch_namespaced_config_map(
            "patched", self.namespace, {"data": {"b": None, "c": "3"}}
        )
        self.assertEqual(got.data, {"c": "3"})
        raw = client.ApiClient()
        for kind, query, body in (
            ("merge-patch+json", [], {"data": {"d": "4"}}),
            ("apply-patch+yaml", [("fieldManager", "python")], yaml_body(APPLIED)),
        ):
            raw.set_default_header("Content-Type", f"application/{kind}")
            got = raw.call_api(
                f"/api/v1/namespaces/{self.namespace}/configmaps/patched",
                "PATCH",
                query_params=query,
                header_params={"Content-Type": f"application/{kind}"},
                body=body,
                auth_settings=["BearerToken"],
                response_type="V1ConfigMap",
                _return_http_data_only=True,
            )
        self.assertEqual(got.data, {"c": "3", "d": "4", "e": "5"})
        managers = {(f.manager, f.operation) for f in got.metadata.managed_fields}
        self.assertEqual(
            managers, {("python", "Apply"), ("OpenAPI-Generator", "Update")}
        )

    def test_scale_and_status(self):
        apps = client.AppsV1Api()
        spec = client.V1DeploymentSpec(
            replicas=2,
            selector=client.V1LabelSelector(match_labels={"app": "web"}),
            template=client.V1PodTemplateSpec(
                metadata=client.V1ObjectMeta(labels={"app": "web"}),
                spec=client.V1PodSpec(
                    containers=[client.V1Container(name="web", image="web")]
                ),
            ),
        )
        body = client.V1Deployment(metadata=client.V1ObjectMeta(name="web"), spec=spec)
        made = apps.create_namespaced_deployment(self.namespace, body)
        self.assertEqual(made.spec.strategy.rolling_update.max_surge, "25%")
        scale = apps.patch_namespaced_deployment_scale(
            "web", self.namespace, {"spec": {"replicas": 5}}
        )
        self.assertEqual((scale.spec.replicas, scale.status.selector), (5, "app=web"))
        scale.spec.replicas = 4
        apps.replace_namespaced_deployment_scale("web", self.namespace, scale)
        made = apps.read_namespaced_deployment("web", self.namespace)
        self.assertEqual(made.spec.replicas, 4)
        made.status.replicas = 3
        made.spec.replicas = 9
        kept = apps.replace_namespaced_deployment_status("web", self.namespace, made)
        self.assertEqual((kept.spec.replicas, kept.status.replicas), (4, 3))
        apps.delete_namespaced_deployment(
            "web",
            self.namespace,
            body=client.V1DeleteOptions(propagation_policy="Foreground"),
        )
        going = apps.read_namespaced_deployment("web", self.namespace)
        self.assertEqual(going.metadata.finalizers, ["foregroundDeletion"])

    def test_dry_run_and_delete_collection(self):
        self.core.create_namespaced_config_map(
            self.namespace, {"metadata": {"name": "never"}}, dry_run="All"
        )
        for index in range(3):
            self.config_map(f"many-{index}", labels={"many": "yes"})
        self.config_map("other")
        self.core.delete_collection_namespaced_config_map(
            self.namespace, label_selector="many=yes"
        )
        left = self.core.list_namespaced_config_map(self.namespace).items
        self.assertEqual([item.metadata.name for item in left], ["other"])

    def test_reviews_and_tokens(self):
        self.core.create_namespaced_service_account(
            self.namespace, {"metadata": {"name": "robot"}}
        )
        spec = {"audiences": [], "expirationSeconds": 600}
        request = self.core.create_namespaced_service_account_token(
            "robot", self.namespace, {"spec": spec}
        )
        review = client.AuthenticationV1Api().create_token_review(
            {"spec": {"token": request.status.token}}
        )
        user = f"system:serviceaccount:{self.namespace}:robot"
        self.assertTrue(review.status.authenticated)
        self.assertEqual(review.status.user.username, user)
        attributes = {"verb": "get", "resource": "pods", "namespace": self.namespace}
        access = client.AuthorizationV1Api().create_subject_access_review(
            {"spec": {"user": user, "resourceAttributes": attributes}}
        )
        self.assertFalse(access.status.allowed)

    def test_a_secret_and_quantities(self):
        body = client.V1Secret(
            metadata=client.V1ObjectMeta(generate_name="word-"),
            string_data={"word": "open"},
        )
        made = self.core.create_namespaced_secret(self.namespace, body)
        self.assertEqual((made.type, made.data), ("Opaque", {"word": "b3Blbg=="}))
        self.assertRegex(made.metadata.name, r"^word-[a-z0-9]{5}$")
        quota = self.core.create_namespaced_resource_quota(
            self.namespace,
            {"metadata": {"name": "q"}, "spec": {"hard": {"cpu": "1500m", "pods": 5}}},
        )
        self.assertEqual(quota.spec.hard, {"cpu": "1500m", "pods": "5"})

    def test_events(self):
        reference = {"kind": "ConfigMap", "name": "x", "namespace": self.namespace}
        event = self.core.create_namespaced_event(
            self.namespace,
            {
                "metadata": {"generateName": "x."},
                "involvedObject": reference,
                "reason": "Seen",
                "message": "seen",
                "type": "Normal",
            },
        )
        found = self.core.list_namespaced_event(
            self.namespace, field_selector="involvedObject.name=x,reason=Seen"
        )
        self.assertEqual([e.metadata.uid for e in found.items], [event.metadata.uid])


class Served(ClusterCase):
    def test_discovery(self):
        version = client.VersionApi().get_code()
        self.assertEqual((version.major, version.minor), ("1", "36"))
        groups = client.ApisApi().get_api_versions().groups
        self.assertIn("apps/v1", [g.preferred_version.group_version for g in groups])
        pods = [
            r for r in self.core.get_api_resources().resources if r.name == "pods"
        ]
        self.assertEqual(pods[0].short_names, ["po"])

    def test_every_list_this_client_knows(self):
        """What the client's release has and this server does not is 404, nothing else."""
        lists = 0
        for name in dir(client):
            if not name.endswith("Api") or name == "CustomObjectsApi":
                continue
            api = getattr(client, name)()
            for method in dir(api):
                if not method.startswith("list_") or method.endswith("_http_info"):
                    continue
                takes = [self.namespace] if "_namespaced_" in method else []
                with self.subTest(f"{name}.{method}"):
                    try:
                        getattr(api, method)(*takes)
                        lists += 1
                    except ValueError as error:
                        # upstream leaves it null for Events of core/v1, too
                        self.assertIn("`event_time`", str(error))
                    except client.ApiException as error:
                        self.assertEqual(error.status, 404, error.body)
        self.assertGreater(lists, 60)
