"""Passwords by the place where they stand."""

import pytest

from agent.policy.secrets.commands import command_secrets
from agent.policy.secrets.placed import placed_secrets
from tests.unit.agent.policy.secrets.told import said


@pytest.mark.parametrize(
    "text",
    [
        *("echo 'Kx9!mmQ2' | sudo -S reboot", "echo 'bob:Kx9!mmQ2' | chpasswd", "htpasswd -b /etc/f bob 'Kx9!mmQ2'"),
        *("gh secret set NAME --body 'Kx9!mmQ2' --repo a/b", "etcdctl put /config/db/password 'Kx9!mmQ2'"),
        *(
            "SELECT pgp_sym_decrypt(card, 'Kx9!mmQ2') FROM t",
            "#0 db.php(5): PDO->__construct('mysql:x', 'app', 'Kx9!mmQ2')",
        ),
        *("db:6379> AUTH Kx9!mmQ2\nOK", "nmcli dev wifi connect guest password Kx9!mmQ2\ndone"),
        *("CREATE USER a IDENTIFIED BY 'Kx9!mmQ2'", "ALTER LOGIN sa WITH PASSWORD = N'Kx9!mmQ2', CHECK_POLICY = OFF"),
        *(
            "INSERT INTO users (id, password) VALUES (7, 'Kx9!mmQ2')",
            "net user bob Kx9!mmQ2 /add",
            "USER root\nPASS Kx9!mmQ2",
        ),
        *(
            '1.2 [0 1.2.3.4:5] "AUTH" "app" "Kx9!mmQ2"',
            "snmp-server community Kx9!mmQ2 RO",
            "db:5432:shop:app:Kx9!mmQ2",
        ),
        *(
            "UPDATE settings SET value = 'Kx9!mmQ2' WHERE name = 'db_password'",
            "requests.get(u, auth=('bob', 'Kx9!mmQ2'))",
        ),
        *(
            "machine git.shop login bob password Kx9!mmQ2",
            "login attempt [root/Kx9!mmQ2] failed",
            "echo 'bob:Kx9!mmQ2' | chpasswd",
            "user app on >Kx9!mmQ2 ~*",
        ),
        *("Command Line:\tnet  user bob Kx9!mmQ2 /domain", "$p='Kx9!mmQ2'; Connect-VIServer a -Password $p"),
        "expdp app/Kx9!mmQ2 directory=DUMP",
        *(
            "try `Kx9!mmQ2` for the jenkins admin user",
            "login = bob/Kx9!mmQ2 pls delete",
            "login on web.example: bob : Kx9!mmQ2",
            "its still the old one, Kx9!mmQ2, nobody changed the password",
        ),
        *("bob:Kx9!mmQ2 on the ILO", "> bastion web-1\n> bob:Kx9!mmQ2", "credentials: shop_rw Kx9!mmQ2"),
        *('{"variables":{"e":"bob@shop.example","p":"Kx9!mmQ2"}}', "login is bob/Kx9!mmQ2"),
        '{"type": "ad_password", "instances": [{"attributes": {"id": "7", "value": "Kx9!mmQ2"}}]}',
        *("ftp> user bob Kx9!mmQ2\n230 Login successful.", "weblogic> connect('bob','Kx9!mmQ2','t3://web:7001')"),
        *("IPSec gateway a\nIPSec secret Kx9!mmQ2", "poll failed (v2c community=Kx9!mmQ2)"),
        *("registrar: sip:5398:Kx9!mmQ2@pbx.example", "cannot parse 'postgres//app:Kx9!mmQ2@db/shop'"),
        *("gw.example;readonly;Kx9!mmQ2;ssh", "portal\t192.0.2.7\treporting\tKx9!mmQ2"),
    ],
)
def test_protocols_statements_and_configurations_are_read(text: str) -> None:
    assert set(said(placed_secrets, text)) == {"Kx9!mmQ2"}


