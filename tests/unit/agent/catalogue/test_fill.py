import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from promql_parser import BinaryExpr, VectorSelector
from pydantic import JsonValue

from agent.catalogue.fill import arguments_for, fill, fill_query, title
from agent.domain.errors import Refused
from agent.domain.remediation import Argument
from tests.unit.agent.catalogue.actions import SERVICE, action
from tools import promql

SCALE = action(
    "scale",
    arguments={
        "service": SERVICE,
        "replicas": Argument(type="integer", minimum=1, maximum=20),
        "namespace": Argument(default="default"),
    },
)


def test_arguments_come_in_the_actions_order_with_defaults_and_their_own_types() -> None:
    assert arguments_for(SCALE, {"replicas": "3", "service": "checkout"}) == {
        "service": "checkout",
        "replicas": 3,
        "namespace": "default",
    }


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"service": "checkout", "replicas": 2, "force": True},
            "scale takes no argument 'force'; it takes service, replicas, namespace.",
        ),
        ({"replicas": 2}, "scale needs the argument 'service'."),
        ({"service": "checkout"}, "scale needs the argument 'replicas'."),
        ({"service": "checkout", "replicas": 0}, "replicas is 0; the least allowed is 1."),
        ({"service": "checkout", "replicas": 21}, "replicas is 21; the most allowed is 20."),
        ({"service": "checkout", "replicas": True}, "replicas must be a whole number, not True."),
        ({"service": "checkout", "replicas": 2.0}, "replicas must be a whole number, not 2.0."),
        ({"service": "checkout", "replicas": "2; rm"}, "replicas must be a whole number, not '2; rm'."),
        ({"service": ["checkout"], "replicas": 2}, "service must be text, not ['checkout']."),
        ({"service": "Checkout", "replicas": 2}, "service is 'Checkout', which does not match [a-z][a-z0-9-]{0,62}."),
        ({"service": "checkout\n", "replicas": 2}, "service is 'checkout\\n'; only printable ASCII is allowed."),
        ({"service": "сheckout", "replicas": 2}, "service is '\\u0441heckout'; only printable ASCII is allowed."),
        (
            {"service": "check\u202eout", "replicas": 2},
            "service is 'check\\u202eout'; only printable ASCII is allowed.",
        ),
        ({"service": "a" * 201, "replicas": 2}, "service has 201 characters; the most allowed is 200."),
        (
            {"service": "checkout", "replicas": 2, "namespace": "--all"},
            "namespace is '--all'; beginning with a dash, it could pass for an option.",
        ),
    ],
)
@pytest.mark.attack("S02", "S48")
def test_a_wrong_argument_is_refused_with_a_sentence(given: dict[str, JsonValue], sentence: str) -> None:
    with pytest.raises(Refused) as refusal:
        arguments_for(SCALE, given)
    assert str(refusal.value) == sentence


def test_an_action_made_for_some_services_is_refused_for_others() -> None:
    with pytest.raises(Refused, match="restart is for payment only, not for checkout"):
        arguments_for(action(services=("payment",)), {"service": "checkout"})


def test_placeholders_are_filled_in_values_alone_and_keep_the_type_they_stand_for() -> None:
    call: dict[str, JsonValue] = {
        "path": "/services/{service}/pool/{service}",
        "body": {"{service}": "{replicas}", "note": "to {replicas}", "list": ["{service}", 7, None, True]},
    }
    assert fill(call, {"service": "checkout", "replicas": 3}) == {
        "path": "/services/checkout/pool/checkout",
        "body": {"{service}": 3, "note": "to 3", "list": ["checkout", 7, None, True]},
    }


def test_a_rollback_puts_back_what_the_precondition_read() -> None:
    call: dict[str, JsonValue] = {"replicas": "{observed.replicas}", "body": {"enabled": "{observed.enabled}"}}
    assert fill(call, {}, {"replicas": 5, "enabled": False}) == {"replicas": 5, "body": {"enabled": False}}


@pytest.mark.parametrize("observed", [None, [], {}, {"replicas": None}, {"replicas": {"a": 1}}, {"replicas": "5\r\n"}])
def test_what_the_precondition_did_not_read_is_refused(observed: JsonValue) -> None:
    with pytest.raises(Refused):
        fill({"replicas": "{observed.replicas}"}, {}, observed)


@pytest.mark.parametrize(
    "text",
    [
        "{service.__class__}",
        "{service!r}",
        "{service:>10}",
        "{service[0]}",
        "{{7*7}}",
        "{0}",
        "{}",
        "%(service)s",
        "${service.x}",
    ],
)
def test_what_is_not_exactly_a_placeholder_stays_the_text_it_is(text: str) -> None:
    assert fill({"x": text}, {"service": "checkout"}) == {"x": text}


@pytest.mark.attack("S54")
def test_a_value_that_looks_like_a_placeholder_is_not_looked_at_again() -> None:
    arguments: dict[str, str | int] = {"service": "{replicas}", "replicas": 3}
    assert fill({"x": "{service}", "y": "{service}{replicas}"}, arguments) == {"x": "{replicas}", "y": "{replicas}3"}


def test_a_placeholder_without_an_argument_is_refused() -> None:
    with pytest.raises(Refused, match=r"\{other\} stands for no argument"):
        fill({"x": "{other}"}, {"service": "checkout"})


@given(st.text(max_size=30))
@example("\\")
@example('a\\"} or up{x="')
@example("a\nb")
@pytest.mark.attack("S43")
def test_whatever_a_value_holds_the_query_has_one_matcher_with_that_value(value: str) -> None:
    query = fill_query('up{service="{service}"} > {limit}', {"service": value, "limit": 3})
    comparison = promql.checked(query)
    assert isinstance(comparison, BinaryExpr)
    selector = comparison.lhs
    assert isinstance(selector, VectorSelector)
    assert [(m.name, m.value) for m in selector.matchers.matchers] == [("service", value)]
    assert selector.name == "up"


@pytest.mark.parametrize(
    "query",
    ["up{service={service}}", "{service}", "up > {service}", "up{service='{service}'}", "up{service=`{service}`}"],
)
def test_a_text_outside_double_quotes_would_be_read_as_promql_and_is_refused(query: str) -> None:
    with pytest.raises(Refused):
        fill_query(query, {"service": "checkout"})


@pytest.mark.parametrize("matcher", ["=~", "!~", "=~ "])
def test_an_argument_may_not_stand_in_a_regular_expression(matcher: str) -> None:
    with pytest.raises(Refused, match="regular expression"):
        fill_query(f'up{{service{matcher}"{{service}}.*"}}', {"service": "checkout"})


def test_the_title_names_the_target() -> None:
    assert title(action(), {"service": "checkout"}) == "Restart checkout"
