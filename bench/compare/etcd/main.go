// A load of puts for etcd: each connection puts one key after another, and waits for the answer in between.
//
// Prints an empty-handed line "measuring" when the warm-up is over, then a line of JSON with the figures.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/clientv3"
)

type result struct {
	Commands   int     `json:"commands"`
	Seconds    float64 `json:"seconds"`
	Errors     int64   `json:"errors"`
	FirstError string  `json:"firstError"`
	P50Ms      float64 `json:"p50Ms"`
	P99Ms      float64 `json:"p99Ms"`
	P999Ms     float64 `json:"p999Ms"`
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// The leader answers without a hop: that is etcd at its best.
func leaderOf(endpoints []string) string {
	client, err := clientv3.New(clientv3.Config{Endpoints: endpoints, DialTimeout: 5 * time.Second})
	if err != nil {
		fail(err)
	}
	defer client.Close()
	for _, endpoint := range endpoints {
		status, err := client.Status(context.Background(), endpoint)
		if err == nil && status.Leader == status.Header.MemberId {
			return endpoint
		}
	}
	return endpoints[0]
}

func main() {
	endpoints := flag.String("endpoints", "", "of all members, with commas")
	connections := flag.Int("connections", 50, "")
	keys := flag.Int("keys", 100000, "")
	valueBytes := flag.Int("value", 64, "")
	warmUp := flag.Duration("warmup", time.Second, "")
	duration := flag.Duration("duration", 5*time.Second, "")
	flag.Parse()

	leader := leaderOf(strings.Split(*endpoints, ","))
	value := strings.Repeat("v", *valueBytes)
	var measuring, ended int32
	var errors int64
	var firstError atomic.Value
	times := make([][]time.Duration, *connections)
	var all sync.WaitGroup
	for i := 0; i < *connections; i++ {
		client, err := clientv3.New(clientv3.Config{Endpoints: []string{leader}, DialTimeout: 5 * time.Second})
		if err != nil {
			fail(err)
		}
		random := rand.New(rand.NewSource(int64(i)))
		all.Add(1)
		go func(i int) {
			defer all.Done()
			for atomic.LoadInt32(&ended) == 0 {
				key := fmt.Sprintf("key:%012d", random.Intn(*keys))
				began := time.Now()
				_, err := client.Put(context.Background(), key, value)
				if err != nil {
					atomic.AddInt64(&errors, 1)
					firstError.CompareAndSwap(nil, err.Error())
				} else if atomic.LoadInt32(&measuring) == 1 {
					times[i] = append(times[i], time.Since(began))
				}
			}
		}(i)
	}
	time.Sleep(*warmUp)
	fmt.Println("measuring")
	began := time.Now()
	atomic.StoreInt32(&measuring, 1)
	time.Sleep(*duration)
	atomic.StoreInt32(&ended, 1)
	seconds := time.Since(began).Seconds()
	all.Wait()

	var together []time.Duration
	for _, each := range times {
		together = append(together, each...)
	}
	sort.Slice(together, func(a, b int) bool { return together[a] < together[b] })
	at := func(share float64) float64 {
		if len(together) == 0 {
			return 0
		}
		i := int(share * float64(len(together)))
		if i >= len(together) {
			i = len(together) - 1
		}
		return float64(together[i].Microseconds()) / 1000
	}
	first, _ := firstError.Load().(string)
	json.NewEncoder(os.Stdout).Encode(result{len(together), seconds, errors, first, at(0.5), at(0.99), at(0.999)})
}
