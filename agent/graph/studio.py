"""How does LangGraph Studio open the graph? By this function, which langgraph.json names."""

from agent.graph.build import Graph, build_graph


def graph() -> Graph:
    """The same machine the worker runs; Studio brings its own checkpointer."""
    return build_graph()
