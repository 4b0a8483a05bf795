"""Secrets in the cells of tables."""

import pytest

from agent.policy.secrets.tables import table_secrets
from tests.unit.agent.policy.secrets.told import said


def test_the_cells_below_a_name_in_the_first_row_of_a_table_are_secrets() -> None:
    text = "| host | user | password |\n|---|---|---|\n| a-1 | ana | Blau#Katze84 |\n| b-1 | bo | stein=98X |\n"

    assert set(said(table_secrets, text)) == {"Blau#Katze84", "stein=98X"}


def test_a_table_without_such_a_name_is_left() -> None:
    text = "| host | user | password age |\n|---|---|---|\n| a-1 | ana | 84 days |\n"

    assert list(said(table_secrets, text)) == []


def test_a_table_of_a_wiki_is_read_like_any_other() -> None:
    text = "h3. Access\n||host||user||password||\n|a-1|root|Canyon_maple+55|\n"

    assert said(table_secrets, text) == ["Canyon_maple+55"]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "+----+------+\n| id | pass |\n+----+------+\n| 1  | Kx9mmQ2wz |\n",
            " id | password\n----+---------\n  1 | Kx9mmQ2wz\n",
        ),
        *(
            "USER   PASSWORD   HOST\nroot   Kx9mmQ2wz  db-1\n",
            "NAME\tTOKEN\nci\tKx9mmQ2wz\n",
            "user,password\nbo,Kx9mmQ2wz",
        ),
        *("user id,pass word,password\n7,,Kx9mmQ2wz\n", 'host,"password",n\na-1,Kx9mmQ2wz,\n'),
        *("│ user │ password │\n├──────┼──────────┤\n│ root │ Kx9mmQ2wz │\n", "username:password\nbo:Kx9mmQ2wz"),
    ],
)
def test_columns_are_told_by_bars_blanks_tabs_and_commas(text: str) -> None:
    assert said(table_secrets, text) == ["Kx9mmQ2wz"]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "NAME     SECRETS   AGE\nci-bot2  1         12d\n",
            "user,token_count\nbo,12\n",
            "password: required\ntoken: missing2",
        ),
        *("| token | count |\n|---|---|\n| error | 182 |\n", "| password | Kx9 |\n| host | db-2 |\n"),
    ],
)
def test_counts_and_lines_that_are_no_table_stay(text: str) -> None:
    assert said(table_secrets, text) == []


def test_a_cell_in_quotes_may_hold_a_comma_and_one_of_three_columns_a_phrase() -> None:
    assert said(table_secrets, 'host,user,password\ndb-1,app,"Kit,ten99x"\n') == ["Kit,ten99x"]
    assert said(table_secrets, "host,user,password\ndb-1,app,summerrain\n") == ["summerrain"]
    assert said(table_secrets, "user,password\nbo,unchanged\n") == []


def test_a_table_of_mediawiki_is_read_by_its_own_signs() -> None:
    text = "{|\n! System !! User !! Password\n|-\n| Nexus || admin || Kx9mmQ2wz\n|-\n| Jira || bo || see vault\n|}"
    assert said(table_secrets, text) == ["Kx9mmQ2wz"]
