from pathlib import Path

import pytest
import yaml

from agent.catalogue.lint import lint
from agent.catalogue.toolsets import Draft, Left, Mapped, read_toolsets, written
from agent.domain.errors import Refused

HOLMES = """
toolsets:
  prometheus/metrics:
    enabled: true
    config: {prometheus_url: "http://prometheus:9090", headers: {Authorization: "Basic c2VjcmV0"}}
  grafana/loki:
    config: {url: "https://grafana.example", grafana_datasource_uid: abc, api_key: s3cret}
  opensearch/logs:
    config: {opensearch_url: "https://user:s3cret@search:9200"}
  elasticsearch/data:
    config: {url: "https://search.example:9200"}
  kubernetes/core: {enabled: true}
  datadog/logs: {config: {dd_api_key: s3cret}}
  robusta: {enabled: false}
  newrelic: {config: {nr_api_key: s3cret}}
  bash: {enabled: true}
  helm/core:
    prerequisites: [{command: "touch /tmp/was-run"}]
    tools:
      - name: helm_status
        description: "Check a\\u202e release"
        command: "helm status {{ release_name }} -n {{ namespace }}"
      - {name: helm_logs, command: "helm list | grep {{ name }}"}
      - {name: helm_rev, command: "helm get{% if rev %} --revision {{ rev }}{% endif %}"}
      - {name: evil, command: "$(touch /tmp/was-run)"}
      - {name: any, command: "{{ program }} x"}
      - {name: scripted, script: "rm -rf /"}
      - just text
mcp_servers:
  Elastic Search: {config: {url: "http://es-mcp:8000/mcp", mode: streamable-http, headers: {X: s3cret}}}
  old: {config: {url: "http://old:8000/sse", mode: sse}}
"""


def test_what_has_a_place_here_is_mapped_and_the_rest_is_told_with_its_reason(tmp_path: Path) -> None:
    file = tmp_path / "holmes.yaml"
    file.write_text(HOLMES)

    mapped = read_toolsets(file)

    assert mapped == Mapped(
        settings=(("PROMETHEUS_URL", "http://prometheus:9090"), ("ELASTICSEARCH_URL", "https://search.example:9200")),
        servers=(("elastic-search", "http://es-mcp:8000/mcp"),),
        drafts=(
            Draft("helm-status", "helm", ("status", "{release_name}", "-n", "{namespace}"), "Check a\\u202e release"),
        ),
        left=(
            Left("grafana/loki", "it goes through Grafana; set LOKI_URL to the back end's own address"),
            Left("opensearch/logs", "it has no plain address; set ELASTICSEARCH_URL yourself"),
            Left("kubernetes/core", "set KUBECONFIG: pods, events and rollouts are read with our own tools"),
            Left("datadog/logs", "set DD_API_KEY, DD_APP_KEY and DD_SITE yourself: no secret is copied"),
            Left("robusta", "it is switched off there"),
            Left("newrelic", "we have no tools for it; an MCP server for it can be named under `mcp`"),
            Left("bash", "there is no shell here, with or without a list of allowed commands"),
            Left("helm/core: helm_logs", "it needs a shell or logic in its template: helm list | grep {{ name }}"),
            Left(
                "helm/core: helm_rev",
                "it needs a shell or logic in its template: helm get{% if rev %} --revision {{ rev }}{% endif %}",
            ),
            Left("helm/core: evil", "it needs a shell or logic in its template: $(touch /tmp/was-run)"),
            Left("helm/core: any", "its program or its name is not fixed"),
            Left("helm/core: scripted", "it is a script for a shell, or no command at all"),
            Left("helm/core: just text", "it is a script for a shell, or no command at all"),
            Left("MCP server old", "it speaks the older SSE transport; give its streamable HTTP address"),
        ),
    )
    assert "s3cret" not in repr(mapped)
    assert "c2VjcmV0" not in repr(mapped)


def test_a_proposal_is_no_action_until_people_have_filled_it_in(tmp_path: Path) -> None:
    draft = Draft("helm-status", "helm", ("status", "{release_name}"), 'Says: "x"\n---\nname: y')
    skill, action = written(draft)
    folder = tmp_path / "helm-status"
    folder.mkdir()
    (folder / "SKILL.md").write_text(skill)
    (folder / "action.yaml.proposed").write_text(action)

    assert lint(tmp_path) == []
    (folder / "action.yaml").write_text(action)
    assert "success" in {problem.field for problem in lint(tmp_path)}
    assert yaml.safe_load(action)["do"] == {
        "executor": "command",
        "call": {"command": "helm-status", "arguments": ["status", "{release_name}"]},
    }


@pytest.mark.parametrize(
    "text", ["", "[]", "toolsets: 7", "a: &a [*a]", "toolsets: {x: !!python/name:os.system }", "\0"]
)
def test_what_is_no_tool_set_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "holmes.yaml"
    file.write_text(text)
    with pytest.raises(Refused):
        read_toolsets(file)


def test_a_file_that_is_not_there_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        read_toolsets(tmp_path / "nosuch.yaml")