def test_a_password_in_quotes_may_have_the_sign_before_the_host_in_it() -> None:
    text = 'CONNECT sys/"Kx9!@mQ2"@//db:1521/shop AS SYSDBA'

    assert "Kx9!@mQ2" in said(placed_secrets, text)


@pytest.mark.parametrize(
    "text",
    [
        *("INSERT INTO users (id, password) VALUES (?, ?)", "ALTER ROLE app PASSWORD NULL", "echo $TOKEN | sudo -S ls"),
        *(
            "UPDATE settings SET value = 'eu-west-1' WHERE name = 'region'",
            "pam_unix(sudo:auth): auth could not identify",
        ),
    ],
)
def test_statements_without_a_secret_stay(text: str) -> None:
    assert said(placed_secrets, text) == []


@pytest.mark.parametrize(
    "text",
    [
        *("printf '%s\\n%s\\n' bob 'Kx9!mmQ2' > /etc/vpn/auth.txt", "rsync --password-file=<(echo Kx9!mmQ2) a b"),
        *("$ Kx9!mmQ2\nbash: Kx9!mmQ2: command not found", "bundle config set gems.shop.example bob:Kx9!mmQ2"),
        *("poetry config http-basic.shop bob Kx9!mmQ2", "set checkout:db_password 0 3600 8\nKx9!mmQ2\n"),
        *(
            "HSET user:1 password Kx9!mmQ2",
            "tacacs-server key 0 Kx9!mmQ2",
            "crypto isakmp key Kx9!mmQ2 address 10.0.0.1",
        ),
        *("1.2 ftp [37] 10.161.241.97 PASS Kx9!mmQ2\n", "u: bob\np: Kx9!mmQ2", "u:p bob:Kx9!mmQ2"),
        *("suser=bob cs1Label=dbPassword cs1=Kx9!mmQ2 externalId=5", "db:5432:shop:app:Kx9!mmQ2  # .pgpass"),
        "kubectl create secret generic a --from-literal=db_password=Kx9!mmQ2",
        "snmp-server user mon ops v3 auth sha Kx9!mmQ2 priv aes 128 Kx9!mmQ2",
        *('bob : EAP "Kx9!mmQ2"', " key-string Kx9!mmQ2", "bob:{PLAIN}Kx9!mmQ2:1000", "smtp.a.b:587 bob:Kx9!mmQ2"),
        *("*2\\r\\n$4\\r\\nAUTH\\r\\n$8\\r\\nKx9!mmQ2\\r\\n", 'proxy-user = "bob:Kx9!mmQ2"'),
    ],
)
def test_places_in_shells_devices_and_protocols_are_read(text: str) -> None:
    assert set(said(placed_secrets, text)) == {"Kx9!mmQ2"}


def test_a_key_of_a_wireless_network_may_be_digits_alone() -> None:
    assert said(placed_secrets, "the wifi password in the cage is 6460174758682856") == ["6460174758682856"]


def test_what_a_statement_says_of_a_parameter_is_told_in_another_line() -> None:
    text = "LOG: UPDATE users SET reset_token = $1 WHERE id = $2\nDETAIL: $1 = 'RipNj1sXpSB6TnRpzQ1u', $2 = '10969'"
    assert said(placed_secrets, text) == ["RipNj1sXpSB6TnRpzQ1u"]


@pytest.mark.parametrize("name", ["etag", "order-object-id", "content-md5", "token-ttl", "deploy-public-key"])
def test_names_of_harmless_values_in_a_secret_leave_them(name: str) -> None:
    command = f"kubectl create secret generic a --from-literal={name}=4f7a0f6449824776a478711156a9c227"
    assert said(placed_secrets, command) == []


