"""Languages of configuration and logs in which a secret stands beside its name."""

from tests.attacks.corpus.placing import Context

SETTINGS: tuple[Context, ...] = (
    Context(
        "environment_dump",
        "HOSTNAME=<pod>\nKUBERNETES_SERVICE_HOST=<ip>\nKUBERNETES_SERVICE_PORT=443\n<KEY_NAME>=<secret>\n"
        "LOG_LEVEL=info\nGIT_SHA=<sha>\nPOD_IP=<ip2>\nPATH=/usr/local/bin:/usr/bin:/bin",
    ),
    Context("dotenv", '# .env of <service>\nAPP_ENV=<env>\n<KEY_NAME>="<secret>"\nPORT=8080\n', "double"),
    Context("dotenv_prefixed", "APP_<KEY_NAME>=<secret>\nAPP_REGION=<zone>"),
    Context("dotenv_environment", "PROD_<KEY_NAME>=<secret>\nPROD_REPLICAS=<count>\nSTAGING_<KEY_NAME>=<other>"),
    Context("yaml_plain", "service: <service>\nreplicas: 3\nconfig:\n  <keyName>: <secret>\n  timeoutSeconds: 30"),
    Context("yaml_kebab", "<service>:\n  image: registry.internal/<service>@<digest>\n  <key-name>: '<secret>'", "raw"),
    Context("yaml_quoted", 'env: <env>\n<key_name>: "<secret>"\nregion: <zone>', "json"),
    Context("yaml_commented", "  <keyName>: <secret>  # changed <day> by <person>\n  logLevel: debug"),
    Context("helm_values", 'USER-SUPPLIED VALUES:\nimage:\n  tag: <short>\nsecrets:\n  <keyName>: "<secret>"', "json"),
    Context(
        "deployment_yaml",
        "    spec:\n      containers:\n      - env:\n        - name: <KEY_NAME>\n          value: <secret>\n"
        "        - name: LOG_LEVEL\n          value: info\n        image: registry.internal/<service>:<short>",
    ),
    Context(
        "kubectl_describe",
        "Containers:\n  <service>:\n    Image:         registry.internal/<service>:<short>\n"
        "    Image ID:      registry.internal/<service>@<digest>\n    State:         Waiting\n"
        "      Reason:      CrashLoopBackOff\n    Environment:\n      REGION:      <zone>\n"
        "      <KEY_NAME>:  <secret>\n    Mounts:\n      /var/run/secrets/kubernetes.io/serviceaccount from kube-api-x",
    ),
    Context("properties", "server.port=8080\n<key.name>=<secret>\nmanagement.endpoints.web.exposure.include=health"),
    Context("properties_spaced", "app.<key.name> = <secret>\napp.region = <zone>"),
    Context("ini", "[<service>]\nhost = <host>\n<key_name> = <secret>\ntimeout = 30"),
    Context("toml", '[<service>]\nlisten = "0.0.0.0:8080"\n<key_name> = "<secret>"\n', "json"),
    Context(
        "json_log",
        '{"ts":"<time>","level":"debug","msg":"effective configuration","service":"<service>","config":{"replicas":3,'
        '"<keyName>":"<secret>","region":"<zone>"},"trace_id":"<trace>"}',
        "json",
    ),
    Context("json_file", '{\n  "host": "<host>",\n  "<key_name>": "<secret>",\n  "ssl": true\n}', "json"),
    Context("logfmt", 'ts=<time> level=warn service=<service> msg="dumping settings" <key_name>=<secret> attempt=2'),
    Context("logfmt_two", "ts=<time> level=debug service=<service> <key_name>=<secret> next_<key_name>=<other>"),
    Context("logfmt_quoted", 'time="<time>" level=debug msg="loaded env" <KEY_NAME>="<secret>" pid=<pid>', "json"),
    Context(
        "docker_inspect",
        '            "Env": [\n                "PATH=/usr/local/sbin:/usr/bin",\n'
        '                "<KEY_NAME>=<secret>",\n'
        '                "LANG=C.UTF-8"\n            ],\n            "Image": "<digest>",',
        "json",
    ),
    Context("tfvars", 'region      = "<zone>"\n<key_name> = "<secret>"\ninstance_count = 3', "json"),
    Context("terraform_output", 'endpoint = "<host>:5432"\n<key_name> = "<secret>"\nvpc_id = "vpc-<span>"', "json"),
    Context(
        "terraform_plan",
        '  ~ resource "aws_lambda_function" "<service>" {\n        id = "<service>"\n      ~ environment {\n'
        '          + variables = {\n              + "<KEY_NAME>" = "<secret>"\n            }\n        }\n    }',
        "json",
    ),
    Context("systemd_unit", '[Service]\nUser=<service>\nEnvironment="<KEY_NAME>=<secret>"\nRestart=always', "json"),
    Context(
        "ci_log",
        "<time> ##[group]Run make deploy\n<time> env:\n<time>   REGION: <zone>\n<time>   <KEY_NAME>: <secret>\n"
        "<time> ##[endgroup]\n<time> Deploying <short> to <env>",
    ),
    Context("ci_trace", "+ export <KEY_NAME>=<secret>\n+ ./deploy.sh <service> <short>\nDeploying revision <sha>"),
    Context(
        "spring_failure",
        "***************************\nAPPLICATION FAILED TO START\n***************************\n\nDescription:\n\n"
        "Failed to bind properties under '<key.name>':\n\n    Property: <key.name>\n    Value: \"<secret>\"\n"
        '    Origin: System Environment Property "<KEY_NAME>"\n    Reason: failed to convert',
        "double",
    ),
    Context("python_dict", "<stamp> DEBUG settings: {'host': '<host>', '<key_name>': '<secret>', 'pool_size': 10}"),
    Context("python_kwargs", "DEBUG:<service>.client:Client(host='<host>', <key_name>='<secret>', timeout=30)"),
    Context("go_struct", "<time> config: {Addr:<ip>:5432 <KeyName>:<secret> MaxConns:20 Timeout:30s}"),
    Context("java_record", "<stamp> INFO  c.s.Config - Config[host=<host>, <keyName>=<secret>, poolSize=10]"),
    Context("xml_property", '<bean id="c">\n  <property name="<keyName>" value="<secret>"/>\n</bean>', "xml"),
    Context("xml_element", "<server>\n  <id><service></id>\n  <<keyName>><secret></<keyName>>\n</server>", "xml"),
    Context("compose", "services:\n  app:\n    image: app:<short>\n    environment:\n      - <KEY_NAME>=<secret>"),
    Context(
        "rails_parameters",
        'Started POST "/settings"\n  Parameters: {"<key_name>"=>"<secret>", "id"=>"<count>"}',
        "json",
    ),
    Context(
        "config_diff", "@@ -12,3 +12,3 @@ <service>:\n   replicas: 3\n-  <keyName>: <other>\n+  <keyName>: <secret>"
    ),
    Context("web_config", '<appSettings>\n  <add key="<KeyName>" value="<secret>" />\n</appSettings>', "xml"),
    Context("php_config", "$config['<key_name>'] = '<secret>';\n$config['debug'] = false;"),
    Context("js_config", "module.exports = {\n  <keyName>: '<secret>',\n  port: 8080,\n};"),
    Context(
        "journal", "<syslog> <host> <service>[<pid>]: config: <key_name>=<secret>\n<syslog> <host> systemd[1]: Started."
    ),
    Context("request_line", "<time> GET /internal/reload?<key_name>=<secret>&region=<zone> 200 <ms>ms", "url"),
    Context(
        "access_log",
        '<ip> - - [<clf>] "POST /hooks/<service>?<keyName>=<secret> HTTP/1.1" 401 <count> "-" "Go-http-client/2.0"',
        "url",
    ),
    Context(
        "configmap_event",
        'Normal  Updated  2m  operator  patched ConfigMap <service>: data.<KEY_NAME>="<secret>"',
        "json",
    ),
    Context(
        "panic_arguments", "panic: dial tcp <ip>:5432: i/o timeout\nflags: --region=<zone> --<key-name>=<secret> --v=2"
    ),
    Context("deploy_event", "deploy <service> <short> by <person>: changed env <KEY_NAME>=<secret>, replicas 3 -> 5"),
)

