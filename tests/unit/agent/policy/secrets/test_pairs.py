"""Passwords beside the names of accounts."""

import pytest

from agent.policy.secrets.pairs import pair_secrets
from tests.unit.agent.policy.secrets.told import said


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("grafana: admin / Sunshine42!x", "Sunshine42!x"),
        ("* Nexus: nexus-admin / nexus4ever", "nexus4ever"),
        ("Rabbit UI (guest / Bunny7hop)", "Bunny7hop"),
        ("vcenter administrator@vsphere.local / VMware1!VMware1!", "VMware1!VMware1!"),
        ("postgres on db-3: app_rw / lemon-harbor-tree-moss", "lemon-harbor-tree-moss"),
        ("Default credentials are admin/changeMe99", "changeMe99"),
        ("login with root/toor1234", "toor1234"),
        ("RabbitMQ management: guest:Bunny7hop", "Bunny7hop"),
        ("Rack 11 BMC access\na-09-ipmi  10.4.67.9  ADMIN  apple2025", "apple2025"),
        ("who can log into minio?\nal: bo@acme.example  - TUL602prairie%71", "TUL602prairie%71"),
        ("Kibana → elastic qVT3TAQ61Ac2aIXj", "qVT3TAQ61Ac2aIXj"),
        ("grafana is admin:bronze-puzzle-sandal-door for now", "bronze-puzzle-sandal-door"),
        ("grafana is admin/GE7cfhG7LTORk4CV for now", "GE7cfhG7LTORk4CV"),
        ("Set the following 'random' passwords\nubuntu:pmr28iffbg", "pmr28iffbg"),
        ("| Jenkins | `deploy` / `bluewhale77` |", "bluewhale77"),
    ],
)
def test_what_stands_beside_an_account_is_its_password(text: str, secret: str) -> None:
    assert set(said(pair_secrets, text)) == {secret}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "grafana: prometheus / loki / tempo2",
            "admin / viewer / editor roles",
            "cpu: user / system",
            "12 / 16 cores",
        ),
        *(
            "GET / HTTP/1.1",
            "jenkins: build / deploy1 failed",
            "credentials in admin/config2",
            "image: postgres:16-alpine",
        ),
        *("default is admin/v2", "chown root:wheel /etc", "FROM ubuntu:24.04", "login user:4f7a0f6449824776a478"),
        *(
            "root     pts/0        10.1.2.3   still logged in",
            "admin    ClusterRole/view2   42d",
            "login: admin -> viewer",
        ),
        "memory / disk of app: 12Gi / 95%",
        "user:alice42@shop.net, loki.shop.net / grafana / tempo2",
    ],
)
def test_other_pairs_stay(text: str) -> None:
    assert said(pair_secrets, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Bastion: db-34.eu.shop.io / postgres / Sunset88x!",
        "admin:Sunset88x!@db-34.eu.shop.io:8443",
        "grafana uat → https://g.shop.net (admin, Sunset88x!)",
        "bo: keycloak admin?\nal: admin Sunset88x!",
    ],
)
def test_the_password_in_brackets_or_in_an_answer_is_found(text: str) -> None:
    assert set(said(pair_secrets, text)) == {"Sunset88x!"}
