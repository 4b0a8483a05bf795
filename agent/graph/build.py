"""The state machine on one screen."""

from copy import copy
from functools import cache
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agent.graph.context import Context
from agent.graph.nodes.approve import approve
from agent.graph.nodes.diagnose import diagnose
from agent.graph.nodes.investigate import investigate
from agent.graph.nodes.learn import learn
from agent.graph.nodes.plan import plan
from agent.graph.nodes.recall import recall
from agent.graph.nodes.recheck import recheck
from agent.graph.nodes.remediate import remediate
from agent.graph.nodes.report import report
from agent.graph.nodes.survey import survey
from agent.graph.nodes.triage import triage
from agent.graph.nodes.verify import verify
from agent.graph.routing import after_approve, after_plan, after_recheck, after_remediate, after_start
from agent.graph.state import Start, State
from agent.tracing import traced

Graph = CompiledStateGraph[State, Context, Start, State]


def build_graph(checkpointer: BaseCheckpointSaver[Any] | None = None) -> Graph:
    """The same machine for all, with progress kept in a place of its own."""
    graph = copy(_compiled())
    graph.checkpointer = checkpointer
    return graph


@cache
def _compiled() -> Graph:
    graph = StateGraph(State, context_schema=Context, input_schema=Start)
    looking = (triage, recall, survey, recheck, investigate, diagnose)
    for node in (*looking, plan, approve, remediate, verify, report, learn):
        graph.add_node(node.__name__, traced(node))

    graph.add_conditional_edges(START, after_start, ["triage", "learn"])
    graph.add_edge("triage", "recall")
    graph.add_edge("recall", "survey")
    graph.add_edge("survey", "recheck")
    graph.add_conditional_edges("recheck", after_recheck, ["investigate", "diagnose"])
    graph.add_edge("investigate", "diagnose")
    graph.add_edge("diagnose", "plan")
    graph.add_conditional_edges("plan", after_plan, ["approve", "remediate", "report"])
    graph.add_conditional_edges("approve", after_approve, ["remediate", "report"])
    graph.add_conditional_edges("remediate", after_remediate, ["verify", "report"])
    graph.add_edge("verify", "report")
    graph.add_edge("report", END)
    graph.add_edge("learn", END)
    return graph.compile()
