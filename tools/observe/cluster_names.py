"""How does a model name things of a cluster, and what is it told when they cannot be had?"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tools.base import BackendError, ToolResult

Name = Annotated[str, StringConstraints(max_length=253, pattern=r"^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$")]
Namespace = Annotated[str, StringConstraints(max_length=63, pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?)?$")]


class ServiceArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    service: Name = Field("", description="The deployment, or the value of the pods' label `app`; empty: all.")
    namespace: Namespace = Field("", description="Empty: the agent's own.")


def failed(tool: str, asked: BaseModel, error: BackendError) -> ToolResult:
    """An error is a result, too: what was asked, and what came back."""
    query = asked.model_dump_json(exclude_defaults=True)
    return ToolResult(ok=False, text=f"{tool} {query}: {error}", query=f"{tool} {query}")
