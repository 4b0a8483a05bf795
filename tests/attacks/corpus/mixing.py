"""Draws the samples: every kind of secret in several contexts, and twice as many clean texts of every kind."""

import random
import re
from collections.abc import Iterator
from dataclasses import replace

from tests.attacks.corpus.addresses import ADDRESSES
from tests.attacks.corpus.clean import CLEAN
from tests.attacks.corpus.clean_named import NEUTRAL, NEUTRAL_CONTEXTS
from tests.attacks.corpus.clean_records import RECORDS
from tests.attacks.corpus.clean_talk import TALK
from tests.attacks.corpus.commands import COMMANDS as TOOLS
from tests.attacks.corpus.drawing import Draw, Sample
from tests.attacks.corpus.filling import fill
from tests.attacks.corpus.issued import ISSUED, Credential
from tests.attacks.corpus.named import NAMED
from tests.attacks.corpus.placing import Context, place
from tests.attacks.corpus.sentences import SAID
from tests.attacks.corpus.settings import BARE, COMMANDS, CUT, SENTENCES, SETTINGS
from tests.attacks.corpus.shaped import SHAPES
from tests.attacks.corpus.words import PEOPLE

LOGGED = re.compile(r'\d{4}-\d\d-|\{"|ts=|time=|level=|\d+\.\d+\.\d+\.\d+ - |[A-Z][a-z]{2} \d\d ')
TALKED = re.compile(r"(?:{}): ".format("|".join(PEOPLE)))
NO_PROMPT = ("sql_", "impala", "telnet", "redis_auth", "net_", "expect", "powershell")

SURROUNDINGS: tuple[tuple[str, str, str], ...] = (
    ("terminal", "[<person9>@<host9> ~]$ ", ""),
    ("plain_command", "", ""),
    ("chat_code", "<person9>: I ran this on <host9>\n```\n", "\n```"),
    ("jira_code", "Steps that worked, see <ticket9>:\n{code:bash}\n", "\n{code}"),
    ("runbook_step", "4. Check that <service9> answers:\n\n    ", "\n\n5. Tell #incidents."),
)
NOISE: tuple[str, ...] = (
    "<time8> INFO  <service8> handled <route8> in <ms8>ms trace=<trace8> status=200",
    'level=info ts=<time8> msg="reconciled" pod=<pod8> node=<node8> uid=<uuid8>',
    '<ip8> - - [<clf8>] "GET <route8> HTTP/1.1" 200 <big8> "-" "kube-probe/1.29" rt=0.0<count8>',
    "<syslog8> <host8> kubelet[<pid8>]: I<klog8> <pid8> pod_startup.go:41] Pulled image <digest8>",
    '{"ts":"<time8>","level":"info","request_id":"<uuid8>","span":"<span8>","path":"<route8>","ms":<ms8>}',
)


TALKING: tuple[str, ...] = (
    "<person8>: seeing it on <pod8> too, trace <trace8>",
    "<person8>: rolled <service8> back to <short8>, p99 is <ms8> ms now",
    "<person8>: request <uuid8> took <ms8> ms on <host8>",
    "<person8>: opened <ticket8>, image is <digest8>",
    "<person8>: ok, looking at <route8> since <clock8>",
)


def _with_noise(draw: Draw, sample: Sample) -> Sample:
    """Put clean lines before or after half of the texts that are logs or chat."""
    noise = NOISE if LOGGED.match(sample.text) else TALKING if TALKED.match(sample.text) else ()
    if not noise or not draw.chance(0.5):
        return sample
    before = "".join(fill(draw, draw.one(noise), {}) + "\n" for _ in range(draw.number(0, 2)))
    after = "".join("\n" + fill(draw, draw.one(noise), {}) for _ in range(draw.number(0, 2)))
    return Sample(sample.kind, sample.context, before + sample.text + after, sample.secrets)


def _context(draw: Draw, credential: Credential, *, issued: bool) -> Context:
    """Choose a context: a setting, a command or a sentence; a form of its own allows for none of a name's."""
    if issued and draw.chance(0.25):
        return draw.one(BARE)
    if not credential.human and draw.chance(0.08) and len(credential.make(draw)) >= 40:
        return draw.one(CUT)
    return draw.one(draw.one([SETTINGS, COMMANDS, SENTENCES]))


def _secret(each: int, draw: Draw) -> Iterator[Sample]:
    """Draw the samples with secrets."""
    for credentials, issued in ((ISSUED, True), (NAMED, False)):
        for credential in credentials:
            for _ in range(each):
                yield _with_noise(draw, place(draw, credential, _context(draw, credential, issued=issued)))
    for context in TOOLS:
        for _ in range(each):
            prompts = not context.name.startswith(NO_PROMPT)
            name, before, after = draw.one(SURROUNDINGS if prompts else SURROUNDINGS[1:4])
            inside = context.template.replace("\n", "\n    ") if name == "runbook_step" else context.template
            whole = Context(name, before + inside + after, context.spelling)
            yield place(draw, Credential(f"tool_{context.name}", "password", Draw.password, human=True), whole)
    for context in SAID:
        for _ in range(each):
            said = Credential(f"said_{context.name}", "password", Draw.password, human=True)
            yield _with_noise(draw, place(draw, said, context))
    for shape in (*ADDRESSES, *SHAPES):
        human = shape.spelling in {"url", "json"}
        for _ in range(each):
            name, text = draw.one(shape.texts)
            shaped = Credential(shape.kind, "password", shape.make, human=human)
            yield _with_noise(draw, place(draw, shaped, Context(name, text, shape.spelling)))


def _clean(each: int, draw: Draw) -> Iterator[Sample]:
    """Draw the samples without secrets."""
    for kind, texts in (CLEAN | RECORDS | TALK).items():
        for _ in range(2 * each):
            at = draw.number(0, len(texts) - 1)
            yield _with_noise(draw, Sample(kind, f"clean_{at + 1}", fill(draw, texts[at], {}), ()))
    for neutral in NEUTRAL:
        for _ in range(2 * each):
            context = draw.one(draw.one(NEUTRAL_CONTEXTS))
            yield _with_noise(draw, replace(place(draw, neutral, context), secrets=()))


def samples(each: int, seed: int) -> Iterator[Sample]:
    """Draw `each` samples of every kind of secret and twice as many of every kind of clean text."""
    draw = Draw(random.Random(seed))
    for sample in (*_secret(each, draw), *_clean(each, draw)):
        if any(secret not in sample.text or len(secret) < 4 for secret in sample.secrets):
            raise ValueError(f"a secret of {sample.kind} is not in its text")
        yield sample