@pytest.mark.parametrize(
    "text",
    [
        'parser.add_argument("--password", type=str, default="Kx9!mmQ2")',
        '@click.option("--db-password", default="Kx9!mmQ2")',
        'rotated: "Kx9!mmQ2" for DB_PASSWORD',
        "SELECT 'Kx9!mmQ2' AS password",
        "cat > /run/secrets/db_password <<EOF\nKx9!mmQ2\nEOF\n",
        "cat <<'EOF' > /run/secrets/db_password\nKx9!mmQ2\nEOF\n",
        "echo Kx9!mmQ2 > /run/secrets/db_password && systemctl restart orders",
        '$ op read "op://infra/orders/db-password"\nKx9!mmQ2',
        "$ etcdctl get --prefix /config\n/config/orders/db-password\nKx9!mmQ2",
        "INSERT INTO users (id, password) VALUES (%s, %s)\nDEBUG engine ('7', 'Kx9!mmQ2')",
    ],
)
def test_the_name_of_an_option_a_file_or_a_column_tells_what_stands_under_it(text: str) -> None:
    assert set(said(placed_secrets, text)) == {"Kx9!mmQ2"}


@pytest.mark.parametrize(
    "text",
    [
        'parser.add_argument("--level", default="debug2")',
        "SELECT 'Kx9!mmQ2' AS region",
        "cat > /etc/motd <<EOF\nwelcome2\nEOF\n",
        "echo ready2 > /var/lib/orders/state",
        '"v2 build" for RELEASE_NAME',
    ],
)
def test_names_of_other_things_tell_nothing(text: str) -> None:
    assert said(placed_secrets, text) == []


def test_what_a_program_for_codes_prints_is_one() -> None:
    assert said(placed_secrets, "$ oathtool --totp -b JBSWY3DPEHPK3PXP\n516866\n") == ["516866"]


@pytest.mark.parametrize(
    "text",
    [
        "sentinel auth-pass mymaster Kx9mmQ2wz",
        "    user admin insecure-password Kx9mmQ2wz",
        "- Switch core-4: enable Kx9mmQ2wz!",
        " ikev1 pre-shared-key Kx9mmQ2wz\n",
        "auth-user-pass file:\nsven.weber\nKx9mmQ2wz5\n",
        "office wifi for the visitors: SSID Guest, key Kx9mmQ2wz!",
        "DETAIL:  Key (session_token)=(Kx9mmQ2wz) already exists.",
        "query: SELECT password ... password(Kx9mmQ2wz) != given",
        '"api" "Kx9mmQ2wz!"\n',
        'argc=5 a0="curl" a1="-u" a2="app:Kx9mmQ2wz" a3="-s"',
        '"id": "https://kv.vault.azure.net/secrets/db/72120e", "value": "Kx9mmQ2wz"',
        '{"Jwt": {"Issuer": "a", "Key": "Kx9mmQ2wzLp4"}}',
        "$ grafana-cli admin reset-admin-password Kx9mmQ2wz",
        "+ echo 'bo62:Kx9mmQ2wz'\nMar 23 18:07 b[3]: + chpasswd",
        "$ echo S3g5bW1RMnd6 | base64 -d\nKx9mmQ2wz!\n",
        "echo -n 'lPKx=Bfis?inuocD' | gcloud secrets create app-db --data-file=-",
        'auth = HTTPBasicAuth("liam", "Kx9mmQ2wz")',
        "INSERT INTO api_tokens (user_id, token) VALUES ($1, $2)\nDETAIL:  parameters: $1 = '8277', $2 = 'Kx9mmQ2wz'",
        "DEBUG otp generated user=elena code=678517 ttl=300",
        "$ kubeadm token create\noeoocs.zy58jwpwagshbhl3\n",
        'consul_encrypt: "Vzw54Uyeq4MtCxUwUI/LiNIw9SMJzRDTY+z5uG5uISw="',
        "racadm -r 10.1.2.3 -u root -p lotus-sierra-willow-otter getsysinfo",
    ],
)
def test_places_of_products_are_known(text: str) -> None:
    assert said(placed_secrets, text) or said(command_secrets, text)


