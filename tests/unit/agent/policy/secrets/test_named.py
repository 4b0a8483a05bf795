"""Values under names, in the notations of logs and configurations."""

import pytest

from agent.policy.secrets.named import named_secrets
from tests.unit.agent.policy.secrets.told import said

UUID = "d06d1735-9dc5-4651-93d0-2f6e1fcfaebb"
DRAWN = "rdNQiXBWd9xGuXTfdxhKe6lCxR8kFhBvBPLgkHYUHE4="


@pytest.mark.parametrize(
    "text",
    [
        *("DB_PASSWORD=Kx9mmQ2", "db.password: Kx9mmQ2", "'password' => 'Kx9mmQ2'", '{"password":"Kx9mmQ2"}'),
        *(r"{\"password\":\"Kx9mmQ2\"}", "<password>Kx9mmQ2</password>", '<add key="DbPassword" value="Kx9mmQ2" />'),
        *("- name: DB_PASSWORD\n  value: Kx9mmQ2", "('db_password', 'Kx9mmQ2')", "--db-password Kx9mmQ2"),
        *("-storepass Kx9mmQ2", "ENV DB_PASSWORD Kx9mmQ2", "requirepass Kx9mmQ2", "set `DB_PASSWORD` to `Kx9mmQ2`"),
        *("os.environ['DB_PASSWORD'] = 'Kx9mmQ2'", "?password=Kx9mmQ2&page=2", "Pwd=Kx9mmQ2;Encrypt=true"),
        *("| name | value |\n| DB_PASSWORD | Kx9mmQ2 |", "||Setting||Value||\n|db password|Kx9mmQ2|"),
        *("set DB_PASSWORD to Kx9mmQ2 on web-1", "java -Ddb.password=Kx9mmQ2 -jar app.jar", "db:password = Kx9mmQ2"),
        *('{password,<<"Kx9mmQ2">>}', '{password, "Kx9mmQ2"}', "upstream rejected saslPassword 'Kx9mmQ2' (HTTP 401)"),
        *("+  - name: DB_PASSWORD\n+    value: Kx9mmQ2", '"DB_PASSWORD" = null -> "Kx9mmQ2"'),
        *("process.env.DB_PASSWORD || 'Kx9mmQ2'", "`db.password` has the value `Kx9mmQ2`", 'password: Some("Kx9mmQ2")'),
        *('a1="--db-password" a2="Kx9mmQ2"', "staging,db_password,Kx9mmQ2,2024", "client.setPassword('Kx9mmQ2')"),
        *(
            'changePassword("app", "Kx9mmQ2")',
            "Password          Kx9mmQ2",
            "<b>Password:</b> Kx9mmQ2",
            "password> Kx9mmQ2",
        ),
        *(
            '["password"]=>\n  string(7) "Kx9mmQ2"',
            "<password><![CDATA[Kx9mmQ2]]></password>",
            "DB_PASSWORD ?= Kx9mmQ2",
        ),
        "2024-05-01T10:00:00.123Z   - name: DB_PASSWORD\n2024-05-01T10:00:00.124Z     value: Kx9mmQ2",
    ],
)
def test_a_value_is_found_in_every_notation(text: str) -> None:
    assert said(named_secrets, text) == ["Kx9mmQ2"]


def test_of_a_change_both_values_are_found() -> None:
    assert said(named_secrets, '"DB_PASSWORD" = "Kx9mmQ2" -> "B4pZtR7"') == ["Kx9mmQ2", "B4pZtR7"]


def test_the_options_of_a_command_are_no_part_of_the_value_before_it() -> None:
    assert said(named_secrets, 'cmd="REDISCLI_AUTH=Kx9mmQ2w redis-cli -h db monitor"') == ["Kx9mmQ2w"]
    assert said(named_secrets, 'cmd="REDISCLI_AUTH=Kx9mmQ2w redis-cli ping"') == ["Kx9mmQ2w"]


def test_words_before_a_name_count_and_phrases_are_values() -> None:
    assert said(named_secrets, "Unseal Key 1: XcaMBJxyzUANR7RSYxiGqln") == ["XcaMBJxyzUANR7RSYxiGqln"]
    assert said(named_secrets, "RESTIC_PASSWORD=maple infra grafana platform") == ["maple infra grafana platform"]
    assert said(named_secrets, "Secret ID = 7c9e6679-7425-40de-944b-e07fc1f90ae7") == [
        "7c9e6679-7425-40de-944b-e07fc1f90ae7"
    ]


