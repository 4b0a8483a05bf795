from langchain_core.messages import AIMessageChunk

from agent.llm.assembly import MOST_CALLS, MOST_CHARACTERS, Asked, Assembly, Said, Tokens


def test_pieces_are_put_together_and_truncated_arguments_stay_truncated() -> None:
    pieces = Assembly()
    for chunk in (
        AIMessageChunk(content="Let me "),
        AIMessageChunk(content="look."),
        AIMessageChunk(
            content="", tool_call_chunks=[{"index": 0, "id": "a", "name": "ask", "args": "", "type": "tool_call_chunk"}]
        ),
        AIMessageChunk(
            content="",
            tool_call_chunks=[
                {"index": 0, "id": None, "name": None, "args": '{"query": "u', "type": "tool_call_chunk"}
            ],
        ),
        AIMessageChunk(content="", response_metadata={"finish_reason": "length"}),
    ):
        pieces.add(chunk)
    assert pieces.said() == Said("Let me look.", (Asked("a", "ask", '{"query": "u'),), "length", None)


def test_usage_is_the_largest_told_whether_it_comes_once_or_as_a_running_sum() -> None:
    pieces = Assembly()
    for output in (1, 2, 3):
        pieces.add(
            AIMessageChunk(
                content="",
                usage_metadata={
                    "input_tokens": 50,
                    "output_tokens": output,
                    "total_tokens": 50 + output,
                    "input_token_details": {"cache_read": 40},
                },
            )
        )
    assert pieces.said().tokens == Tokens(50, 40, 3)


def test_a_parted_surrogate_pair_is_joined() -> None:
    pieces = Assembly()
    pieces._take_text("\ud83d")
    pieces._take_text("\ude00 \ud800!")
    assert pieces.said().text == "😀 �!"


def test_it_is_full_at_the_limits() -> None:
    long, many = Assembly(), Assembly()
    long.add(AIMessageChunk(content="x" * (MOST_CHARACTERS + 1)))
    for index in range(MOST_CALLS + 1):
        many.add(
            AIMessageChunk(
                content="",
                tool_call_chunks=[
                    {"index": index, "id": f"c{index}", "name": "ask", "args": "{}", "type": "tool_call_chunk"}
                ],
            )
        )
    assert (long.full, many.full) == (True, True)
    assert (long.said().finish, len(many.said().calls)) == ("cut", MOST_CALLS)