@pytest.mark.parametrize(
    "text",
    [
        *("switch core-4: enable port 7", "ERROR duplicate key (id)=(289496b7-31f3-44b8-91ba-be27e9493b61)"),
        *('"name" "value2"x', "office wifi is down: SSID Guest, key rotated", "otp failed status=error code=401"),
        *(
            '{"cache": {"Key": "orders-2024-eu"}}',
            "INSERT INTO t (id, token) VALUES ($1, $2)\nparameters: $1 = 'abc12345'",
        ),
        "$ kubectl get cm x | base64 -d\nnone\n",
    ],
)
def test_what_only_stands_in_such_words_stays(text: str) -> None:
    assert said(placed_secrets, text) == []


@pytest.mark.parametrize(
    "text",
    [
        *("rootpw --plaintext Kx9mmQ2wz", "<Password><Value>Kx9mmQ2wz</Value><PlainText>true</PlainText></Password>"),
        *(
            "chpasswd:\n  list: |\n    root:Kx9mmQ2wz\n",
            "$USER3$=app\n$USER4$=Kx9mmQ2wz",
            "SSID: shop\nKey: Kx9mmQ2wz\n",
        ),
        *("# auth.txt\nnadia\nKx9mmQ2wz\n", "basic.auth.user.info=5IV73HXJNNHZ3Z61:Kx9mmQ2wz"),
        "cy.get('#password').type('Kx9mmQ2wz');",
        'driver.find_element(By.ID, "password").send_keys("Kx9mmQ2wz")',
        "page.fill('input[name=\"password\"]', 'Kx9mmQ2wz')",
        "ConvertTo-SecureString -AsPlainText 'Kx9mmQ2wz' -Force",
        "htpasswd -nb nadia 'Kx9mmQ2wz'",
        "exchanging authorization code code=pl9dC0nYMSflLS8pmKUXt5IzWRHHCmDhVvmi redirect",
        "<param><value>bo</value></param><param><value>Kx9mmQ2wz</value></param><methodName>wp.getUsersBlogs</methodName>",
        'Client("AC4630fa9727220110d2f51e509b384bc6", "aa649e5457b323bc747e56f947d2913c")',
        "new azure devops PAT for it: owhc7prsvqm7bnivdcoekesypvtrwmi7a2f546dsljy5ulkciqha",
        'accounts: [ "0x2eda8b90a526f9ef0e183ee62a10773876e3f92bb774e45ca583d9dedcc235ad" ]',
        "'crypt' => [ 'key' => '8cc74ae13df510cd51b3ad2254d935aa' ]",
    ],
)
def test_what_files_tests_and_clients_hold_is_found(text: str) -> None:
    assert len(said(placed_secrets, text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        *("rootpw --iscrypted", "password: {{ x | password_hash('sha512') }}", "Remove hardcoded password (#885)\n"),
        *(
            "cy.get('#name').type('Kx9mmQ2wz')",
            "SSID: shop\nSecurity: WPA2\n",
            "code=UNAVAILABLE",
            "accounts: [ 1, 2 ]",
        ),
        'docker_args = ["-u", "1000:1000", "--rm"]',
    ],
)
def test_what_files_tests_and_clients_hold_besides_stays(text: str) -> None:
    assert said(placed_secrets, text) == []


