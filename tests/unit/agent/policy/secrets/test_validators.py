"""Values that validators refuse."""

import pytest

from agent.policy.secrets.placed import placed_secrets
from tests.unit.agent.policy.secrets.told import said


@pytest.mark.parametrize(
    "text",
    [
        "Settings\nsasl_password\n  Value error, no blanks [type=value_error, input_value='Kx9!mmQ2', input_type=str]",
        "Field error in object 'c' on field 'password': rejected value [Kx9!mmQ2]; codes [Size]",
        "ConstraintViolationImpl{interpolatedMessage='short', propertyPath=password, root=class U, value=Kx9!mmQ2}",
        'Property: spring.datasource.password\n    Value: "Kx9!mmQ2"\n    Origin: x',
        "On instance['db']['password']:\n    'Kx9!mmQ2'",
        "invalid value 'Kx9!mmQ2' for option --db-password",
        '{"loc":["body","password"],"msg":"too short","input":"Kx9!mmQ2"}',
        '{"type":"field","value":"Kx9!mmQ2","msg":"too short","path":"password"}',
        '"Kx9!mmQ2" is not a valid value for the setting DB_PASSWORD',
    ],
)
def test_what_is_refused_under_a_name_for_secrets_is_one(text: str) -> None:
    assert set(said(placed_secrets, text)) == {"Kx9!mmQ2"}


@pytest.mark.parametrize(
    "text",
    [
        "Settings\nlog_level\n  Input should be 'info' [type=enum, input_value='Kx9!mmQ2', input_type=str]",
        "invalid value 'Kx9!mmQ2' for option --region",
        "'required' is not a valid value for the setting DB_PASSWORD",
    ],
)
def test_what_is_refused_under_another_name_stays(text: str) -> None:
    assert said(placed_secrets, text) == []