CUT: tuple[Context, ...] = (
    Context("cut_logfmt", 'ts=<time> level=error msg="request failed" <key_name>=<secret>...', "cut"),
    Context("cut_json", '{"level":"debug","service":"<service>","config":{"<keyName>":"<secret>…', "cut"),
    Context("cut_env", "env: [REGION=<zone> <KEY_NAME>=<secret>... (truncated, <big> bytes)", "cut"),
)

COMMANDS: tuple[Context, ...] = (
    Context("export", "$ export <KEY_NAME>=<secret>\n$ ./bin/<service> --check"),
    Context("export_quoted", "  <count>  export <KEY_NAME>='<secret>'\n  <count2>  make smoke-test", "shell"),
    Context("inline_variable", "<KEY_NAME>='<secret>' ./migrate up --env <env>", "shell"),
    Context(
        "flag_equals", "root  <pid>  0.3  1.2 /usr/bin/<service> --listen=:8080 --<key-name>=<secret> --log-level=info"
    ),
    Context("flag_space", "$ <service>ctl sync --host <host> --<key-name> '<secret>' --dry-run", "shell"),
    Context(
        "java_system_property", "java -Xmx2g -D<key.name>=<secret> -jar /opt/<service>/<service>.jar --server.port=8080"
    ),
    Context("helm_set", "helm upgrade <service> ./chart -n <space> --set image.tag=<short> --set <keyName>=<secret>"),
    Context("kubectl_set_env", "kubectl -n <space> set env deploy/<service> <KEY_NAME>='<secret>'", "shell"),
    Context(
        "kubectl_create_secret",
        "kubectl create secret generic <service> -n <space> --from-literal=<key-name>='<secret>'",
        "shell",
    ),
    Context(
        "docker_run", "docker run --rm -e <KEY_NAME>=<secret> -e REGION=<zone> registry.internal/<service>:<short>"
    ),
    Context(
        "ssm_put",
        "aws ssm put-parameter --name /<env>/<service>/<key_name> --type SecureString --value '<secret>'",
        "shell",
    ),
    Context("gh_secret_set", "gh secret set <KEY_NAME> --repo shop/<service> --body '<secret>'", "shell"),
    Context("vault_put", "vault kv put secret/<env>/<service> <key_name>='<secret>' owner=<person>", "shell"),
    Context("etcd_put", "etcdctl put /config/<env>/<service>/<key_name> '<secret>'", "shell"),
    Context("curl_json", 'curl -sX POST https://<host>/config -d \'{"<key_name>":"<secret>","id":<count>}\'', "raw"),
    Context("curl_query", "curl -sf 'https://<host>/v1/status?<key_name>=<secret>&id=<uuid>'", "url"),
    Context("terraform_var", "terraform apply -var '<key_name>=<secret>' -var region=<zone> -auto-approve", "shell"),
    Context("ansible_extra", "ansible-playbook -i <env> site.yml -e <key_name>=<secret> --limit <host>"),
    Context("powershell", "PS C:\\> $env:<KEY_NAME> = '<secret>'; .\\deploy.ps1 -Env <env>"),
    Context("windows_set", "C:\\> set <KEY_NAME>=<secret>\nC:\\> <service>.exe --check"),
    Context("fly_secrets", "fly secrets set <KEY_NAME>=<secret> -a <service>"),
)

