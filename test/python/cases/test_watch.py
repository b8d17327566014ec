"""watch.Watch: what is there, what comes, resuming, and a version that is no longer known."""
import threading

from kubernetes import client, watch

from .cluster import ClusterCase


class Watches(ClusterCase):
    def seen(self, until, **query):
        """Kinds of events and names, up to the first of the name `until`."""
        watcher, seen = watch.Watch(), []
        stream = watcher.stream(
            self.core.list_namespaced_config_map,
            self.namespace,
            timeout_seconds=30,
            **query,
        )
        for event in stream:
            seen.append((event["type"], event["object"].metadata.name))
            if event["object"].metadata.name == until:
                watcher.stop()
        return seen, watcher.resource_version

    def test_from_the_start_and_from_where_it_ended(self):
        self.config_map("a")
        self.config_map("b")
        first, version = self.seen("b")
        self.assertEqual(first, [("ADDED", "a"), ("ADDED", "b")])
        self.core.patch_namespaced_config_map(
            "a", self.namespace, {"data": {"k": "v"}}
        )
        self.core.delete_namespaced_config_map("b", self.namespace)
        self.config_map("c")
        then, _ = self.seen("c", resource_version=version)
        self.assertEqual(
            then, [("MODIFIED", "a"), ("DELETED", "b"), ("ADDED", "c")]
        )

    def test_selectors_turn_changes_into_additions_and_removals(self):
        made = self.config_map("x", labels={"in": "no"})
        version = made.metadata.resource_version
        for value in ("yes", "no", "yes"):
            self.core.patch_namespaced_config_map(
                "x", self.namespace, {"metadata": {"labels": {"in": value}}}
            )
        self.config_map("end", labels={"in": "yes"})
        seen, _ = self.seen(
            "end", resource_version=version, label_selector="in=yes"
        )
        self.assertEqual(
            seen,
            [("ADDED", "x"), ("DELETED", "x"), ("ADDED", "x"), ("ADDED", "end")],
        )

    def test_it_goes_on_over_the_servers_timeout(self):
        """Without a timeout of ours the client asks again when the server ends the stream."""
        watcher, names = watch.Watch(), []
        calls = []

        def listed(*args, **named):
            calls.append(named.get("resource_version"))
            return self.core.list_namespaced_config_map(
                self.namespace, *args, **{**named, "timeout_seconds": 1}
            )

        listed.__doc__ = self.core.list_namespaced_config_map.__doc__
        self.config_map("before")
        threading.Timer(1.5, self.config_map, ["after"]).start()
        for event in watcher.stream(listed):
            names.append(event["object"].metadata.name)
            if names[-1] == "after":
                watcher.stop()
        self.assertEqual(names, ["before", "after"])
        self.assertGreater(len(calls), 1)

    def test_bookmarks(self):
        made = self.config_map("one")
        types = set()
        for event in watch.Watch().stream(
            self.core.list_namespaced_config_map,
            self.namespace,
            allow_watch_bookmarks=True,
            resource_version=made.metadata.resource_version,
            timeout_seconds=1,
        ):
            types.add(event["type"])
        self.assertLessEqual(types, {"BOOKMARK"})

    def test_a_version_of_long_ago(self):
        """The error event is an exception to the caller, who then lists anew."""
        with self.assertRaises(client.ApiException) as caught:
            for _ in watch.Watch().stream(
                self.core.list_namespaced_pod_template,
                self.namespace,
                resource_version="1",
                timeout_seconds=5,
            ):
                self.fail("an event of a version that was compacted")
        self.assertEqual(caught.exception.status, 410)
        self.assertIn("Expired", str(caught.exception.reason))
