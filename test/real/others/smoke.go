// redigo, as Debian has it: `smoke PORT` ends with 0 when every reply is what the client expects.
package main

import (
	"fmt"
	"os"

	"github.com/gomodule/redigo/redis"
)

func check(found interface{}, err error, expected string) {
	if text, isBytes := found.([]byte); isBytes {
		found = string(text)
	}
	if err != nil || fmt.Sprint(found) != expected {
		fmt.Println("expected", expected, "and not", found, err)
		os.Exit(1)
	}
}

func main() {
	pool := &redis.Pool{MaxIdle: 4, Dial: func() (redis.Conn, error) {
		return redis.Dial("tcp", "127.0.0.1:"+os.Args[1], redis.DialClientName("redigo"))
	}}
	c := pool.Get()
	defer c.Close()
	do := func(expected string, command string, args ...interface{}) {
		found, err := c.Do(command, args...)
		check(found, err, expected)
	}
	do("OK", "FLUSHALL")
	do("PONG", "PING")
	do("OK", "SET", "go:a", 1)
	do("42", "INCRBY", "go:a", 41)
	do("42", "GET", "go:a")
	do("<nil>", "GET", "go:none")
	do("<nil>", "SET", "go:a", "no", "NX")
	do("OK", "MSET", redis.Args{}.AddFlat(map[string]int{"go:b": 2, "go:c": 3})...)
	keys, err := redis.Strings(c.Do("KEYS", "go:*"))
	check(len(keys), err, "3")
	cursor, found := "0", 0
	for {
		values, err := redis.Values(c.Do("SCAN", cursor, "MATCH", "go:*", "COUNT", 2))
		if err != nil {
			check(nil, err, "a page")
		}
		var some []string
		_, err = redis.Scan(values, &cursor, &some)
		check(nil, err, "<nil>")
		found += len(some)
		if cursor == "0" {
			break
		}
	}
	check(found, nil, "3")
	for i := 0; i < 1000; i++ {
		c.Send("INCR", "go:n")
	}
	c.Flush()
	for i := 1; i <= 1000; i++ {
		n, err := c.Receive()
		check(n, err, fmt.Sprint(i))
	}
	_, err = c.Do("INCR", "go:none", "x")
	check(err, nil, "ERR wrong number of arguments for 'incr' command")
	do("4", "DEL", "go:a", "go:b", "go:c", "go:n")
	do("0", "DBSIZE")
	fmt.Println("ok")
}
