"""Secrets in records whose name stands apart from the value."""

import pytest

from agent.policy.secrets.records import record_secrets
from tests.unit.agent.policy.secrets.told import said


@pytest.mark.parametrize(
    "text",
    [
        *(
            'variable "db_password" {\n  type = string\n  default = "Kx9mmQ2wz"\n}',
            'output "db_pass" {\n  value = "Kx9mmQ2wz"\n}',
        ),
        *('{"value":"Kx9mmQ2wz","name":"DB_PASSWORD"}', '{"name":"DB_PASSWORD","type":"plain","value":"Kx9mmQ2wz"}'),
        *("- value: Kx9mmQ2wz\n  name: DB_PASSWORD\n", '"params": {"adminPassword": {"value": "Kx9mmQ2wz"}}'),
        *(
            "  DBPassword:\n    Type: String\n    Default: Kx9mmQ2wz\n",
            "ParameterKey=DBPassword,ParameterValue=Kx9mmQ2wz",
        ),
        *(
            '"Type": "SecureString", "Value": "Kx9mmQ2wz"',
            "<param-name>dbPass</param-name><param-value>Kx9mmQ2wz</param-value>",
        ),
        '"type": "random_password", "instances": [{"attributes": {"id": "none", "result": "Kx9mmQ2wz"}}]',
        *("random_password.db: result = Kx9mmQ2wz", '# random_password.db:\n  result = "Kx9mmQ2wz"\n'),
    ],
)
def test_the_value_of_a_record_is_told_by_its_name(text: str) -> None:
    assert said(record_secrets, text) == ["Kx9mmQ2wz"]


@pytest.mark.parametrize(
    "text",
    [
        *(
            'variable "token_ttl" { default = "3600s" }',
            "- name: DB_PASSWORD\n  valueFrom: x\n- name: LEVEL\n  value: debug2",
        ),
        *(
            'output "secret_arn" {\n  value = aws_secret.db.arn\n}',
            "random_password.db: result = (sensitive value)",
            '[{"name":"api_token"},{"name":"region","value":"eu-west-1a"}]',
        ),
    ],
)
def test_the_value_of_another_record_stays(text: str) -> None:
    assert said(record_secrets, text) == []
