"""Configuration, commands, requests and records without secrets."""

RECORDS: dict[str, tuple[str, ...]] = {
    "yaml_settings": (
        (
            "auth:\n  passwordPolicy: strict\n  tokenTtlSeconds: 3600\n  secretName: <service>-credentials\n"
            "  keyRotationDays: 90\n"
            "  enabled: true\nimage:\n  repository: registry.internal/<service>\n  digest: <digest>"
        ),
        "tls:\n  enabled: true\n  certFile: /etc/tls/tls.crt\n  keyFile: /etc/tls/tls.key\n  minVersion: TLSv1.2",
        (
            "serviceAccountName: <service>\nautomountServiceAccountToken: false\nimagePullSecrets:\n"
            "- name: registry-<space>"
        ),
    ),
    "properties_settings": (
        (
            "spring.kafka.key-serializer=org.apache.kafka.common.serialization.StringSerializer\n"
            "spring.jpa.hibernate.ddl-auto=none\nauth.password.min-length=12\nauth.token.validity=15m\n"
            "server.ssl.key-alias=<service>"
        ),
    ),
    "ini_settings": (
        (
            "[auth]\nauthentication = password\ntoken_lifetime = 3600\npassword_encryption = scram-sha-256\n"
            "keyfile = /etc/app/key.pem"
        ),
    ),
    "env_settings": (
        (
            "HOSTNAME=<pod>\nGIT_SHA=<sha>\nIMAGE_DIGEST=<digest>\nSECRET_NAME=<service>-db\nTOKEN_TTL=3600\n"
            "KMS_KEY_ID=<uuid>\n"
            "DB_HOST=<host>\nDB_USER=<service>\nPOD_UID=<uuid2>"
        ),
    ),
    "docker_inspect": (
        (
            '"Id": "<hash>",\n"Created": "<time>",\n"Image": "<digest>",\n"Env": [\n  "PATH=/usr/bin",\n'
            '  "REVISION=<sha>"\n],\n'
            '"NetworkID": "<hash2>",\n"MacAddress": "02:42:ac:11:00:02"'
        ),
    ),
    "helm": (
        (
            "NAME: <service>\nLAST DEPLOYED: <day>\nNAMESPACE: <space>\nSTATUS: deployed\nREVISION: <count>\n"
            "CHART: <service>-<version>"
        ),
        (
            'Error: UPGRADE FAILED: cannot patch "<service>-credentials" with kind Secret: secrets is '
            'forbidden: User "<person>" cannot patch'
        ),
    ),
    "terraform": (
        (
            "aws_kms_key.<service>: Refreshing state... [id=<uuid>]\n"
            "aws_security_group.db: Refreshing state... [id=sg-<resource>]\n"
            "Plan: 2 to add, 1 to change, 0 to destroy."
        ),
        (
            "Error: creating Secrets Manager Secret (<service>): InvalidRequestException, RequestID: <uuid>\n"
            "  with aws_secretsmanager_secret.db,\n  on main.tf line <count>"
        ),
    ),
    "deploy_event": (
        "deploy <service> <short> -> <short2> to <env> by <person>, image <digest>, pipeline <big>, took <ms>s",
        (
            '{"event":"deploy","service":"<service>","revision":"<sha>","environment":"<env>",'
            '"actor":"<person>","id":"<uuid>"}'
        ),
        "Argo CD: <service> Synced to <sha>, Healthy, 14 resources; Secret/<service>-tls unchanged",
    ),
    "curl_command": (
        (
            "curl -sS -H 'Accept: application/json' -H 'X-Request-Id: <uuid>' "
            "'https://<host><route>?page=<count>&limit=50' | jq ."
        ),
        (
            "curl -v --cacert /etc/ssl/ca.pem --key /etc/ssl/client.key https://<host>/healthz -o /dev/null "
            "-w '%{http_code}'"
        ),
    ),
    "kubectl_command": (
        "kubectl -n <space> logs <pod> -c <service> --since=10m | grep -i 'token expired'",
        (
            "kubectl -n <space> rollout undo deploy/<service> --to-revision=<count>\n"
            "kubectl -n <space> get secret <service>-credentials"
        ),
        "kubectl -n <space> delete pod <pod> --grace-period=30",
    ),
    "database_command": (
        'psql -h <host> -U <service> -d <service> -c "select pid, state, wait_event from pg_stat_activity"',
        "mysql -h <host> -u root -p -e 'show engine innodb status'\nEnter password:",
        "redis-cli -h <host> -p 6379 --bigkeys -i 0.1\n[00.00%] Biggest hash found 'cart:<uuid>' with <count> fields",
    ),
    "port_flags": (
        "ssh -p 2222 <person>@<host> uptime\nmkdir -p /var/log/<service>\ntar -xzpf dump-<day>.tgz\nnc -zv <ip> <port>",
        "docker run -d -p 8080:8080 -u 1000:1000 -a stdout registry.internal/<service>@<digest>",
    ),
    "shell_history": (
        (
            "  501  cd /opt/<service>\n  502  git checkout <short>\n  503  make test\n"
            "  504  sudo systemctl restart <service>\n  505  tail -f /var/log/<service>.log"
        ),
    ),
    "request_headers": (
        (
            "GET <route> HTTP/1.1\nHost: <host>\nUser-Agent: okhttp/4.12.0\nX-Request-Id: <uuid>\n"
            'If-None-Match: "<trace>"\nX-Forwarded-For: <ip>'
        ),
        (
            '< HTTP/2 401\n< www-authenticate: Bearer realm="<service>", error="invalid_token"\n'
            '< x-request-id: <uuid>\n< etag: "<sha>"\n< content-length: <count>'
        ),
    ),
    "cookie_mentions": (
        "<time> WARN  cookie 'theme' rejected: SameSite=None requires Secure, path=<route> request=<uuid>",
        "Set-Cookie: lang=de; Path=/; Max-Age=31536000; SameSite=Lax\nContent-Type: text/html\nX-Request-Id: <uuid>",
    ),
    "urls_without_users": (
        (
            "DATABASE_URL=postgres://<host>:5432/<service>?sslmode=require&application_name=<service>\n"
            "REDIS_URL=redis://<host>:6379/0"
        ),
        "upstream https://<host>:8443<route>?cursor=<count>&sort=created_at timed out after <ms>ms",
        "git clone git@git.internal:shop/<service>.git && cd <service> && git checkout <sha>",
        "see https://grafana.internal/d/<resource>/<service>?orgId=1&from=<epoch>000&to=<epoch2>000&var-pod=<pod>",
    ),
    "code_review": (
        (
            "-    token = request.headers.get('Authorization')\n+    token = extract_token(request)\n"
            "     if not token:\n         raise Unauthorized()"
        ),
        "+  password: str = Field(min_length=12)\n+  secret = load_secret(name)\n+  retries = 3",
    ),
    "jwks": (
        '{"keys":[{"kty":"RSA","use":"sig","alg":"RS256","kid":"<span>","n":"<fingerprint><integrity>","e":"AQAB"}]}',
    ),
    "oauth_answer": (
        (
            '{"error":"invalid_client","error_description":"client authentication '
            'failed","trace_id":"<uuid>","correlation_id":"<uuid2>"}'
        ),
        "token endpoint answered 200: token_type=Bearer expires_in=3600 scope=openid,profile client_id=<uuid>",
        "AADSTS7000215: Invalid client secret provided. Trace ID: <uuid> Correlation ID: <uuid2> Timestamp: <time>",
    ),
    "audit_log": (
        (
            '{"kind":"Event","auditID":"<uuid>","verb":"get","user":{"username":"<person>"},'
            '"objectRef":{"resource":"secrets","namespace":"<space>","name":"<service>-db"}}'
        ),
        (
            '{"eventName":"GetSecretValue","eventID":"<uuid>","requestID":"<uuid2>",'
            '"recipientAccountId":"<account>","sourceIPAddress":"<ip>"}'
        ),
    ),
    "vault_operations": (
        "vault: path=secret/data/<env>/<service> operation=read status=permission denied request_id=<uuid>",
        "Sealed: false\nTotal Shares: 5\nThreshold: 3\nVersion: <version>\nCluster ID: <uuid>\nHA Mode: active",
        "renewed lease lease_duration=2764800 renewable=true policies=[default <service>-read]",
    ),
    "elasticsearch": (
        '{"cluster_name":"<space>","cluster_uuid":"<resource>","status":"yellow","unassigned_shards":<count>}',
        (
            "[<time>][WARN ][o.e.x.s.a.ApiKeyAuthenticator] [<host>] Authentication using apikey failed - "
            "api key has been invalidated"
        ),
    ),
    "kafka": (
        (
            "[<stamp>] INFO [GroupCoordinator 3]: Member <service>-<uuid> in group <service> has failed, "
            "removing it from the group\n"
            "[<stamp>] WARN [SocketServer] Failed authentication with /<ip> (SSL handshake failed)"
        ),
        (
            "TOPIC            PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG\n"
            "<service>.events   7          <big>        <big2>        <count>"
        ),
    ),
    "file_listing": (
        "<sha>  <service>-<version>.tar.gz\n<sha2>  <service>-<version>.sig",
        "<hash>  /opt/<service>/bin/<service>\n<hash2>  /etc/<service>/config.yaml",
        (
            "-rw------- 1 root root 1704 Mar  3 09:12 tls.key\n"
            "-rw-r--r-- 1 root root 1281 Mar  3 09:12 tls.crt\n-r-------- 1 app app 41 Mar  3 token"
        ),
    ),
    "hex_dump": (
        (
            "00000000  <hexbyte> <hexbyte2>\n00000010  <hexbyte3> <hexbyte4>\n"
            "registers: rax=0x<span> rbx=0x<span2> rip=0x<span3>"
        ),
    ),
    "storage": (
        (
            "Volume pvc-<uuid> attached to <node> as /dev/nvme1n1, uuid <uuid2>\n"
            "EXT4-fs (nvme1n1): mounted filesystem <uuid2> with ordered data mode"
        ),
        's3://shop-backups/<service>/<day>/<uuid>.tar.zst etag="<trace>-14" versionId=<resource>ab x-amz-id-2=<host>',
    ),
    "network": (
        "dial tcp <ip>:5432: connect: connection refused (attempt <count>, backoff <ms>ms, conn <uuid>)",
        (
            "TLS handshake error from <ip>:<port>: remote error: tls: bad certificate; session "
            "resumed=false; cipher=TLS_AES_128_GCM_SHA256; serial <sha>"
        ),
    ),
    "feature_flags": (
        "flag new-password-form=true tokenized-search=false secretless-auth=on bucket=<count> evaluation=<uuid>",
        (
            '{"flags":{"passwordless_login":true,"api_key_page":false,"use_token_v2":"variant-b"},'
            '"version":<count>,"etag":"<trace>"}'
        ),
    ),
}
