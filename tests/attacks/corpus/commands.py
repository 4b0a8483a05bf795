"""Command lines of tools that take a password, each in that tool's own way; most name it by one letter."""

from tests.attacks.corpus.placing import Context

COMMANDS: tuple[Context, ...] = (
    Context("mysql", "mysql -h <host> -u <service> -p<secret> -e 'show processlist'"),
    Context("mysqldump", "mysqldump --user=root --password=<secret> --single-transaction <service> | gzip > d.gz"),
    Context("psql", "PGPASSWORD=<secret> psql -h <host> -U <service> -c 'select count(*) from orders'"),
    Context("psql_quoted", "PGPASSWORD='<secret>' pg_dump -h <host> -U <service> -Fc <service> > /tmp/d", "shell"),
    Context("redis_cli", "kubectl exec -it <pod> -- redis-cli -h <host> -a <secret> info memory"),
    Context("redis_auth", "<host>:6379> AUTH <secret>\nOK\n<host>:6379> DBSIZE\n(integer) <big>"),
    Context("sshpass", "sshpass -p '<secret>' ssh <person>@<host> uptime", "shell"),
    Context("curl_user", "curl -sS -u <service>:<secret> https://<host>:9200/_cluster/health?pretty"),
    Context("curl_user_quoted", "curl --user '<person>:<secret>' -X POST https://<host>/api/restart", "shell"),
    Context("docker_login", "docker login registry.internal -u <service> -p <secret>\nLogin Succeeded"),
    Context("docker_login_pipe", "echo '<secret>' | docker login registry.internal -u ci --password-stdin", "shell"),
    Context(
        "openssl", "openssl pkcs12 -in /etc/ssl/<service>.p12 -nodes -passin pass:<secret> | openssl x509 -noout -dates"
    ),
    Context(
        "ldapsearch", "ldapsearch -x -H ldaps://<host> -D cn=<service>,dc=shop -w '<secret>' uid=<person>", "shell"
    ),
    Context("az_login", "az login --service-principal -u <uuid> -p <secret> --tenant <uuid2>"),
    Context("mongosh", "mongosh --host <host> -u admin -p '<secret>' --eval 'rs.status()'", "shell"),
    Context("rabbitmqctl", "rabbitmqctl change_password <service> '<secret>'", "shell"),
    Context("rabbitmqadmin", "rabbitmqadmin -H <host> -u ops -p <secret> list queues name messages"),
    Context("htpasswd", "htpasswd -b /etc/nginx/.htpasswd <person> <secret>\nAdding password for user <person>"),
    Context("net_use", "C:\\> net use Z: \\\\<host>\\backup /user:SHOP\\<person> <secret>"),
    Context("net_user", "C:\\> net user svc-<service> <secret> /domain\nThe command completed successfully."),
    Context("smbclient", "smbclient //<host>/share -U '<person>%<secret>' -c ls", "shell"),
    Context("mount_cifs", "mount -t cifs //<host>/backup /mnt -o username=<service>,password=<secret>"),
    Context("zip", "zip -r -P <secret> /tmp/<service>-logs.zip /var/log/<service>"),
    Context("seven_zip", "7z a -p<secret> -mhe=on /backup/<service>-<day>.7z /var/lib/<service>"),
    Context("gpg", "gpg --batch --passphrase '<secret>' -o /tmp/d.sql -d /backup/<service>-<day>.gpg", "shell"),
    Context("ipmitool", "ipmitool -I lanplus -H <ip> -U ADMIN -P <secret> chassis power cycle"),
    Context("keytool", "keytool -list -keystore /etc/<service>/app.jks -storepass <secret> -alias <service>"),
    Context("sqlplus", "sqlplus -s <service>/<secret>@//<host>:1521/ORCL @check.sql"),
    Context("sqlcmd", "sqlcmd -S <host> -U sa -P '<secret>' -Q 'SELECT @@VERSION'", "shell"),
    Context("cqlsh", "cqlsh <host> 9042 -u cassandra -p <secret> -e 'DESCRIBE KEYSPACES'"),
    Context("clickhouse", "clickhouse-client -h <host> --user default --password '<secret>' -q 'SELECT 1'", "shell"),
    Context("chpasswd", "echo '<service>:<secret>' | sudo chpasswd", "shell"),
    Context("sudo_stdin", "echo '<secret>' | sudo -S systemctl restart <service>", "shell"),
    Context("xfreerdp", "xfreerdp /v:<host> /u:<person> /p:<secret> /cert:ignore"),
    Context("mosquitto", "mosquitto_sub -h <host> -t 'sensors/#' -u <service> -P <secret> -C 1"),
    Context("etcdctl", "etcdctl --endpoints=https://<ip>:2379 --user root:<secret> endpoint status -w table"),
    Context("argocd", "argocd login <host> --username admin --password <secret> --grpc-web"),
    Context("oc_login", "oc login https://<host>:6443 -u <person> -p <secret>\nLogin successful."),
    Context("wget", "wget -q --http-user=<person> --http-password=<secret> https://<host>/dump.tgz"),
    Context("lftp", "lftp -u <service>,<secret> sftp://<host> -e 'ls; bye'"),
    Context(
        "kcadm", "kcadm.sh config credentials --server https://<host> --realm master --user admin --password <secret>"
    ),
    Context("nmcli", "nmcli dev wifi connect shop-guest password <secret>"),
    Context("mc_alias", "mc alias set backup https://<host>:9000 <service> <secret>"),
    Context("impala_sql", "CREATE USER <service> WITH PASSWORD '<secret>' CONNECTION LIMIT 20;", "raw"),
    Context("sql_alter", "<time> LOG:  statement: ALTER ROLE <service> WITH LOGIN PASSWORD '<secret>';"),
    Context("sql_identified", "Query  ALTER USER '<service>'@'%' IDENTIFIED BY '<secret>'"),
    Context("sql_server_login", "CREATE LOGIN [<service>] WITH PASSWORD = N'<secret>', CHECK_POLICY = ON;"),
    Context("expect_script", 'spawn ssh <person>@<host>\nexpect "assword:"\nsend "<secret>\\r"\nexpect "$ "'),
    Context(
        "powershell_secure",
        "$p = ConvertTo-SecureString '<secret>' -AsPlainText -Force\nNew-LocalUser svc -Password $p",
    ),
    Context(
        "telnet_login",
        "$ telnet <ip>\nTrying <ip>...\n<host> login: <person>\nPassword: <secret>\nLast login: <syslog> from <ip2>",
    ),
)
