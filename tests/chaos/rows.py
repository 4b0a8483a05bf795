"""What is tried?  The rows of the fault table, and where those are tried that this command does not run."""

from tests.chaos import power, syncs
from tests.chaos.attempt import Known, Row, Tried, broken
from tests.chaos.drills import (
    erased,
    herds,
    machine,
    models,
    network,
    operators,
    poison,
    readonly,
    rolls,
    slack,
    sleepers,
    slow,
    storage,
    storms,
    tickets,
    unheard,
)
from tests.chaos.kills import (
    DAY,
    HOUR,
    at_points,
    at_random_times,
    at_the_last_moment,
    at_the_web_side,
    crowded,
    fallen_back,
    held_up,
    killed,
    poisoned,
    skewed,
    struck,
    while_it_works,
)
from tests.chaos.server import Ground


def cut_off(ground: Ground, _seed: int, _known: Known) -> Tried:
    moments = power.watched(ground)
    return Tried(moments.told, broken(*moments.early))


ROWS = {
    "F01": Row(
        "SIGKILL at the entry or exit of a graph step, and again as it recovers",
        2500,
        400,
        killed(at_points("node:")),
        kills=True,
    ),
    "F02": Row(
        "SIGKILL at a line of the ledger, or around the job's acknowledgement, and again as it recovers",
        2500,
        600,
        killed(at_points("ledger:")),
        kills=True,
    ),
    "F03": Row(
        "SIGKILL around the checkpointer's put and put_writes, and again as it recovers",
        2500,
        400,
        killed(at_points("checkpoint:")),
        kills=True,
    ),
    "F04": Row("SIGKILL at a random time", 2500, 400, killed(at_random_times), kills=True),
    "F05": Row(
        "SIGKILL of the web side between commit and 2xx, and once after the 2xx",
        600,
        100,
        killed(at_the_web_side("intake:after commit")),
        kills=True,
    ),
    "F06": Row(
        "SIGKILL of the web side between body and commit, and once after the 2xx",
        600,
        100,
        killed(at_the_web_side("intake:before commit")),
        kills=True,
    ),
    "F08": Row("a job that kills its worker each time", 300, 60, poisoned, kills=True),
    "F09": Row("SIGTERM to one process after the other, while a sender posts", 100, 40, rolls.rolled, slow=True),
    "F18": Row(
        "the record's file system has an error and is read-only from then on, under open files",
        100,
        0,
        readonly.read_only,
        readonly.probe,
    ),
    "F22": Row("a step holds everything in its process up for 1 to 12 s", 50, 0, rolls.held_up, slow=True),
    "F32": Row(
        "who is called answers 1 to 3 s late, every other time, and connections break off",
        100,
        40,
        slow.slow,
        slow=True,
    ),
    "N01": Row(
        "SIGKILL while an entry of the journal is written, and again as it recovers",
        500,
        100,
        killed(at_points("journal:")),
        kills=True,
    ),
    "N02": Row(
        "SIGKILL before, in the middle of and after a line of the journal's anchors, and again as it recovers",
        500,
        100,
        killed(at_points("anchor:")),
        kills=True,
    ),
    "F10": Row("a worker held up past its lease, awake again while another is at the job", 500, 60, struck(held_up)),
    "F23": Row(
        "the clock steps by 3 days or by an hour, forwards or back, at any point",
        1000,
        60,
        struck(while_it_works(*(f"clock {step}" for step in (3 * DAY, -3 * DAY, HOUR, -HOUR)))),
    ),
    "F24": Row(
        "a second worker's clock is up to ten minutes ahead: it takes the first one's lease for over",
        200,
        40,
        struck(skewed),
    ),
    "F44": Row("two people click three times each, all at once", 300, 40, struck(crowded)),
    "F46": Row("a storm: posts of 100 alerts, 20,000 in 12 s, of 200 causes", 1000, 0, storms.storm, slow=True),
    "F47": Row(
        "episodes: each alert sent again and again, by two Alertmanagers, in any order", 10_000, 0, storms.episodes
    ),
    "F07": Row(
        "SIGKILL of three processes on one record at once, and all started together",
        0,
        150,
        herds.killed_together,
        kills=True,
    ),
    "F11": Row("eight workers claim one job at once", 500, 500, herds.claimed),
    "F28": Row("a worker dies that holds 200 announcements", 0, 20, herds.died_holding, slow=True),
    "F25": Row("Redis dies under a worker, at any point", 0, 100, struck(while_it_works("redis dies"))),
    "F26": Row("Redis is wiped, at any point", 0, 100, struck(while_it_works("redis wiped"))),
    "F29": Row("the entries of the queue are deleted, at any point", 0, 100, struck(while_it_works("entries deleted"))),
    "F27": Row("Redis has no memory left, from any point on", 0, 100, struck(while_it_works("redis full"))),
    "F30": Row(
        "PostgreSQL crashes or restarts, or its sessions are cut, at any point",
        0,
        200,
        struck(while_it_works("postgres crashes", "postgres restarts", "sessions cut")),
    ),
    "F13": Row("the record's log torn at any byte, or ending in nonsense", 1000, 0, storage.torn, slow=True),
    "F14": Row(
        "a bit flipped in a journal entry, its head, an anchor or a checkpoint", 1000, 0, storage.flipped, slow=True
    ),
    "F15": Row("the disk of the record fills up, and has room again", 150, 0, machine.full_disk, machine.mounts),
    "F16": Row("the volume of the journal's anchors alone is full", 100, 0, machine.full_anchors, machine.mounts),
    "F17": Row("a sync of the record's log fails with EIO", 200, 0, machine.failing_sync, syncs.probe),
    "F19": Row("no file descriptor is left, and some are again", 100, 0, machine.out_of_files),
    "F20": Row("too little memory: the kernel's OOM killer", 200, 0, machine.out_of_memory, machine.group("memory")),
    "F21": Row("a tenth of a processor", 50, 0, machine.starved, machine.group("cpu")),
    "F31": Row("who is called holds the connection and answers nothing", 200, 0, network.half_open),
    "F33": Row("the resolver answers no question", 200, 0, network.no_names, machine.mounts),
    "F34": Row("the model hangs", 200, 0, models.asked_of(models.hanging), slow=True),
    "F35": Row("the model's answer drips", 200, 0, models.asked_of(models.dripping), slow=True),
    "F36": Row("the model answers nonsense", 2000, 0, models.asked_of(models.garbage), slow=True),
    "F37": Row("429, with every kind of Retry-After", 400, 0, models.asked_of(models.storming), slow=True),
    "F38": Row(
        "5xx, every time or every other time, and cut answers", 400, 0, models.asked_of(models.failing), slow=True
    ),
    "F40": Row("the model asks for the same tool for ever", 200, 0, models.asked_of(models.looping), slow=True),
    "F41": Row("Jira has done it, and its answer is lost", 1000, 0, tickets.tickets(tickets.answer_lost), slow=True),
    "F42": Row("the same, and Jira's index lags up to 60 s", 1000, 0, tickets.tickets(tickets.index_lags), slow=True),
    "F43": Row(
        "Jira answers 429 or 5xx, too late or not at all; the project cannot be written to",
        500,
        0,
        tickets.tickets(tickets.refuses),
        slow=True,
    ),
    "N03": Row(
        "the line to PostgreSQL breaks at a COMMIT: before it is done, or done and nobody hears of it",
        0,
        200,
        unheard.unheard,
    ),
    "N04": Row(
        "Redis has become a replica of nobody and takes no writes, asks for a password, or answers nothing for 3 s",
        0,
        100,
        struck(while_it_works("redis read-only", "redis wants a password", "redis paused")),
    ),
    "N05": Row(
        "SIGSTOP of a whole process at any point; another takes over, on the file with its lock lost; SIGCONT",
        200,
        60,
        sleepers.taken_over,
    ),
    "N06": Row(
        "SIGKILL in the replacing of the root secret, in a backup or in a restore, in the middle of an incident",
        200,
        0,
        operators.operated,
    ),
    "N07": Row("the same alert, eight times at once, to two web sides that share a record", 0, 800, herds.told_at_once),
    "N08": Row(
        "people click in the very second in which their question expires, and the process is killed besides",
        200,
        40,
        struck(at_the_last_moment),
    ),
    "N09": Row(
        "PostgreSQL takes no writes for a while, under a whole process that alerts come in at",
        0,
        60,
        rolls.read_only_for_a_while,
        slow=True,
    ),
    "N10": Row(
        "an alert that cannot be placed or read, one of many, and SIGKILL of the process that places them",
        200,
        40,
        poison.poison,
    ),
    "N11": Row(
        "SIGKILL in `privacy delete`, which takes a person out of everything, in the middle of an incident",
        200,
        0,
        erased.taken_out,
    ),
    "N13": Row(
        "Redis comes back after a crash with what it held a moment before, and says for 2 s that it is loading",
        0,
        100,
        struck(while_it_works("redis loading")),
    ),
    "N14": Row(
        "PostgreSQL fails over to a replica that is a few commits behind, at any point after the alert was taken",
        0,
        100,
        fallen_back,
    ),
    "N12": Row(
        "SIGKILL around a message to Slack: before it is sent, sent and not written down, and written down",
        200,
        40,
        slack.killed,
    ),
    "F12": Row(
        "power cut: times that somebody was told something, and whether all of it was synced by then (strace)",
        60,
        0,
        cut_off,
        power.probe,
        slow=True,
    ),
}

_QUEUE = "tests/integration/agent/queue"
_RECORD = "tests/integration/agent/storage"
_MODEL = "tests/integration/agent/llm"
ELSEWHERE = {
    "F45": "tests/integration/agent/notify/test_slack_rounds.py"
    "::test_after_an_hour_without_slack_each_incident_is_told_at_once_and_as_it_is_now",
    "F39": "tests/e2e/test_model.py::test_without_a_usable_model_the_analysis_answers_and_the_report_says_why",
    "F48": f"{_RECORD}/test_schema.py::test_killed_half_way_nothing_has_changed_and_the_next_start_completes_it",
}
"""A test of its own tries the row, or a part of it, once a run and without counts."""