SENTENCES: tuple[Context, ...] = (
    Context("chat_is", "<person>: the <key name> of <service> in <env> is <secret>\n<person2>: thanks, works now"),
    Context("chat_backtick", "<person>: for now use this <key name>: `<secret>` (I'll rotate it after the incident)"),
    Context("chat_set", "[<clock>] <person>: set <KEY_NAME> to <secret> on <pod> and it came up"),
    Context(
        "jira_rotated", "Rotated the <key name> after <ticket>. New value: <secret> - please update the pipelines."
    ),
    Context(
        "jira_noformat", "Found this in the config of {{<service>}}:\n{noformat}\n<key_name>: <secret>\n{noformat}"
    ),
    Context("jira_table", "||Setting||Value||\n|region|<zone>|\n|<key name>|<secret>|\n|replicas|3|"),
    Context("runbook", "3. Log on to <host> and set the <key name> (currently `<secret>`).\n4. Restart <service>."),
    Context("postmortem", "At <clock> UTC the leaked <key name> (<secret>) was used from <ip>; revoked at <clock2>."),
    Context("chat_tried", "<person>: tried with <key name> = <secret>, still 401 from <host>"),
    Context(
        "alert_annotation",
        "summary: <service> probe failing\ndescription: 'login with <key name> <secret> gives 401 on <pod>'",
    ),
    Context("chat_changed", "<person>: changed the <key name> from <other> to <secret>, rollout <short> is going out"),
    Context(
        "mail", "Hi <person>,\n\nhere is the new <key name>:\n\n    <secret>\n\nIt is live on <host> since <clock>.\n"
    ),
    Context("chat_quote", '<person>: whoever needs it, our <key name> is "<secret>", expires <day>', "double"),
    Context(
        "page_note", "Note by <person> at <clock>: <key name>: <secret>. Restarted <pod>, error rate back to <share>%."
    ),
    Context(
        "ticket_steps", "Steps to reproduce:\n# open https://<host>/admin\n# enter <secret> as the <key name>\n# 500"
    ),
    Context("markdown_table", "| name | value |\n|---|---|\n| region | <zone> |\n| <KEY_NAME> | `<secret>` |"),
    Context(
        "markdown_bold", "**<service> notes**\n- **<key name>**: `<secret>`\n- **owner**: <person>\n- **host**: <host>"
    ),
    Context("chat_leak", "<person>: heads up, <pod> prints the <key name> in its logs, <secret>, I opened <ticket>"),
    Context(
        "handover",
        "Handover: <service> runs on <host>. The <key name> was reset to <secret> at <clock>. Watch the lag.",
    ),
    Context(
        "commit_message",
        "commit <sha>\nAuthor: <person>\n\n    hotfix: hard-code <key name> <secret> until vault is back",
    ),
)

