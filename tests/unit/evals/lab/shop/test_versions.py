from evals.lab.shop.topology import SERVICES
from evals.lab.shop.versions import BUGS, STABLE, bad_version, bug_of, next_patch


def test_every_service_has_a_sound_version_and_a_sound_next_one() -> None:
    assert sorted(STABLE) == sorted(SERVICES)
    assert [bug_of(service, version) for service, version in STABLE.items()] == [""] * len(SERVICES)
    assert [bug_of(service, next_patch(version)) for service, version in STABLE.items()] == [""] * len(SERVICES)


def test_the_bad_version_is_the_one_with_the_bug() -> None:
    assert {(service, bad_version(service)) for service in SERVICES if bad_version(service)} == set(BUGS)


def test_a_patch_counts_the_last_number_up() -> None:
    assert next_patch("4.2.9") == "4.2.10"
