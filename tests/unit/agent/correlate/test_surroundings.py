from agent.correlate.surroundings import Nearby, Surroundings
from tests.unit.agent.correlate.desk import Desk, alert
from tools.base import Topology

EDGES = [
    ("shop", "cart"),
    ("cart", "db"),
    ("cart-0", "cart"),
    ("cart-1", "cart"),
    ("cart-0", "node-1"),
    ("db", "node-2"),
]
KINDS = {"cart-0": "service_instance", "cart-1": "pod", "node-1": "host", "node-2": "node", "db": "database"}
SHOP = Topology(frozenset(KINDS) | {"shop", "cart"}, frozenset(EDGES), KINDS)


def test_whole_part_place_and_calls() -> None:
    around = Surroundings(SHOP)

    assert list(around.around("cart-0")) == [
        Nearby("cart-0", "It is about cart-0", same=True),
        Nearby("cart", "cart-0 is a part of cart", same=True),
        Nearby("db", "cart calls db", same=False),
        Nearby("shop", "shop calls cart", same=False),
        Nearby("node-1", "cart-0 runs on node-1", same=False),
    ]
    assert [near.words for near in around.around("shop")] == ["It is about shop", "shop calls cart"]
    assert [near.words for near in around.around("node-1")] == ["It is about node-1", "cart-0 runs on node-1"]
    assert list(around.around("unheard-of")) == []
    assert [around.whole(one) for one in ("cart-1", "cart", "unheard-of")] == ["cart", "cart", "unheard-of"]


def test_direction_in_which_a_part_is_written_does_not_matter() -> None:
    turned = Topology(SHOP.nodes, frozenset((b, a) for a, b in EDGES[2:]) | frozenset(EDGES[:2]), KINDS)

    assert [near.place for near in Surroundings(turned).around("cart-0")][1:] == ["cart", "db", "shop", "node-1"]


def test_nothing_is_known_without_a_topology() -> None:
    assert list(Surroundings(None).around("cart")) == []


def test_alerts_of_parts_and_of_the_whole_meet_in_one_incident() -> None:
    desk = Desk()
    desk.standing.learn(SHOP)
    desk.take(0, alert("A", "cart-0"))

    assert (
        desk.reason(1, alert("B", "cart-1"))
        == "cart-1 is a part of cart, where incident in0001 was heard of 1 s before."
    )
    assert desk.told(2, alert("C", "shop")) == ("incident", "in0001", "Joins")
    assert desk.told(3, alert("D", "node-1")) == ("incident", "in0001", "Joins")
    assert desk.told(4, alert("E", "node-2")) == ("incident", "in0002", "Opens")


def test_topology_learned_later_counts_for_what_is_open() -> None:
    desk = Desk()
    desk.take(0, alert("A", "cart-0"))
    desk.standing.learn(SHOP)

    assert desk.told(1, alert("B", "shop")) == ("incident", "in0001", "Joins")


def test_topology_that_is_forgotten_counts_no_more() -> None:
    desk = Desk(edges=[("shop", "cart")])
    desk.take(0, alert("A", "cart"))
    desk.standing.learn(None)

    assert desk.told(1, alert("B", "shop")) == ("incident", "in0002", "Opens")
    assert desk.told(5_000, alert("B", "x")) == ("incident", "in0003", "Opens")