@pytest.mark.parametrize(
    "text",
    [
        *("password: must be at least twelve letters", "password=${DB_PASSWORD}", "next token: abcd1234efgh5678"),
        *(
            "arn:aws:secretsmanager:eu-west-1:1:secret:dev/db-Xy12Zw",
            "checksum/secret: 9f86d081884c7d659a2feaa0c55ad015",
        ),
        *(
            "test_login_wrong_password: refused401",
            "password = request.form['password']",
            "password: Field(min_length=12)",
        ),
        *(
            "${DB_PASSWORD:?must be set}",
            'password: System.fetch_env!("DB_PASSWORD")',
            'user.setPasswordPolicy("strict-v2")',
        ),
        *("--- PASS: TestLogin1Ok (0.02s)", "DB_PASSWORD:  <set to the key 'password' in secret 'db'>", "PWD=/srv/app"),
        *("Loaded configuration key password:min:length = 14", "Loaded configuration key cache:key = user:20757:cart"),
        *(
            "| password | rotated |",
            "changed the password to something stronger",
            "GPG_KEY=13FC3B1374F2199D8B5D00F35845F2B6",
        ),
        *(
            "password: str = Field(min_length=12)",
            "creating Secret (notifier): InvalidRequestException, RequestID: 7cb1",
        ),
        *("Cache restored from key: linux-9f86d081884c7d659a2f", "pepper==4.5.1", '["password","email"]'),
        *('["password", "email"]', "token bucket refilled", "Cookie: theme=dark"),
    ],
)
def test_sentences_references_and_names_of_objects_stay(text: str) -> None:
    assert said(named_secrets, text) == []


def test_how_long_a_secret_is_says_nothing_of_it() -> None:
    assert said(named_secrets, "Data\n====\npassword:  1518 bytes\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "Get the password: `kubectl -n a get secret db -o jsonpath='{.data.password}' | base64 -d`",
        'password = getpass.getpass("Password: ")',
    ],
)
def test_what_gets_at_a_secret_is_none(text: str) -> None:
    assert said(named_secrets, text) == []


@pytest.mark.parametrize(
    "text",
    [
        *(
            'password: str = "Kx9mmQ2wz!"',
            'password: Optional[str] = "Kx9mmQ2wz!"',
            "@p_password varchar(50) = 'Kx9mmQ2wz!'",
        ),
        *(
            'password = Secret("Kx9mmQ2wz!")',
            'password = os.environ.get("PW", "Kx9mmQ2wz!")',
            'password = a.b or "Kx9mmQ2wz!"',
        ),
        *("password: ${DB_PW:-Kx9mmQ2wz!}", '"password": {"S": "Kx9mmQ2wz!"}', "password: Str(Kx9mmQ2wz!)"),
        *(
            "password: {{Kx9mmQ2wz!}}",
            "password=<Kx9mmQ2wz!>",
            "password: <b>Kx9mmQ2wz!</b>",
            "password=[[Kx9mmQ2wz!]]",
        ),
        *(
            'password = """Kx9mmQ2wz!"""',
            "password: &pw Kx9mmQ2wz!",
            "DB_PASSWORD -> Kx9mmQ2wz!",
            "dbPassword is Kx9mmQ2wz!",
        ),
        *("DB_PASSWORD (Kx9mmQ2wz!) is too weak", "DB_PASSWORD [none]: Kx9mmQ2wz!", "if db_password != 'Kx9mmQ2wz!':"),
        *(
            'db_password: invalid value "Kx9mmQ2wz!"',
            'form-data; name="password"\n\nKx9mmQ2wz!\n--x',
            "<key>password</key>\n<string>Kx9mmQ2wz!</string>",
        ),
        *(
            "<password>\n  Kx9mmQ2wz!\n</password>",
            "using DB_PASSWORD Kx9mmQ2wz! for login",
            'OtpSeed(\n "x", DbPassword(\n  "Kx9mmQ2wz!"))',
        ),
        '"DB_PASSWORD=Kx9mmQ2wz!", "LANG=C"',
        *('{<<"password">>,<<"Kx9mmQ2wz!">>}', 'if (password.equals("Kx9mmQ2wz!")) {', "DB_PASSWORD >>> Kx9mmQ2wz!"),
        *("read DB_PASSWORD <<< 'Kx9mmQ2wz!'", '"CONFIG" "SET" "requirepass" "Kx9mmQ2wz!"'),
    ],
)
def test_a_value_is_found_behind_whatever_joins_it_to_its_name(text: str) -> None:
    assert set(said(named_secrets, text)) == {"Kx9mmQ2wz!"}


@pytest.mark.parametrize(
    "text",
    [
        *('password = getSecret("db-credentials-v2")', "password: ${file:/etc/kafka/secrets.properties:keystore}"),
        *("DB_PASSWORD is unset", "checkPassword (/app/src/login.js:14:9)", "password: see Vault path kv/db"),
        *("read -s -p 'Password: ' PW && export PW", "password = whatever vault gives you, dont hardcode"),
        *("keys WHERE tenant_id = '0b75187b-6714-49c5-a62d-e493f39f3235'", "pw: keepass", "password: in vault"),
        *("'password' => '*** (len=32)'", "password: REPLACE_ME", "Sec-WebSocket-Key: wjlQD3Pn6D4K/xvDBwjDfg=="),
    ],
)
def test_references_ids_and_remarks_beside_a_name_stay(text: str) -> None:
    assert said(named_secrets, text) == []


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("SNMP_COMMUNITY_STRING=lvv0w96mt", "lvv0w96mt"),
        ("'seed_phrase' => 'hazard arrow insect adapt'", "hazard arrow insect adapt"),
        ("backupCode=040yz-rng5w,", "040yz-rng5w"),
        (f"vault.secret.id: {UUID}", UUID),
        (f"the AppRole secret_id is {UUID} , keep it", UUID),
        (f"{{Host:a ElasticApiKey:/{DRAWN} Retries:5}}", f"/{DRAWN}"),
        ("define('DB_PASSWORD', 'tyFRQzOahOCBN');", "tyFRQzOahOCBN"),
        ("bound app.erlang.cookie = PNMQVSDUISFCFIPYCMKE from class path", "PNMQVSDUISFCFIPYCMKE"),
        ("COOKIE_SECRET: winter-bridge-nairobi8609", "winter-bridge-nairobi8609"),
        (r'"DB_PASSWORD=Bon\"jour42!"', r"Bon\"jour42!"),
    ],
)
def test_names_say_what_their_values_look_like(text: str, secret: str) -> None:
    assert said(named_secrets, text) == [secret]


