"""Spark pods and overlays of chance, from the API server's own OpenAPI document.

The document says which fields there are; what it can't say (which strings are valid, which fields exclude
each other) is said here. Names come from small pools, so that an overlay often meets what is in the pod.
"""

SPARK_LABELS = {"spark-app-selector": "spark-1", "spark-version": "3.5.7"}
MARKS = {"driver": "SPARK_DRIVER_BIND_ADDRESS", "executor": "SPARK_EXECUTOR_ID"}
SIDECARS = ("mesh", "logs", "proxy")
INITS = ("fetch", "chown", "late")
# A volume's name tells its source: so an overlay that names it says the same source most of the time.
VOLUMES = {"cm-a": "configMap", "cm-b": "configMap", "sec-a": "secret", "scratch": "emptyDir", "host": "hostPath",
           "claim": "persistentVolumeClaim", "joined": "projected", "down": "downwardAPI", "share": "nfs",
           "driver": "csi", "own": "ephemeral", "oci": "image", "wwn": "fc", "scsi": "iscsi", "ceph": "cephfs",
           "raw": "persistentVolumeClaim", "rados": "rbd", "gluster": "glusterfs", "flex": "flexVolume", "azure": "azureFile", "disk": "azureDisk"}
TOLERATIONS = [
    {"key": "gpu", "operator": "Exists"}, {"key": "gpu", "operator": "Equal", "value": "a", "effect": "NoSchedule"},
    {"key": "spot", "value": "true"}, {"operator": "Exists"}, {"key": "spot", "value": "true", "effect": "NoExecute"},
    {"key": "gone", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
    {"key": "gone", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30}]
LABELS = ("team", "tier", "example.com/zone", "app")
# Lists that merge by keys are what is easily got wrong: they come this many times more often.
KEYED_MORE = 3
# Left out: what an overlay may not say, what a PodTemplate can't have, what is behind a closed feature gate, and
# volumes that only an in-tree driver of long ago could mount.
LEFT_OUT = {("PodSpec", name) for name in ("containers", "initContainers", "ephemeralContainers", "restartPolicy", "schedulingGroup",
                                           "nodeName", "serviceAccount", "hostnameOverride", "volumes", "tolerations")}
LEFT_OUT |= {("Container", name) for name in ("name", "restartPolicyRules", "restartPolicy", "volumeDevices")}
# An empty one brings back what its deprecated twin, serviceAccount, says.
NEVER_EMPTY = {"serviceAccountName"}
STRINGS = {
    "image": ("spark:1", "spark:2", "registry.example/a/b@sha256:" + "0" * 64), "workingDir": ("/w", "/w/x"), "hostname": ("h1", "h2"),
    "subdomain": ("sub1", "sub2"), "priorityClassName": ("high", "low"), "runtimeClassName": ("kata", "gvisor"),
    "schedulerName": ("volcano", "yunikorn"), "serviceAccountName": ("sa1", "sa2"), "terminationMessagePath": ("/dev/t1", "/dev/t2"),
    "hostIP": ("10.0.0.1", "10.0.0.2"), "path": ("/p/a", "/p/b"), "fsType": ("ext4", "xfs"), "host": ("h.example", "10.1.1.1"),
    "service": ("", "svc"), "level": ("s0:c1", "s0"), "role": ("r",), "type": ("t",), "user": ("u",), "medium": ("", "Memory"),
    "stopSignal": ("SIGTERM", "SIGINT"), "seLinuxChangePolicy": ("Recursive",), "recursiveReadOnly": ("Disabled",),
    "prefix": ("P_", "Q_", ""), "topologyKey": ("kubernetes.io/hostname", "topology.kubernetes.io/zone"),
    "preemptionPolicy": ("PreemptLowerPriority", "Never"), "mountPropagation": ("None", "HostToContainer"), "fieldPath": ("metadata.name", "metadata.labels"),
    "audience": ("api", "vault"), "subPath": ("s1", "s2"), "targetPortal": ("10.2.2.2:3260",), "iqn": ("iqn.2001-04.com.example:a",),
    "initiatorName": ("iqn.2001-04.com.example:b",), "iscsiInterface": ("default", "tcp"), "driver": ("example.com/driver",),
    "directory": ("d",), "storageClassName": ("fast", "slow"), "volumeMode": ("Filesystem",), "server": ("nfs.example",),
    "pullPolicy": ("Always", "IfNotPresent"), "cachingMode": ("None", "ReadOnly"), "diskURI": ("https://disk.example/a",), "kind": ("Shared", "Dedicated"),
    "certificateChainPath": ("chain",), "keyPath": ("key",), "signerName": ("example.com/signer",), "gmsaCredentialSpecName": ("gmsa",),
    "procMount": ("Default",), "fsGroupChangePolicy": ("Always", "OnRootMismatch"), "supplementalGroupsPolicy": ("Merge", "Strict")}
INTEGERS = {"containerPort": (8080, 8081, 9090), "defaultMode": (0o400, 0o644), "mode": (0o400, 0o600), "weight": (1, 50, 100),
            "lun": (0, 1), "expirationSeconds": (600, 7200), "successThreshold": (1,), "partition": (1, 2), "seconds": (1, 5),
            "priority": (0, 1000), "port": (8080, 9090), "maxSkew": (1, 2), "minDomains": (1, 3), "runAsUser": (0, 185, 1000),
            "runAsGroup": (0, 185), "fsGroup": (0, 185)}


def needed(field):
    """The document calls some required names optional, and says that they are empty unless given."""
    return field.required or field.default == ""


class Maker:
    """@density: how likely a field is there; @zeros: how likely an empty value is; @known: a field must be in the schema."""

    def __init__(self, rnd, schema, density, zeros=0.0):
        self.rnd, self.schema, self.density, self.zeros = rnd, schema, density, zeros

    def some(self, chance=None):
        return self.rnd.random() < (self.density if chance is None else chance)

    def pick(self, choices, most=3):
        return self.rnd.sample(list(choices), self.rnd.randint(1, min(most, len(choices))))

    def knows(self, type_name, field):
        return field in self.schema.fields(type_name)

    # Values by the schema

    def struct(self, type_name, without=()):
        """A struct with its required fields and some of the others."""
        special = getattr(self, f"make_{type_name}", None)
        return special() if special and not without else self.plain(type_name, without)

    def plain(self, type_name, without=()):
        made = {}
        for name, field in self.schema.fields(type_name).items():
            chance = min(self.density * (KEYED_MORE if field.merge == "map" else 1), .9)
            if name not in without and (type_name, name) not in LEFT_OUT and (needed(field) or self.some(chance)):
                made[name] = self.value(type_name, name, field)
        return made

    def value(self, type_name, name, field):
        special = getattr(self, f"make_{type_name}_{name}", None)
        empty = {"string": "", "integer": 0, "boolean": False, "struct": {}, "map": {}, "list": []}
        if not needed(field) and field.kind in empty and name not in NEVER_EMPTY and self.some(self.zeros):
            return empty[field.kind]
        if special:
            return special()
        return self.by_kind(name, field)

    def by_kind(self, name, field):
        if field.kind == "string":
            return self.rnd.choice(STRINGS.get(name) or field.enum or ("a", "b"))
        if field.kind == "integer":
            return self.rnd.choice(INTEGERS.get(name) or (1, 2, 30))
        if field.kind == "boolean":
            return self.some(.5)
        if field.kind == "quantity":
            return self.rnd.choice(("1Gi", "1024Mi", "2G", "1500m", "0.5", 3, "1e3"))
        if field.kind == "int-or-string":
            return self.rnd.choice((8080, 9090, "http"))
        if field.kind == "struct":
            return self.struct(field.type)
        if field.kind == "map":
            return {key: self.rnd.choice(("v1", "v2", "")) for key in self.pick(LABELS, 2)}
        return self.by_kind_list(name, field)

    def by_kind_list(self, name, field):
        if field.merge != "map":
            return [self.by_kind(name, field.of) for _ in range(self.rnd.randint(1, 2))]
        made = {}
        for _ in range(self.rnd.randint(1, 3)):
            element = self.struct(field.of.type)
            made.setdefault(self.schema.key_of(field, element), element)
        return list(made.values())

    # What the schema can't say

    def one_of(self, type_name, fields):
        fields = [field for field in fields if self.knows(type_name, field)]
        name = self.rnd.choice(fields)
        return {name: self.value(type_name, name, self.schema.fields(type_name)[name]._replace(required=True))}

    def make_LocalObjectReference(self):
        return {"name": self.rnd.choice(("reg-a", "reg-b", "reg-c"))}

    def make_HostAlias(self):
        return {"ip": self.rnd.choice(("10.0.0.7", "10.0.0.8", "fd00::1")), "hostnames": self.pick(("a.example", "b.example", "c"))}

    def make_PodSchedulingGate(self):
        return {"name": self.rnd.choice(("example.com/a", "example.com/b"))}

    def make_PodReadinessGate(self):
        return {"conditionType": self.rnd.choice(("example.com/a", "example.com/b"))}

    def make_PodResourceClaim(self):
        name = self.rnd.choice(("gpu", "net"))
        # Which of the two it names goes with its name: both at once would be refused.
        return {"name": name, "resourceClaimName" if name == "gpu" else "resourceClaimTemplateName": self.rnd.choice(("one", "two"))}

    def make_PodSpec_hostUsers(self):
        return self.some(.95)  # false excludes much else

    def make_PodSpec_os(self):
        return {"name": "linux"}

    def make_PodSpec_overhead(self):
        return {key: self.rnd.choice(("250m", "1", 2)) for key in self.pick(("cpu", "memory"))}

    def make_PodSpec_nodeSelector(self):
        return {key: self.rnd.choice(("x", "y", "")) for key in self.pick(LABELS)}

    def make_PodSpec_resources(self):
        made = {"requests": {"cpu": self.rnd.choice(("60", "61000m"))}, "limits": {"cpu": self.rnd.choice(("100", 101))}}
        if self.some(.5):
            made["limits"]["memory"] = self.rnd.choice(("900Gi", "1000G"))
        return made

    def make_PodSpec_dnsPolicy(self):
        return self.rnd.choice(("ClusterFirst", "Default", "ClusterFirstWithHostNet"))

    def make_PodDNSConfig(self):
        made = {"nameservers": self.pick(("10.0.0.10", "1.1.1.1"))} if self.some(.6) else {}
        if self.some(.6):
            made["searches"] = self.pick(("a.example", "b.example"))
        if self.some(.5):
            made["options"] = [{"name": "ndots", "value": self.rnd.choice(("1", "2"))}, {"name": "debug"}][:self.rnd.randint(1, 2)]
        return made

    def make_TopologySpreadConstraint(self):
        made = self.plain("TopologySpreadConstraint", ("minDomains", "matchLabelKeys"))
        if made["whenUnsatisfiable"] == "DoNotSchedule" and self.some():
            made["minDomains"] = self.rnd.choice((1, 3))
        if "labelSelector" in made and self.some():
            made["matchLabelKeys"] = self.pick(("pod-template-hash", "rev"))
        return made

    def make_LabelSelector(self):
        made = {}
        if self.some(.6):
            made["matchLabels"] = {key: self.rnd.choice(("v1", "v2")) for key in self.pick(LABELS)}
        if self.some(.4):
            made["matchExpressions"] = [self.requirement(("In", "NotIn"))]
        return made

    def requirement(self, with_values, key=None):
        key = key or self.rnd.choice(LABELS)
        if self.some(.3):
            return {"key": key, "operator": self.rnd.choice(("Exists", "DoesNotExist"))}
        operator = self.rnd.choice(with_values)
        values = [self.rnd.choice(("1", "2"))] if operator in ("Gt", "Lt") else self.pick(("v1", "v2", "v3"))
        return {"key": key, "operator": operator, "values": values}

    def make_NodeSelectorTerm(self):
        made = {"matchExpressions": [self.requirement(("In", "NotIn", "Gt", "Lt")) for _ in range(self.rnd.randint(1, 2))]}
        if self.some():
            made["matchFields"] = [{"key": "metadata.name", "operator": "In", "values": ["node-1"]}]
        return made

    def make_PodAffinityTerm(self):
        made = self.plain("PodAffinityTerm", ("matchLabelKeys", "mismatchLabelKeys", "namespaces"))
        if "labelSelector" in made and self.some() and self.knows("PodAffinityTerm", "matchLabelKeys"):
            made["mismatchLabelKeys"] = ["rev"]
        if self.some():
            made["namespaces"] = self.pick(("ns1", "ns2"))
        return made

    def make_PodSecurityContext_sysctls(self):
        return [{"name": name, "value": self.rnd.choice(("0", "1"))} for name in self.pick(("net.ipv4.tcp_syncookies", "kernel.shm_rmid_forced"))]

    def make_SeccompProfile(self):
        if self.some(.15):
            return {"type": "Localhost", "localhostProfile": "profiles/a.json"}
        return {"type": self.rnd.choice(("RuntimeDefault", "Unconfined"))}

    make_AppArmorProfile = make_SeccompProfile

    def make_PodSecurityContext(self):
        return self.plain("PodSecurityContext", ("windowsOptions",))

    def make_SecurityContext(self):
        made = self.plain("SecurityContext", ("windowsOptions", "privileged"))
        return {**made, "privileged": False} if self.some() else made  # true needs a flag of the API server

    def make_Capabilities(self):
        made = {}
        if self.some(.6):
            made["add"] = self.pick(("NET_ADMIN", "SYS_PTRACE", "CHOWN"))
        if self.some(.6):
            made["drop"] = self.pick(("ALL", "KILL"))
        return made

    def make_HTTPGetAction(self):
        made = self.plain("HTTPGetAction", ("httpHeaders",))
        made.setdefault("path", "/healthz")
        if self.some():
            made["httpHeaders"] = [{"name": name, "value": self.rnd.choice(("1", ""))} for name in self.pick(("X-A", "X-B"))]
        return made

    def probe(self, handler):
        others = {"exec", "httpGet", "tcpSocket", "grpc"}
        made = self.plain("Probe", (*others, "terminationGracePeriodSeconds"))
        made.update(self.one_of("Probe", [handler] if self.some(.97) else sorted(others)))
        return made

    def make_Container_livenessProbe(self):
        return self.probe("httpGet")

    def make_Container_readinessProbe(self):
        return self.probe(self.rnd.choice(("exec", "exec", "exec", "grpc")))

    def make_Container_startupProbe(self):
        return self.probe("tcpSocket")

    def make_ExecAction(self):
        return {"command": self.pick(("sh", "-c", "true"))}

    def make_Lifecycle(self):
        made = {}
        if self.some(.6):
            made["preStop"] = self.one_of("LifecycleHandler", ["exec"] if self.some(.9) else ["sleep", "httpGet", "tcpSocket"])
        if self.some(.4):
            made["postStart"] = self.one_of("LifecycleHandler", ["httpGet"])
        return made

    def make_ResourceRequirements(self):
        made = {}
        if self.some(.6):
            made["requests"] = {key: self.rnd.choice(("100m", "0.25", "1")) if key == "cpu" else self.rnd.choice(("1Gi", "512Mi", 1024))
                                for key in self.pick(("cpu", "memory"))}
        if self.some(.6):
            sizes = {"cpu": ("2", 4, "4000m"), "memory": ("2Gi", "4096Mi"), "example.com/gpu": ("1", 2, "2")}
            made["limits"] = {key: self.rnd.choice(sizes[key]) for key in self.pick(sizes)}
        if self.some():
            made["claims"] = [{"name": name, **({"request": "r"} if self.knows("ResourceClaim", "request") and self.some(.5) else {})}
                              for name in self.pick(("gpu", "net"))]
        return made

    def make_Container_resizePolicy(self):
        return [{"resourceName": name, "restartPolicy": "NotRequired"} for name in self.pick(("cpu", "memory"))]

    def make_ContainerPort(self):
        port = self.rnd.choice((8080, 8081, 9090))
        made = {"containerPort": port}
        if self.some(.6):
            made["protocol"] = self.rnd.choice(("TCP", "UDP", "SCTP"))
        if self.some(.5):
            # A name may be only once in a container: so it goes with the port.
            made["name"] = f"{self.rnd.choice('pq')}{port}-{made.get('protocol', 'TCP').lower()}"
        if self.some(.1):
            made["hostIP"] = self.rnd.choice(STRINGS["hostIP"])
        return made

    def make_EnvVar(self):
        made = {"name": self.rnd.choice(("A", "B", "C", "JAVA_HOME", "PYSPARK_PYTHON", "with.dot", "LOG_LEVEL"))}
        if self.some(.6):
            made["value"] = self.rnd.choice(("1", "2", "$(A)", "a=b,c \"q\" \u00e9", ""))
        elif self.some(.9):
            made["valueFrom"] = self.struct("EnvVarSource")
        return made

    def make_EnvVarSource(self):
        return self.one_of("EnvVarSource", ("configMapKeyRef", "fieldRef", "resourceFieldRef", "secretKeyRef"))

    def make_ObjectFieldSelector(self):
        made = {"fieldPath": self.rnd.choice(("metadata.name", "metadata.namespace", "metadata.labels['team']"))}
        if self.some():
            made["apiVersion"] = "v1"
        return made

    def make_ResourceFieldSelector(self):
        made = {"resource": self.rnd.choice(("limits.cpu", "requests.cpu"))}
        if self.some(.5):
            made["divisor"] = self.rnd.choice(("1", "1m", 0))
        return made

    def make_EnvFromSource(self):
        made = self.one_of("EnvFromSource", ("configMapRef", "secretRef"))
        if self.some():
            made["prefix"] = self.rnd.choice(("P_", "Q_", ""))
        return made

    # Volumes

    def make_KeyToPath(self):
        key = self.rnd.choice(("k1", "k2"))
        return {"key": key, "path": f"{self.rnd.choice('pq')}/{key}", **({"mode": 0o400} if self.some() else {})}

    def make_DownwardAPIVolumeFile(self):
        path = self.rnd.choice(("f1", "f2"))
        if self.some(.7):
            return {"path": path, "fieldRef": self.make_ObjectFieldSelector()}
        return {"path": path, "resourceFieldRef": {**self.make_ResourceFieldSelector(), "containerName": "mesh"}}

    def make_VolumeProjection(self):
        kind = self.rnd.choice(("configMap", "secret", "downwardAPI", "serviceAccountToken"))
        value = self.struct(self.schema.fields("VolumeProjection")[kind].type)
        if "path" in value:
            value["path"] = "token"
        return {kind: value}

    def make_ProjectedVolumeSource_sources(self):
        return [self.make_VolumeProjection()]  # two might want one path

    def make_PersistentVolumeClaimTemplate(self):
        spec = {"accessModes": self.pick(("ReadWriteOnce", "ReadOnlyMany")),
                "resources": {"requests": {"storage": self.rnd.choice(("1Gi", "2Gi"))}}}
        if self.some():
            spec["storageClassName"] = self.rnd.choice(("fast", "slow"))
        return {"spec": spec, **({"metadata": {"labels": {"team": "a"}}} if self.some() else {})}

    def make_EphemeralVolumeSource(self):
        return {"volumeClaimTemplate": self.make_PersistentVolumeClaimTemplate()}

    def make_CSIVolumeSource(self):
        made = self.plain("CSIVolumeSource", ("driver", "nodePublishSecretRef"))
        return {**made, "driver": "csi.example.com"}

    def make_FCVolumeSource(self):
        return {"targetWWNs": self.pick(("50060e801049cfd1", "50060e801049cfd2")), "lun": self.rnd.choice((0, 1)), "readOnly": self.some(.5)}

    def make_ISCSIVolumeSource(self):
        return self.plain("ISCSIVolumeSource", ("chapAuthDiscovery", "chapAuthSession", "initiatorName"))

    def make_ISCSIVolumeSource_lun(self):
        return self.rnd.choice((0, 1))

    def make_AzureDiskVolumeSource(self):
        return {**self.plain("AzureDiskVolumeSource", ("kind", "diskName")), "diskName": "disk"}

    def make_EmptyDirVolumeSource(self):
        made = {"medium": "Memory"} if self.some(.3) else {}
        if self.some(.6):
            made["sizeLimit"] = self.rnd.choice(("1Gi", "1024Mi", "2G"))
        return made

    def make_HostPathVolumeSource(self):
        return {"path": "/var/data", **({"type": self.rnd.choice(("", "Directory", "DirectoryOrCreate"))} if self.some(.5) else {})}

    def make_GRPCAction(self):
        return {"port": self.rnd.choice((8080, 9090)), **({"service": self.rnd.choice(("", "svc"))} if self.some(.5) else {})}

    IDENTITY = {"configMap": "name", "secret": "secretName", "persistentVolumeClaim": "claimName"}

    def volume(self, name, kind=None):
        kind = kind or VOLUMES[name]
        source = self.struct(self.schema.fields("Volume")[kind].type)
        if kind in self.IDENTITY:
            source[self.IDENTITY[kind]] = f"obj-{name}"
        return {"name": name, kind: source}

    def volumes(self, most=3):
        known = [name for name, kind in VOLUMES.items() if self.knows("Volume", kind)]
        return [self.volume(name) for name in self.pick(known, most)]

    def mounts(self, volume_names):
        made = []
        for name in self.pick(volume_names):
            for number in self.pick((1, 2), 1 if self.some(.7) else 2):
                mount = {"name": name, "mountPath": f"/m/{name}/{number}"}
                if self.some():
                    mount["readOnly"] = self.some(.5)
                if self.some(.1):
                    mount["subPath"] = self.rnd.choice(("s1", "s2"))
                if self.some(.1):
                    mount["mountPropagation"] = self.rnd.choice(("None", "HostToContainer"))
                made.append(mount)
        return made

    # Containers and pods

    def container(self, volume_names, claims, init=False, spark=False):
        """Without its name."""
        without = {"volumeMounts"}
        if init:
            without |= {"livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "resizePolicy", "ports"}
        if spark:
            without |= {"command", "args"}
        made = self.plain("Container", tuple(without))
        mountable = sorted({name for name in volume_names if name != "raw"})
        if mountable and self.some(.4):
            made["volumeMounts"] = self.mounts(mountable)
        if "raw" in volume_names and self.some(.6):
            made["volumeDevices"] = [{"name": "raw", "devicePath": "/dev/raw"}]
        resources = made.get("resources", {})
        if "claims" in resources:
            resources["claims"] = [each for each in resources["claims"] if each["name"] in claims]
            if not resources["claims"]:
                del resources["claims"]
        return made

    def spec(self):
        # Kubernetes 1.30 has claims in another form, which an overlay can't say.
        made = self.plain("PodSpec", () if self.knows("PodResourceClaim", "resourceClaimName") else ("resourceClaims",))
        if self.some(.4):
            made["tolerations"] = self.pick(TOLERATIONS)
        return made


def spark_container(role):
    conf = "spark-conf-volume-driver" if role == "driver" else "spark-conf-volume-exec"
    env = [{"name": "SPARK_USER", "value": "root"}, {"name": "SPARK_CONF_DIR", "value": "/opt/spark/conf"}]
    if role == "driver":
        env.append({"name": MARKS[role], "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}})
        ports = [("driver-rpc-port", 7078), ("blockmanager", 7079), ("spark-ui", 4040)]
    else:
        env.append({"name": MARKS[role], "value": "1"})
        ports = [("blockmanager", 7079)]
    return {"image": "spark:3.5.7", "args": [role], "env": env,
            "ports": [{"name": name, "containerPort": port, "protocol": "TCP"} for name, port in ports],
            "volumeMounts": [{"name": "spark-local-dir-1", "mountPath": "/var/data/local"}, {"name": conf, "mountPath": "/opt/spark/conf"}]}


def extend(container, more):
    """@more joins what Spark made; of what both say, Spark's counts."""
    for name, value in more.items():
        if isinstance(value, list) and name in container and name not in ("command", "args"):
            container[name] = container[name] + value
        else:
            container.setdefault(name, value)


def pod(rnd, schema, role):
    """A Spark pod as (name of the Spark container, template)."""
    maker = Maker(rnd, schema, rnd.choice((.08, .2, .35)))
    volumes = maker.volumes(5)
    spec = maker.spec()
    claims = {each["name"] for each in spec.get("resourceClaims", [])}
    names = [volume["name"] for volume in volumes]
    spark = {"name": rnd.choice((f"spark-kubernetes-{role}", "template")), **spark_container(role)}
    extend(spark, maker.container(names, claims, spark=True))
    sidecars = [{"name": name, "image": "side:1", **maker.container(names, claims)} for name in SIDECARS[:2] if maker.some(.4)]
    containers = sidecars + [spark] if rnd.random() < .5 else [spark] + sidecars
    conf = spark["volumeMounts"][1]["name"]
    own = [{"name": "spark-local-dir-1", "emptyDir": {}}, {"name": conf, "configMap": {"name": "spark-1-conf-map"}}]
    spec = {**spec, "restartPolicy": "Never", "containers": containers, "volumes": volumes + own if rnd.random() < .5 else own + volumes}
    inits = [{"name": name, "image": "init:1", **maker.container(names, claims, init=True)} for name in INITS[:2] if maker.some(.3)]
    if inits:
        spec["initContainers"] = inits
    if maker.some(.7):
        # As the API server's own admission leaves them, before webhooks are asked.
        spec.setdefault("priority", 0)
        spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    template = {"metadata": {"labels": {**SPARK_LABELS, "spark-role": role}}, "spec": spec}
    if maker.some(.5):
        template["metadata"]["labels"]["team"] = "a"
        template["metadata"]["annotations"] = {"example.com/a": "1"}
    return spark["name"], template


def overlay(rnd, schema, template, spark_name):
    """What an overlay may say to that pod."""
    maker = Maker(rnd, schema, rnd.choice((.04, .1, .25)), zeros=rnd.choice((0, 0, .01, .05)))
    made = {}
    spec = maker.spec() if maker.some(.7) else {}
    had = template["spec"]
    if maker.some(.5):
        spec["volumes"] = [conflicting(maker, each, had) if maker.some(.02) else each for each in maker.volumes(3)]
    # Mounts of volumes that are there, and claims likewise.
    names = [each["name"] for each in had["volumes"] + spec.get("volumes", []) if not each["name"].startswith("spark-conf")]
    claims = {each["name"] for each in had.get("resourceClaims", []) + spec.get("resourceClaims", [])}
    if maker.some(.5):
        spec["containers"] = [{"name": name, **sidecar(maker, name, had["containers"], names, claims, False)} for name in maker.pick(SIDECARS, 2)]
    if maker.some(.3):
        spec["initContainers"] = [{"name": name, **sidecar(maker, name, had.get("initContainers", []), names, claims, True)}
                                  for name in maker.pick(INITS, 2)]
    if spec:
        made["spec"] = spec
    if maker.some(.6) or not spec:
        made["sparkContainer"] = maker.container(names, claims, spark=True)
        if maker.some(.02):
            wrong_mount(maker, made["sparkContainer"], had, spark_name)
    if maker.some(.4):
        made["metadata"] = {what: {key: rnd.choice(("v1", "v2", "")) for key in maker.pick(keys)}
                            for what, keys in (("labels", LABELS), ("annotations", ("example.com/a", "example.com/b"))) if maker.some(.7)}
    return made


def sidecar(maker, name, had, names, claims, init):
    made = maker.container(names, claims, init)
    if not any(each["name"] == name for each in had):
        made["image"] = made.get("image") or "new:1"
    return made


def conflicting(maker, volume, had):
    """Another source than the pod's volume of that name has."""
    if not any(each["name"] == volume["name"] for each in had["volumes"]):
        return volume
    kind = maker.rnd.choice([kind for kind in ("configMap", "secret", "emptyDir", "persistentVolumeClaim")])
    made = maker.volume(volume["name"], kind)
    if kind in maker.IDENTITY:
        made[kind][maker.IDENTITY[kind]] = "another"
    return made


def wrong_mount(maker, container, had, spark_name):
    """A mount of another volume at a path that the pod has."""
    spark = next(each for each in had["containers"] if each["name"] == spark_name)
    taken = [each for each in spark["volumeMounts"] if each["mountPath"].startswith("/m/")]
    if taken:
        container["volumeMounts"] = [{"name": "spark-local-dir-1", "mountPath": maker.rnd.choice(taken)["mountPath"]}]
