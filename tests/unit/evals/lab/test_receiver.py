import json

import httpx2
import pytest

from evals.lab.receiver import WebhookReceiver


def test_a_body_is_kept_exactly_and_a_stranger_is_refused() -> None:
    text = '{"status": "firing",  "groupKey": "g"}'
    with WebhookReceiver("key") as receiver, httpx2.Client() as client:
        stranger = client.post(receiver.url, content=text, headers={"Authorization": "Bearer other"})
        sender = client.post(receiver.url, content=text, headers={"Authorization": "Bearer key"})
        kept = [post.text for post in receiver.posts]

    assert (stranger.status_code, sender.status_code, kept) == (401, 202, [text])


def test_the_first_post_that_is_wanted_is_found() -> None:
    with WebhookReceiver("key") as receiver, httpx2.Client(headers={"Authorization": "Bearer key"}) as client:
        for status in ("firing", "resolved"):
            client.post(receiver.url, content=json.dumps({"status": status, "groupKey": "g"}))
        found = receiver.wait_for(lambda post: post.status == "resolved", within_s=5.0)

    assert (found.status, found.group) == ("resolved", "g")


def test_a_post_that_never_comes_is_not_waited_for_longer_than_asked() -> None:
    with WebhookReceiver("key") as receiver, pytest.raises(TimeoutError, match="within 0 s"):
        receiver.wait_for(lambda _: True, within_s=0.0)