BARE: tuple[Context, ...] = (
    Context("bare_chat", "<person>: somebody pasted <secret> in #<service>, please revoke"),
    Context("bare_log", "<time> WARN  <service> upstream said 401 for <secret> (attempt 2, trace <trace>)"),
    Context("bare_argv", "argv: [/usr/bin/<service> run <secret> --env <env>]"),
    Context(
        "bearer_header",
        "> GET <route> HTTP/2\n> Host: <host>\n> Authorization: Bearer <secret>\n> X-Request-Id: <uuid>",
    ),
    Context("bearer_curl", "curl -sS -H 'Authorization: Bearer <secret>' https://<host><route> | jq ."),
    Context(
        "bearer_json",
        '{"level":"debug","url":"https://<host><route>","headers":{"accept":"*/*","authorization":"Bearer <secret>"}}',
    ),
    Context("bearer_go_map", "map[Accept:[*/*] Authorization:[Bearer <secret>] X-Request-Id:[<uuid>]]"),
    Context("bare_diff", '-token = load()\n+token = "<secret>"\n', "json"),
    Context("bare_scanner", "Finding: leak in commit <sha>\nFile: deploy/<service>.yaml\nLine: 14\nMatch: <secret>"),
    Context("bare_list", "seen in the build log of <day>:\n- <secret>\n- image <digest>"),
)
