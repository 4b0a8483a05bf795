import json
from pathlib import Path

from evals.case import Case, records
from evals.perturb import perturbed
from evals.rename import Names, names_of
from tests.unit.agent.analysis.made import slow_back
from tests.unit.evals.made import write_case
from tools.recording import openmetrics


def test_parts_keep_what_their_name_adds_to_the_whole() -> None:
    names = Names.of(["cart", "cart-1", "cartographer", "10.0.0.1", "cart-1::pod"], seed=1)
    word = names.new["cart"]

    assert names.new == {
        "cart": word,
        "cart-1": f"{word}-1",
        "cart-1::pod": f"{word}-1::pod",
        "cartographer": names.new["cartographer"],
    }
    assert not names.new["cartographer"].startswith(word)


def test_names_are_replaced_where_they_stand_alone_and_put_back() -> None:
    names = Names.of(["cart", "cart-1"], seed=1)
    word = names.new["cart"]

    text = names.there("GET /cart on cart-1 failed; cart_items of cartons")

    assert text == f"GET /{word} on {word}-1 failed; {word}_items of cartons"
    assert names.back(text) == "GET /cart on cart-1 failed; cart_items of cartons"


def test_another_seed_gives_other_words() -> None:
    assert Names.of(["cart"], seed=1) != Names.of(["cart"], seed=2)


def test_no_name_is_left_in_any_file_and_nothing_but_names_has_changed(tmp_path: Path) -> None:
    case = _case(tmp_path)
    old = names_of(case)

    with perturbed(case, rename_seed=1) as given:
        texts = [path.read_text() for path in given.case.folder.iterdir()]
        new = Names.of(old, 1)
        back = [given.back(text) for text in texts]
        metrics = openmetrics.read(given.case.folder / "metrics.om")

    assert old == {"front", "middle", "back", "side", "front-x5"}
    assert {name for name in old for text in texts if f'"{name}"' in text} == set()
    assert {track.labels["service"] for track in metrics.tracks} == {new.new[name] for name in old - {"front-x5"}}
    assert [track.values.tolist() for track in metrics.tracks] == [
        track.values.tolist() for track in openmetrics.read(case.folder / "metrics.om.xz").tracks
    ]
    assert json.dumps(next(records(case.folder / "logs.jsonl"))) + "\n" in back


def _case(root: Path) -> Case:
    write_case(root / "made" / "one", slow_back())
    folder = root / "made" / "one"
    line = {"ts": 1.5, "service": "front", "pod": "front-x5", "level": "ERROR", "message": "POST /back: middle is gone"}
    (folder / "logs.jsonl").write_text(json.dumps(line) + "\n")
    change = {"at": 1.0, "service": "side", "kind": "deploy", "summary": "side 4.2"}
    (folder / "changes.json").write_text(json.dumps([change]))
    return Case("made/one", folder)