@pytest.mark.parametrize(
    "text",
    [
        *('Item: mysql.ping["{$MYSQL.DSN}","zbx_monitor","Kx9mmQ2wz"]', "  {$IPMI.PASSWORD}: Kx9mmQ2wz"),
        *('OPTS="-Dbasicauth=solr:Kx9mmQ2wz"', "zkCli.sh> addauth digest app:Kx9mmQ2wz"),
        "check_command  check_mssql_health!mysql-05.shop.internal!monitor!Kx9mmQ2wz!connection-time",
        "DETAIL:  parameters: $1 = 'aa7e2bde', $2 = 'fQZwtbTA7D-o-yS0u_YVnBESsc9lc-cXJW0TXXA0'",
        "ldap_bind(): Unable to bind to server; args: ('cn=zoe,dc=com', 'Kx9mmQ2wz') in /srv/auth.php",
        "Response:\t331 Password required\nCommand:\tPASS Kx9mmQ2wz",
        '"attributes": {"length": 24, "special": true, "result": "Kx9mmQ2wz"}',
    ],
)
def test_what_monitors_and_logs_of_databases_hold_is_found(text: str) -> None:
    assert len(said(placed_secrets, text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        *("check_command  check_ping!10.1.2.3!100.0,20%!500.0,60%", "  {$SNMP.TIMEOUT}: 30s2", "address = 10.1.2.3:80"),
        "parameters: $1 = 'aa7e2bde-9163-47e6-9a3b-021aa5780a03'",
    ],
)
def test_what_monitors_and_logs_of_databases_hold_besides_stays(text: str) -> None:
    assert said(placed_secrets, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "traefik.http.middlewares.auth.basicauth.users=app:Kx9!mmQ2",
        "cache_peer px.shop.net parent 3128 0 no-query login=app:Kx9!mmQ2",
        "BUNDLE_GEMS__SHOP__IO=app:Kx9!mmQ2 bundle install",
        "Starting with args: [--user, root, --password, Kx9!mmQ2]",
        "mkpasswd -m sha-512 Kx9!mmQ2",
        "auth failure: user=app given='Kx9!mmQ2' expected another hash",
        "device_add sw-1 v2c Kx9!mmQ2 161 udp",
        'credentials += Credentials("Nexus", "repo.shop.net", "app", "Kx9!mmQ2")',
        "Creds(app,Kx9!mmQ2)",
        "Input Password    id:password    Kx9!mmQ2",
        "echo -n Kx9!mmQ2 | kubeseal --raw --name shop",
        'runmqsc -u app <<< "Kx9!mmQ2"',
        "hadoop credential create ssl.keystore.password -value Kx9!mmQ2 -provider jceks://file/x",
        "drone secret add --repository a/b --name docker_password --data Kx9!mmQ2",
        "Guest wifi this week: SSID Shop-Guest, key Kx9!mmQ2",
        "#cloud-config\nchpasswd:\n  list: |\n    root:Kx9!mmQ2\n",
        "enable password 0 Kx9!mmQ2\n!\n",
    ],
)
def test_other_places_are_read(text: str) -> None:
    assert set(said(placed_secrets, text)) == {"Kx9!mmQ2"}


@pytest.mark.parametrize(
    "text",
    ["$ mysql -u backup -p shop_v2", "mysqldump -u root -p shop_v2 > shop.sql", "mail from='app:x@shop.net'"],
)
def test_names_of_databases_and_addresses_stay(text: str) -> None:
    assert said(placed_secrets, text) == []


def test_keys_and_numbers_behind_options_are_found() -> None:
    assert said(command_secrets, "nsupdate -y hmac-sha256:ddns:q7Rk2VxLw9TzPb4N= update.txt") == ["q7Rk2VxLw9TzPb4N="]
    assert said(command_secrets, "yubico-piv-tool -a verify-pin -P 482913") == ["482913"]


def test_both_passwords_of_a_change_are_found_without_a_word_for_them() -> None:
    text = "ann: changed svc_app from Kx9!mmQ2 to Needle2022_ on web-1 at 09:33"

    assert said(placed_secrets, text) == ["Kx9!mmQ2", "Needle2022_"]


@pytest.mark.parametrize(
    "text",
    [
        "ann: changed timeout from 3000ms to 6000ms on web-1",
        "changed image from shop:1.2.3 to shop:1.2.4 on web-1",
        "try `kubectl` for the admin user",
        "login = failed/denied",
        "web:8443 on the switch",
        "daemon:*:94592:0:99999:7:::",
    ],
)
def test_what_is_changed_or_tried_and_is_no_password_stays(text: str) -> None:
    assert said(placed_secrets, text) == []