@pytest.mark.parametrize(
    "text",
    [
        "cannot bind property 'db-password' with value 'Kx9!mmQ2'",
        'name,value,updated_by\ndb_password,"Kx9!mmQ2",maria\n',
    ],
)
def test_a_value_beside_its_name_is_found_in_reports_and_lists(text: str) -> None:
    assert said(named_secrets, text) == ["Kx9!mmQ2"]


@pytest.mark.parametrize(
    "text",
    [
        "    password = form['password']",
        "auth-method=client_secret_post pod=orders-c7f476f9c6-wvqx8",
        'key="session:count:81196"',
        '"errors":{"password":"must be at least 12 characters","pin":"is too short"}',
        'LEGACY_PASSWORD = "\\$(VAULT_TOKEN)"',
        "jwt_secret=vault%3Asecret%2Fdata%2Fpayments%23password",
        "smtp_password=%3Cnot%20set%3E",
        *('password = getpass.getpass("Password: ")', "passwd: files sss systemd", "secret: NotFound: orders"),
        *("pam_unix(passwd:chauthtok): password changed for app", "Secret: ResourceExistsException: it exists"),
        "renewed auth token accessor=dfKQVvrTVZwtdsZLrLg0w4Lh lease=768h",
    ],
)
def test_expressions_messages_and_fields_of_logs_are_no_values(text: str) -> None:
    assert said(named_secrets, text) == []


def test_behind_an_option_a_value_may_look_like_a_field() -> None:
    assert said(named_secrets, "keytool -storepass regen=copper=orbit -alias a") == ["regen=copper=orbit"]


@pytest.mark.parametrize("text", ["| passwd | sunset88 |", "  auth_pass kittycat\n", "password\tsunset88\n"])
def test_a_cell_and_a_line_of_settings_hold_words_with_a_number(text: str) -> None:
    assert len(said(named_secrets, text)) == 1


@pytest.mark.parametrize(
    "text",
    ["| password | varchar(255) |", "| password | sha256 |", "auth_type PASS\n", "DB_PASSWORD → db-password:latest"],
)
def test_a_cell_about_a_password_stays(text: str) -> None:
    assert said(named_secrets, text) == []


@pytest.mark.parametrize(
    "text",
    ["session=6b001f1b… user=al", "token: 6b001f1b... used", "a.password=ENC(ZQGOlEJfaGjT0ktVkTRvTp0TkzqrG3=)"],
)
def test_what_is_cut_or_sealed_stays(text: str) -> None:
    assert said(named_secrets, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "public $secret = 'Kx9mmQ2wzA1bC2dE';",
        "Password:: Kx9mmQ2wzA1bC2dE",
        "Substituting variable: ${bamboo.shop.password} with Kx9mmQ2wzA1bC2dE",
        "<macro>{$SNMP_COMMUNITY}</macro><value>Kx9mmQ2wzA1bC2dE</value>",
        '<p name="Argument.name">password</p>\n<p name="Argument.value">Kx9mmQ2wzA1bC2dE</p>',
        "Key\tValue\tVersion\ndb_password\tKx9mmQ2wzA1bC2dE\t3",
    ],
)
def test_values_behind_other_signs_are_found(text: str) -> None:
    assert said(named_secrets, text) == ["Kx9mmQ2wzA1bC2dE"]


@pytest.mark.parametrize(
    "text",
    [
        "cache miss key=session:390749:profile ttl=6004",
        f'"GET" "session:{UUID}:cart"',
        "evicting key=token:cache:v2:409365 size=4096",
        "cert 'Build time kernel key: 5a92d81eb6a8b9f197a9fc80ad00fef859b4ff86'",
        "password: '{cipher}f3e77cddecb4dd7a127100ddeda039f68c30b03efe3d07501680b28081964747'",
        "db_password\tkubernetes.io/tls\t2",
    ],
)
def test_keys_of_caches_sealed_values_and_kinds_stay(text: str) -> None:
    assert said(named_secrets, text) == []


def test_of_a_key_in_base64_nothing_is_left_however_long_it_is() -> None:
    key = "LS0tLS1CRUdJTiBSU0Eg" * 400
    assert said(named_secrets, f"client-key-data: {key}==") == [f"{key}=="]
    assert said(named_secrets, f'"client-key-data": "{key}"') == [key]
