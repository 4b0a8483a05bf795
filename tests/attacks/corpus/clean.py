"""Logs, alerts and output of tools without secrets, full of the ids and digests an on-call engineer needs."""

CLEAN: dict[str, tuple[str, ...]] = {
    "access_log": (
        (
            '<ip> - - [<clf>] "GET <route> HTTP/1.1" 200 <big> "-" "Mozilla/5.0 (X11; Linux x86_64)" rt=0.<count>\n'
            '<ip2> - - [<clf2>] "POST <route2> HTTP/1.1" 502 157 "-" "okhttp/4.12.0" rt=<ms> upstream=<ip3>:<port>'
        ),
        '[<time>] "GET <route> HTTP/2" 503 UF 0 91 <ms> - "<ip>" "curl/8.5" "<uuid>" "<host>" "<ip2>:<port>"',
    ),
    "json_log": (
        (
            '{"ts":"<time>","level":"error","service":"<service>","trace_id":"<trace>","span_id":"<span>",'
            '"request_id":"<uuid>",'
            '"msg":"order not found","order_id":"<uuid2>","tenant":"<space>","ms":<ms>}'
        ),
        (
            '{"@timestamp":"<time>","log.level":"WARN","message":"slow query","db.statement":"SELECT * FROM '
            'orders WHERE id = $1",'
            '"duration_ms":<ms>,"kubernetes":{"pod":"<pod>","node":"<node>","container_id":"containerd://<hash>"}}'
        ),
    ),
    "logfmt": (
        (
            'ts=<time> level=error caller=main.go:<count> service=<service> trace_id=<trace> err="context '
            'deadline exceeded" ms=<ms>\n'
            "ts=<time2> level=info msg=retrying attempt=2 backoff=1.5s key=orders:<uuid> partition=7 offset=<big>"
        ),
    ),
    "java_trace": (
        (
            "<stamp> ERROR [http-nio-8080-exec-7] c.s.OrderController - request <uuid> failed\n"
            'java.lang.NullPointerException: Cannot invoke "Token.getType()" because "token" is null\n'
            "\tat com.shop.auth.TokenFilter.doFilter(TokenFilter.java:<count>)\n"
            "\tat com.shop.secret.SecretLoader$1.run(SecretLoader.java:<count2>)\n"
            "\tat java.base/java.lang.Thread.run(Thread.java:840)"
        ),
        (
            'Caused by: org.postgresql.util.PSQLException: FATAL: password authentication failed for user "<service>"\n'
            "\tat org.postgresql.core.v3.ConnectionFactoryImpl.doAuthentication(ConnectionFactoryImpl.java:693)"
        ),
    ),
    "python_trace": (
        (
            'Traceback (most recent call last):\n  File "/app/<service>/auth/password.py", line <count>, in verify\n'
            "    raise InvalidToken(token.kind)\nInvalidToken: expired 312 s ago\n  request_id=<uuid> trace=<trace>"
        ),
    ),
    "go_panic": (
        (
            "panic: runtime error: invalid memory address or nil pointer dereference\n"
            "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x<span>]\n\ngoroutine <count> [running]:\n"
            "main.(*KeyStore).Get(0xc000<short>, {0xc000<short2>, 0x24})\n\t/src/<service>/keystore.go:<count2> +0x1d4"
        ),
    ),
    "javascript_trace": (
        (
            "TypeError: Cannot read properties of undefined (reading 'password')\n"
            "    at validateSecret (/app/dist/auth/secret.js:<count>:17)\n"
            "    at async /app/node_modules/express/router.js:<count2>:5"
        ),
    ),
    "kubernetes_events": (
        (
            "LAST SEEN   TYPE      REASON      OBJECT           MESSAGE\n"
            "2m          Warning   BackOff     pod/<pod>   Back-off restarting failed container\n"
            '5m          Normal    Pulled      pod/<pod2>   Successfully pulled image "app@<digest>" in <ms>ms\n'
            '7m          Warning   Failed      pod/<pod>   Error: secret "<service>-credentials" not found'
        ),
        (
            'Warning  FailedMount  3m  kubelet  MountVolume.SetUp failed for volume "tls" : secret '
            '"<service>-tls" not found\n'
            "Warning  Unhealthy    1m  kubelet  Readiness probe failed: HTTP probe failed with statuscode: 503"
        ),
    ),
    "kubectl_get": (
        (
            "NAME                     READY   STATUS             RESTARTS   AGE   IP        NODE\n"
            "<pod>   0/1     CrashLoopBackOff   <count>         3d    <ip>   <node>\n"
            "<pod2>   1/1     Running            0          9d    <ip2>   <node2>"
        ),
        (
            "NAME                    TYPE                DATA   AGE\n"
            "<service>-credentials   Opaque              2      41d\n"
            "<service2>-tls            kubernetes.io/tls   2      12d\n"
            "default-token-<short>   kubernetes.io/service-account-token   3   90d"
        ),
    ),
    "kubectl_describe": (
        (
            "Name:             <pod>\nNamespace:        <space>\nNode:             <node>/<ip>\n"
            "Start Time:       <time>\n"
            "Labels:           app=<service>\n                  pod-template-hash=<short>a9\n"
            "Container ID:     containerd://<hash>\n"
            "Image ID:         registry.internal/<service>@<digest>\nLast State:       Terminated\n"
            "  Reason:         OOMKilled\n"
            "  Exit Code:      137\nService Account:  <service>\nQoS Class:        Burstable"
        ),
        (
            "Type:     Opaque\nName:     <service>-credentials\nUID:      <uuid>\n\nData\n====\n"
            "password:  24 bytes\nusername:  8 bytes"
        ),
    ),
    "authentication_failures": (
        '<time> ERROR db: FATAL: password authentication failed for user "<service>" (host <host>, trace <trace>)',
        (
            "<syslog> <host> sshd[<pid>]: Failed password for invalid user <person> from <ip> port <port> ssh2\n"
            "<syslog> <host> sshd[<pid>]: Connection closed by authenticating user root <ip> port <port> [preauth]"
        ),
        "ERROR 1045 (28000): Access denied for user '<service>'@'<ip>' (using password: YES)",
        "redis.exceptions.AuthenticationError: WRONGPASS invalid username-password pair or user is disabled.",
    ),
    "token_messages": (
        "<time> WARN auth: token expired at <time2>, subject=<uuid>, kid=<span>, issuer=https://login.example.com",
        'level=error msg="failed to refresh token: invalid_grant" client_id=<uuid> trace_id=<trace>',
        (
            'E<klog> <pid> authentication.go:73] "Unable to authenticate the request" err="[invalid bearer '
            'token, token lookup failed]"'
        ),
        "<person>: the token of <service> expired at <clock>, waiting for the platform team to issue a new one",
    ),
    "secret_messages": (
        '<time> INFO  secret-sync: secret "<service>-credentials" updated in <space>, resourceVersion=<big>',
        (
            'level=info msg="secret rotated" name=<service>-db version=<count> '
            "arn=arn:aws:secretsmanager:<zone>:<account>:secret:<service>-Ab<count>d"
        ),
        (
            "external-secrets: SecretSyncedError: could not get secret data from provider, store=<space>, "
            "generation <count>"
        ),
    ),
    "password_policy": (
        "Password must contain at least 12 characters, one digit and one symbol.",
        "<time> INFO  password changed for user <person> by admin, request <uuid>",
        "NOTICE: password for user <service> expires in <count> days; policy=<space>-default min_length=14",
        "<person>: passwords for the <service> db are rotated every 90 days, next on <day>, owner is <person2>",
    ),
    "password_counters": (
        "password_attempts=<count> password_min_length=14 password_expired=false token_ttl=3600 secret_count=12",
        '{"passwordResets":<count>,"tokenRefreshes":<big>,"authMethod":"password","mfaEnabled":true,"trace":"<trace>"}',
        'auth_failures_total{reason="bad_password",service="<service>"} <big>',
    ),
    "model_tokens": (
        (
            'msg="completion" model=gpt-4o prompt_tokens=<big> completion_tokens=<count> max_tokens=4096 '
            "total_tokens=<big2> id=<uuid>"
        ),
        '{"usage":{"input_tokens":<count>,"output_tokens":<count2>,"cache_read_tokens":<big>},"request_id":"<uuid>"}',
        "tokenizer=cl100k vocab=100277 tokens_per_second=<share> special_tokens=5",
    ),
    "rate_limits": (
        "rate limiter: token bucket empty for tenant <space> (capacity=<count>, refill=10/s), request <uuid> rejected",
        "< HTTP/2 429\n< retry-after: 17\n< x-ratelimit-limit-tokens: 200000\n< x-ratelimit-remaining-tokens: <count>",
    ),
    "data_keys": (
        (
            'ERROR: duplicate key value violates unique constraint "orders_pkey"\n'
            "DETAIL:  Key (order_id)=(<uuid>) already exists."
        ),
        "cache miss key=session-count:<space>:<day> ttl=300 shard=<count>",
        "kafka: partition key=<uuid> topic=<service>.events partition=11 offset=<big> lag=<count>",
        (
            "NoSuchKey: The specified key does not exist. Key: dumps/<service>/<day>/<uuid>.gz RequestId: "
            "<span> HostId: <host>"
        ),
    ),
    "git_log": (
        (
            "commit <sha>\nAuthor: <person> <<person>@example.com>\nDate:   <day>\n\n"
            "    rotate the token of <service> (<ticket>)\n\n"
            "commit <sha2>\nAuthor: <person2> <<person2>@example.com>\nDate:   <day2>\n\n    remove password login"
        ),
        (
            "<short> fix(auth): refresh token before expiry\n<short2> chore: bump <service> to <version>\n"
            '<short3> revert "use secret store"'
        ),
    ),
    "image_digests": (
        "registry.internal/<service>:<version>@<digest>\nregistry.internal/<service2>:<short>@<digest2>",
        (
            "<version>: Pulling from shop/<service>\n<hash>: Pull complete\nDigest: <digest>\n"
            "Status: Downloaded newer image"
        ),
    ),
    "certificate": (
        "-----BEGIN CERTIFICATE-----\n<block>\n-----END CERTIFICATE-----",
        "subject=CN = <host>\nissuer=CN = shop internal CA\nserial=<sha>\nnotAfter=<day>\nSHA256 Fingerprint=<hash>",
    ),
    "public_key": (
        "ssh-ed25519 <edkey> <person>@<host>",
        "-----BEGIN PUBLIC KEY-----\n<rsakey>\n-----END PUBLIC KEY-----",
        (
            "<syslog> <host> sshd[<pid>]: Accepted publickey for <person> from <ip> port <port> ssh2: "
            "ED25519 SHA256:<fingerprint>"
        ),
        'default._domainkey.example.com. 300 IN TXT "v=DKIM1; k=rsa; p=<rsakey>"',
    ),
    "lock_files": (
        "github.com/shop/<service> v<version> h1:<sum>\ngithub.com/shop/<service>/v2 v<version2>/go.mod h1:<sum2>",
        '"node_modules/<service>": {\n  "version": "<version>",\n  "integrity": "sha512-<integrity>"\n}',
        "requests==2.32.3 \\\n    --hash=sha256:<hash> \\\n    --hash=sha256:<hash2>",
        '[[package]]\nname = "<service>"\nversion = "<version>"\nchecksum = "<hash>"',
    ),
    "tracing": (
        "traceparent: 00-<trace>-<span>-01\ntracestate: shop=<span2>\nx-request-id: <uuid>\nx-b3-traceid: <trace2>",
        (
            "x-amzn-trace-id: Root=1-<short>0-<span>00000000;Parent=<span2>;Sampled=1\ncf-ray: <span>-FRA\n"
            "x-amz-request-id: <ulid>"
        ),
    ),
    "cloud_ids": (
        (
            "arn:aws:iam::<account>:role/<service>-<env>\narn:aws:kms:<zone>:<account>:key/<uuid>\n"
            "arn:aws:ecs:<zone>:<account>:task/<space>/<trace>"
        ),
        "i-<resource> sg-<resource2> subnet-<resource3> vpc-<resource4> eni-<resource5> in <zone>",
        "/subscriptions/<uuid>/resourceGroups/<space>/providers/Microsoft.Compute/virtualMachines/<host>",
        (
            "AccessDenied: User: arn:aws:sts::<account>:assumed-role/<service>/<uuid> is not authorized to "
            "perform: kms:Decrypt"
        ),
    ),
    "payload_base64": (
        (
            "kafka record topic=<service>.events key=<uuid> value(base64)=<payload> "
            "headers=[traceparent=00-<trace>-<span>-01]"
        ),
        (
            '{"message":{"data":"<payload>","messageId":"<big>","publishTime":"<time>"},'
            '"subscription":"projects/shop/subscriptions/<service>"}'
        ),
    ),
    "systemd": (
        (
            "<syslog> <host> systemd[1]: <service>.service: Main process exited, code=exited, status=1/FAILURE\n"
            "<syslog> <host> systemd[1]: <service>.service: Scheduled restart job, restart counter is at <count>.\n"
            "<syslog> <host> kernel: Out of memory: Killed process <pid> (java) total-vm:<big>kB, anon-rss:<big2>kB"
        ),
    ),
    "sql_log": (
        (
            "<time> LOG:  duration: <ms>.412 ms  statement: SELECT id, token_type FROM grants WHERE user_id "
            "= '<uuid>' LIMIT 20"
        ),
        (
            "LOG:  process <pid> still waiting for ShareLock on transaction <big> after 1000.1 ms\n"
            "STATEMENT:  UPDATE accounts SET password_changed_at = now() WHERE id = '<uuid>'"
        ),
    ),
    "ci_log": (
        (
            "<time> ##[group]Run tests\n<time> PASS  auth/password_test.go (<share>s)\n"
            "<time> PASS  secrets/token_test.go\n"
            "<time> coverage: <share2>% of statements\n<time> ##[endgroup]\n"
            "<time> HEAD is now at <short> bump <service>"
        ),
        (
            "Step 7/12 : COPY --from=<hash> /out /app\n ---> Using cache\n ---> <short>d41c2\n"
            "Successfully built <short2>aa9e1"
        ),
    ),
    "alert": (
        (
            "[FIRING:1] HighErrorRate <service> (severity=critical, cluster=<space>, pod=<pod>)\n"
            "summary: 5xx share is <share>% for 10m\n"
            "runbook_url: https://wiki.internal/runbooks/<service>#token-errors\nfingerprint: <span>\n"
            "generatorURL: https://prom.internal/graph?g0.expr=up"
        ),
        (
            '{"status":"firing","labels":{"alertname":"CertExpiry","instance":"<ip>:9100",'
            '"secret_name":"<service>-tls"},"fingerprint":"<span>",'
            '"startsAt":"<time>","annotations":{"description":"TLS secret <service>-tls in <space> expires in 5 days"}}'
        ),
        (
            'groupKey: {}/{severity="page"}:{alertname="TokenRefreshFailing", service="<service>"}\n'
            "value: <share>\nincident: <uuid>"
        ),
    ),
    "promql": (
        'sum by (pod) (rate(http_requests_total{service="<service>",code=~"5.."}[5m])) > 0.<count>',
        'histogram_quantile(0.99, sum(rate(token_verify_seconds_bucket{env="<env>"}[5m])) by (le)) = <share>',
    ),
    "metrics": (
        (
            'container_memory_working_set_bytes{pod="<pod>",id="/kubepods/pod<uuid>/<hash>"} <big>\n'
            'secrets_store_sync_total{provider="vault",ok="true"} <count>\n'
            'key_cache_hits_total{shard="<count2>"} <big2>'
        ),
    ),
}
