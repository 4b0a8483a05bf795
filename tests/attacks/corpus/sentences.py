"""Passwords people chose, told only by the sentence they stand in, with no name that a configuration would have."""

from tests.attacks.corpus.placing import Context

SAID: tuple[Context, ...] = (
    Context("login_pair", "<person>: log in to https://<host> as <service> with password <secret>, then restart it"),
    Context("slash_pair", "Grafana: https://<host>/login\nlogin: admin / <secret>\ndashboards under <service>"),
    Context("credentials_colon", "Credentials for the staging shop: <person>@example.com / <secret>"),
    Context("user_and_password", "user: <service>\npass: <secret>\nhost: <host>"),
    Context("inline_user_pw", "<person>: vpn works again, user <person2> pw <secret>"),
    Context("password_was_reset", "I reset your password to <secret>. Please change it at the next login. -- <person>"),
    Context("temporary", "Your temporary password is <secret> and expires in 24 hours."),
    Context("root_console", "If ssh is dead use the serial console of <host>: root, password `<secret>`"),
    Context("ask_answer", "<person>: what's the password of the <service> db?\n<person2>: <secret>"),
    Context(
        "ask_answer_pin", "<person>: anyone got the wifi password for the war room?\n<person2>: sure, it's <secret>"
    ),
    Context("try_it", "<person>: try the password <secret> on <host>, the old one was revoked"),
    Context(
        "breakglass", "Break-glass account: ops-emergency, password: <secret> (sealed copy in the safe, see <ticket>)"
    ),
    Context("passphrase", "The passphrase for the backup key is “<secret>”, restore takes about <count> minutes."),
    Context("old_and_new", "<person>: old password: <other>\nnew password: <secret>\nrolled out on <pod>"),
    Context("zip_password", "Heap dump of <pod> is at s3://dumps/<service>/<day>.zip, the zip's password is <secret>"),
    Context(
        "login_failed_with",
        "<stamp> WARN  LoginService - bind failed for uid=<person> with password '<secret>' (error 49)",
    ),
    Context(
        "debug_login", "<time> DEBUG auth: login attempt username=<person> password=<secret> ip=<ip> result=denied"
    ),
    Context("form_body", "POST /login HTTP/1.1\nHost: <host>\n\nusername=<person>&password=<secret>&remember=1", "url"),
    Context(
        "gitlab_initial",
        "Notes:\nDefault admin account has been configured with following details:\nUsername: root\nPassword: <secret>",
    ),
    Context("elastic_bootstrap", "Password for the [elastic] user successfully reset.\nNew value: <secret>"),
    Context(
        "mysql_temporary",
        "<time> 6 [Note] [MY-010454] [Server] A temporary password is generated for root@localhost: <secret>",
    ),
    Context(
        "jenkins_initial",
        "Please use the following password to proceed to installation:\n\n<secret>\n\n"
        "This may also be found at: /var/jenkins_home/secrets",
    ),
    Context("minio_banner", "RootUser: <service>\nRootPass: <secret>\n\nConsole: http://<ip>:9001"),
    Context("sentence_german", "<person>: Das Passwort für <host> lautet <secret>, bitte nach der Störung ändern."),
    Context("sentence_french", "<person>: le mot de passe de <service> est <secret>, je le change après l'incident"),
    Context(
        "sentence_spanish", "<person>: la contraseña de <service> es <secret>, la cambio cuando acabe el incidente"
    ),
)
