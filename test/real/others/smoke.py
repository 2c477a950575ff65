"""redis-py, as Debian has it: `smoke.py PORT` ends with 0 when every reply is what the client expects."""

import sys

import redis

for decode in (False, True):
    client = redis.Redis(host="127.0.0.1", port=int(sys.argv[1]), decode_responses=decode)
    text = (lambda value: value) if decode else (lambda value: value.encode())
    client.flushall()
    assert client.ping()
    assert client.set("py:a", "1") is True
    assert client.get("py:a") == text("1")
    assert client.incrby("py:a", 41) == 42
    assert client.set("py:a", "no", nx=True) is None
    assert client.mset({"py:b": "x", "py:c": "y"}) is True
    assert client.mget("py:a", "py:none", "py:c") == [text("42"), None, text("y")]
    assert client.expire("py:b", 100) and 90 < client.ttl("py:b") <= 100
    assert client.type("py:a") == text("string")
    assert sorted(client.scan_iter(match="py:*", count=2)) == [text("py:a"), text("py:b"), text("py:c")]
    assert sorted(client.keys("py:[ab]")) == [text("py:a"), text("py:b")]
    assert client.randomkey() in (text("py:a"), text("py:b"), text("py:c"))
    with client.pipeline(transaction=False) as pipe:
        for _ in range(1000):
            pipe.incr("py:n")
        assert pipe.execute() == list(range(1, 1001))
    assert client.delete("py:a", "py:b", "py:c", "py:n", "py:none") == 4
    assert client.dbsize() == 0
    assert client.info()["redis_version"] == "7.0.15"
    assert client.wait(1, 5000) >= 1
    try:
        client.set("py:a", "x")
        client.incr("py:a")
        raise AssertionError("INCR of what is no number is refused")
    except redis.ResponseError as error:
        assert str(error) == "value is not an integer or out of range"
    client.close()
print("ok")
