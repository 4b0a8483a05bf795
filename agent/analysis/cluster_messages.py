"""What kind of fault do the words of kubelet, scheduler, controllers and applications speak of?

The reason of an event or status decides *that* something is wrong; a message only tells which kind it is, because
its text may be written by outsiders. Wordings: Kubernetes documentation, "Debug Pods", "Images", "Assigning Pods to
Nodes", "Resource Quotas", "Debug Services", "DNS debugging"; the C library's and Go's words for network errors.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.domain.hypothesis import Fault


@dataclass(frozen=True)
class Kind:
    """A kind of message. `blames`: it speaks of another component than the one that wrote it."""

    words: re.Pattern[str]
    fault: Fault
    says: str
    blames: bool = False


def _kind(fault: Fault, says: str, *words: str, blames: bool = False) -> Kind:
    return Kind(re.compile("|".join(words), re.IGNORECASE), fault, says, blames)


_SETTING = r"(?:env(?:ironment)?[ _]?var\w*|variable|config\w*|setting|property|parameter|flag|option)"
_ABSENT = r"(?:not set|missing|undefined|required|invalid|unknown|empty)"

SCHEDULING = (
    _kind(Fault.RESOURCE_MEMORY, "no node has enough memory left", "insufficient memory"),
    _kind(Fault.RESOURCE_CPU, "no node has enough CPU left", "insufficient cpu"),
    _kind(Fault.RESOURCE_POOL, "no node has enough left of what it asks for", r"insufficient \S+", "too many pods"),
    _kind(
        Fault.CONFIGURATION,
        "its volume is not to be had",
        "persistentvolumeclaim",
        "volume node affinity",
        "persistent volumes?",
    ),
    _kind(
        Fault.INFRASTRUCTURE,
        "its nodes take no pods",
        r"taint \{node\.kubernetes\.io/",
        "were unschedulable",
        r"node\(s\) were not ready",
    ),
    _kind(Fault.CONFIGURATION, "it does not tolerate the nodes' taints", "taint"),
    _kind(
        Fault.CONFIGURATION,
        "no node matches its selector or affinity rules",
        "affinity",
        "selector",
        "topology spread",
        "didn't match",
    ),
    _kind(Fault.CONFIGURATION, "its host port is taken on every node", "free ports"),
)
IMAGE = (
    _kind(
        Fault.NETWORK,
        "the registry cannot be reached",
        *("toomanyrequests", "rate limit", "i/o timeout", "no such host", "deadline exceeded"),
        *("connection (?:refused|reset)", "TLS handshake"),
    ),
    _kind(
        Fault.CONFIGURATION,
        "the registry refuses it",
        *("unauthorized", "denied", "authentication", "authorization", "no basic auth", "forbidden"),
    ),
    _kind(
        Fault.CONFIGURATION,
        "there is no such image",
        *("not found", "manifest unknown", "invalid reference", "invalidimagename", "no match for platform"),
    ),
)
ADMISSION = (
    _kind(Fault.RESOURCE_POOL, "the namespace's quota is used up", "exceeded quota"),
    _kind(Fault.CONFIGURATION, "its service account does not exist", "service ?account"),
    _kind(
        Fault.CONFIGURATION,
        "admission refuses its pods",
        *(r"maximum \S+ usage", r"minimum \S+ usage", "quota", "violates", "forbidden", "denied", "invalid"),
    ),
)
QUOTA = (
    _kind(Fault.RESOURCE_MEMORY, "memory", "memory"),
    _kind(Fault.RESOURCE_CPU, "CPU", "cpu"),
    _kind(Fault.RESOURCE_DISK, "storage", "storage", "persistentvolumeclaims"),
    _kind(Fault.RESOURCE_POOL, "objects", ""),
)
VOLUME = (
    _kind(
        Fault.CONFIGURATION,
        "what it mounts does not exist",
        *("configmap", "secret", "not found", "not registered"),
    ),
    _kind(Fault.INFRASTRUCTURE, "its volume cannot be mounted", ""),
)
PROBE = (
    _kind(
        Fault.CONFIGURATION,
        "nothing answers where the probe asks",
        *("connection refused", "statuscode: 404", "no such file", "executable file not found", "unknown service"),
    ),
    _kind(Fault.APPLICATION, "it answers the probe too late", "deadline exceeded", "timeout"),
    _kind(Fault.APPLICATION, "it does not answer the probe well", ""),
)
MEASURES = (
    _kind(Fault.RESOURCE_CPU, "CPU", r"cpu(?!\w*quota)", "throttl"),
    _kind(Fault.RESOURCE_MEMORY, "memory", "memory", r"\boom"),
    _kind(Fault.RESOURCE_DISK, "disk", "disk", "filesystem", r"\binodes?\b"),
    _kind(Fault.NETWORK, "network", "packet", "retransmi", r"\bdns\b"),
)
"""What a monitor measures: a resource is a component's own, anything else may be passed on by what it depends on."""
UNRESOLVED = _kind(
    Fault.NETWORK,
    "names that DNS cannot resolve",
    *(r"\bEAI_AGAIN\b", r"\bSERVFAIL\b", "temporary failure in name resolution", "unable to resolve"),
    "lookup .*server misbehaving",
    "lookup .*(?:timeout|timed out)",
    blames=True,
)
"""Whatever is looked up: it is the DNS that does not answer."""
LOGS = (
    _kind(
        Fault.CONFIGURATION,
        "a name that DNS does not know",
        *(r"\bENOTFOUND\b", r"\bNXDOMAIN\b", "no such host", "name or service not known", "unknown ?host"),
        *("nodename nor servname", "could not be resolved"),
    ),
    UNRESOLVED,
    _kind(
        Fault.CONFIGURATION,
        "a certificate that is not valid",
        *(r"\bx509\b", "certificate (?:has |is )?(?:expired|not yet valid|verify failed|unknown|revoked)"),
        *(r"\bCERT_\w+", "CertificateExpired", "PKIX path", "SSLHandshake"),
        blames=True,
    ),
    _kind(Fault.RESOURCE_DISK, "a full disk", "no space left", "disk quota exceeded", r"\bENOSPC\b"),
    _kind(
        Fault.RESOURCE_MEMORY,
        "too little memory",
        *("out ?of ?memory", "cannot allocate memory", r"\bOOM\b", "heap space"),
    ),
    _kind(
        Fault.RESOURCE_POOL,
        "an exhausted pool",
        *("too many open files", "pool (?:is )?exhausted", "too many (?:connections|clients)"),
        r"max(?:imum)? (?:number of )?(?:connections|clients)",
    ),
    _kind(
        Fault.CONFIGURATION,
        "a missing or wrong setting",
        rf"\b{_SETTING}\b.{{0,60}}\b{_ABSENT}\b",
        rf"\b{_ABSENT}\b.{{0,40}}\b{_SETTING}\b",
        "KeyError: '[A-Z_]+'",
    ),
    _kind(
        Fault.CONFIGURATION,
        "refused access",
        *("permission ?(?:denied|error)", "access denied", r"\bNOAUTH\b", "authentication (?:failed|required)"),
        *("password", r"\b401\b", r"\b403\b", r"\bforbidden\b", "unauthorized"),
    ),
    _kind(
        Fault.DEPENDENCY,
        "another component that cannot be reached",
        *("connection refused", "ECONNREFUSED", "(?:could not|can'?t|unable to|failed to) connect"),
        *(r"connection to \S+ (?:was )?(?:refused|failed)", "upstream connect error", "no healthy upstream"),
        *("code = Unavailable", "no route to host", "EHOSTUNREACH", "network is unreachable", "connection reset"),
        *("ECONNRESET", "broken pipe"),
        blames=True,
    ),
    _kind(
        Fault.NETWORK,
        "another component that does not answer in time",
        *("timed? ?out", "ETIMEDOUT", "deadline ?exceeded"),
        blames=True,
    ),
    _kind(
        Fault.CONFIGURATION,
        "something that is not there",
        *("no such file", "not found", "ModuleNotFound", "ImportError", "unknown (?:command|option|flag)"),
    ),
)
"""In the order in which they are tried: what says more comes first."""
_REFUSED = re.compile(r"(\d+) ((?:\{[^}]*\}|[^,{])+)")
OTHER = Kind(re.compile(""), Fault.APPLICATION, "errors of its own")


def first(kinds: Sequence[Kind], text: str) -> Kind | None:
    """The first kind whose words are in the text."""
    return next((kind for kind in kinds if kind.words.search(text)), None)


def scheduling(text: str) -> Kind | None:
    """What keeps a pod from most nodes: `0/4 nodes are available: 1 node(s) had untolerated taint {a: }, 3 ...`.

    Most clusters have nodes, e.g. those of the control plane, that take no pods and say so in every such message.
    """
    counted = [
        (int(nodes), why)
        for _, _, said in (part.partition("nodes are available:") for part in text.split(";"))
        for nodes, why in _REFUSED.findall(said.partition("preemption:")[0])
    ]
    most = max((nodes for nodes, _ in counted), default=0)
    return first(SCHEDULING, "; ".join(why for nodes, why in counted if nodes == most)) or first(SCHEDULING, text)
