// Loader posts reviews as kube-apiserver does, at a fixed rate or as fast as it can, and counts what
// is lost. It trusts the CA bundle alone, expects the name SERVICE.NAMESPACE.svc whatever the address
// is, speaks HTTP/1.1 on a shared pool of kept connections, sends ?timeout=, asks again when told to by
// Retry-After, and repeats nothing else: a review that met a closed connection is a failure. The
// bundle is read again when it changes; with -ca-lag so much later, like an informer that is behind.
//
// Prints {"good":..,"failed":..,"retried":..} every 100 ms and, once a line or the end of stdin has come or -count
// is reached, the summary. Exit code 0 unless it could not start.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

var (
	addr    = flag.String("addr", "", "where to connect to")
	ca      = flag.String("ca", "", "file with the CA bundle")
	caLag   = flag.Duration("ca-lag", 0, "how long after a change of the bundle it is used")
	name    = flag.String("name", "", "the server's name")
	body    = flag.String("review", "", "file with the review")
	count   = flag.Int64("count", 0, "how many reviews in all; 0: until stdin says stop")
	rate    = flag.Float64("rate", 0, "reviews a second in all; 0: as fast as possible")
	workers = flag.Int("workers", 8, "how many at a time")
	fresh   = flag.Int64("fresh", 50, "every so many reviews one goes over a new connection; 0: none")
	timeout = flag.Duration("timeout", 10*time.Second, "of one review")
)

const (
	failuresShown = 10
	retriesMax    = 10 // client-go, rest/with_retry.go
)

type summary struct {
	Sent        int64          `json:"sent"`
	Good        int64          `json:"good"`
	Failed      int64          `json:"failed"`
	Retried     int64          `json:"retried"`
	Connections int64          `json:"connections"`
	Bundles     int64          `json:"bundles"`
	MaxMs       int64          `json:"max_ms"`
	Seconds     float64        `json:"seconds"`
	Patches     map[string]int `json:"patches"`
	Failures    []string       `json:"failures"`
}

type loader struct {
	clients clients
	review  []byte
	uidAt   int
	start   time.Time

	next, sent, good, failed, retried atomic.Int64

	mutex    sync.Mutex
	max      time.Duration
	patches  map[string]int
	failures []string
}

func (l *loader) fail(number int64, err error) {
	l.failed.Add(1)
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if len(l.failures) < failuresShown {
		l.failures = append(l.failures, fmt.Sprintf("%.3f s, review %d: %v", time.Since(l.start).Seconds(), number, err))
	}
}

func (l *loader) succeed(patch []byte, took time.Duration) {
	l.good.Add(1)
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.patches[string(patch)]++
	if took > l.max {
		l.max = took
	}
}

// The review with a uid of its own, as long as the one it replaces.
func (l *loader) numbered(number int64) ([]byte, string) {
	uid := fmt.Sprintf("00000000-0000-4000-8000-%012d", number)
	text := append([]byte(nil), l.review...)
	copy(text[l.uidAt:], uid)
	return text, uid
}

func check(answer *http.Response, text []byte, uid string) ([]byte, error) {
	var got struct {
		Response struct {
			UID     string
			Allowed bool
			Patch   []byte
		}
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d: %.200s", answer.StatusCode, text)
	}
	if err := json.Unmarshal(text, &got); err != nil {
		return nil, fmt.Errorf("%v: %.200s", err, text)
	}
	var operations []any
	if err := json.Unmarshal(got.Response.Patch, &operations); err != nil || len(operations) == 0 {
		return nil, fmt.Errorf("no patch (%v): %.200s", err, text)
	}
	if got.Response.UID != uid || !got.Response.Allowed {
		return nil, fmt.Errorf("not what was asked for: %.200s", text)
	}
	return got.Response.Patch, nil
}

// One request. Said to come back, it returns after how long.
func (l *loader) ask(client *http.Client, review []byte, uid string, left time.Duration) ([]byte, time.Duration, error) {
	client = &http.Client{Transport: client.Transport, Timeout: left}
	url := "https://" + *name + ":443/mutate?timeout=" + timeout.String()
	answer, err := client.Post(url, "application/json", bytes.NewReader(review))
	if err != nil {
		return nil, 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, 0, err
	}
	patch, err := check(answer, text, uid)
	if after, bad := strconv.Atoi(answer.Header.Get("Retry-After")); bad == nil &&
		(answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode >= 500) {
		return nil, time.Duration(after) * time.Second, err
	}
	return patch, 0, err
}

func (l *loader) post(number int64) {
	review, uid := l.numbered(number)
	client, done := l.clients.get(*fresh > 0 && number%*fresh == 0)
	defer done()
	begin := time.Now()
	l.sent.Add(1)
	for try := 0; ; try++ {
		patch, after, err := l.ask(client, review, uid, *timeout-time.Since(begin))
		if err == nil {
			l.succeed(patch, time.Since(begin))
			return
		}
		if after == 0 || try == retriesMax || time.Since(begin)+after >= *timeout {
			l.fail(number, err)
			return
		}
		l.retried.Add(1)
		time.Sleep(after)
	}
}

func (l *loader) work(stop <-chan struct{}) {
	for {
		number := l.next.Add(1)
		if *count > 0 && number > *count {
			return
		}
		var wait time.Duration
		if *rate > 0 {
			wait = time.Until(l.start.Add(time.Duration(float64(number) / *rate * float64(time.Second))))
		}
		select {
		case <-stop:
			return
		case <-time.After(wait):
		}
		l.post(number)
	}
}

func (l *loader) summary() summary {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return summary{l.sent.Load(), l.good.Load(), l.failed.Load(), l.retried.Load(), l.clients.connections.Load(),
		l.clients.bundles.Load(), l.max.Milliseconds(), time.Since(l.start).Seconds(), l.patches, l.failures}
}

func (l *loader) report(done <-chan struct{}) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			fmt.Printf("{\"good\":%d,\"failed\":%d,\"retried\":%d}\n", l.good.Load(), l.failed.Load(), l.retried.Load())
		}
	}
}

func run() error {
	review, err := os.ReadFile(*body)
	if err != nil {
		return err
	}
	var envelope struct{ Request struct{ UID string } }
	if err := json.Unmarshal(review, &envelope); err != nil {
		return err
	}
	if len(envelope.Request.UID) != 36 {
		return fmt.Errorf("%s: the uid is %q", *body, envelope.Request.UID)
	}
	l := &loader{review: review, uidAt: bytes.Index(review, []byte(envelope.Request.UID)), start: time.Now(),
		patches: map[string]int{}, failures: []string{}}
	stop, done := make(chan struct{}), make(chan struct{})
	if err := l.clients.start(done); err != nil {
		return err
	}
	go func() {
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		close(stop)
	}()
	go l.report(done)
	var all sync.WaitGroup
	for i := 0; i < *workers; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			l.work(stop)
		}()
	}
	all.Wait()
	close(done)
	return json.NewEncoder(os.Stdout).Encode(l.summary())
}

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
