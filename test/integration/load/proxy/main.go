// Proxy forwards TCP connections, in one of two ways.
//
// As a Service does (default): lines on stdin, "add ADDRESS HEALTH_ADDRESS" and "remove ADDRESS", say
// which backends there are. Each is asked for /readyz every -poll; what changed is acted on -delay
// later, as endpoints and kube-proxy do. New connections go round the ready ones; those that exist
// stay with their backend. Prints "ready ADDRESS" and "gone ADDRESS" when that is in force.
//
// With -to ADDRESS: all go there, and what comes back is held up for -lag, which "lag DURATION" on
// stdin changes: a peer that learns of everything late.
//
// "hold up BYTES" lets so many more bytes through on their way to a backend, or with "down" on their
// way back, and then nothing more on that connection until one of its ends closes it, without passing
// on anything that is held. Prints "held ADDRESS" then.
//
// First prints "port N". Ends with its stdin, and then prints how many connections it forwarded and
// how many it had no backend for.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

var (
	poll  = flag.Duration("poll", 20*time.Millisecond, "how often a backend is asked whether it is ready")
	delay = flag.Duration("delay", 0, "how long after that it is acted on")
	to    = flag.String("to", "", "the only backend, always ready")
	lag   = flag.Duration("lag", 0, "with -to: how long what comes back is held up")
)

var forwarded, refused, unreachable, delayed atomic.Int64

type backends struct {
	mutex sync.Mutex
	ready []string
	stops map[string]chan struct{}
	turn  int
}

func (b *backends) pick() (string, bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if len(b.ready) == 0 {
		return "", false
	}
	b.turn++
	return b.ready[b.turn%len(b.ready)], true
}

func (b *backends) set(address string, ready bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	kept := []string{}
	for _, other := range b.ready {
		if other != address {
			kept = append(kept, other)
		}
	}
	if ready {
		kept = append(kept, address)
	}
	b.ready = kept
	if ready {
		fmt.Println("ready", address)
	} else {
		fmt.Println("gone", address)
	}
}

func asked(client *http.Client, health string) bool {
	answer, err := client.Get("http://" + health + "/readyz")
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

func (b *backends) watch(address, health string, stop <-chan struct{}) {
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(*poll)
	defer tick.Stop()
	was := false
	for {
		if is := asked(client, health); is != was {
			was = is
			time.AfterFunc(*delay, func() { b.set(address, is) })
		}
		select {
		case <-stop:
			if was {
				time.AfterFunc(*delay, func() { b.set(address, false) })
			}
			return
		case <-tick.C:
		}
	}
}

func (b *backends) obey(line string) {
	words := strings.Fields(line)
	switch {
	case len(words) == 3 && words[0] == "add":
		stop := make(chan struct{})
		b.stops[words[1]] = stop
		go b.watch(words[1], words[2], stop)
	case len(words) == 2 && words[0] == "remove" && b.stops[words[1]] != nil:
		close(b.stops[words[1]])
		delete(b.stops, words[1])
	case len(words) == 2 && words[0] == "lag":
		if value, err := time.ParseDuration(words[1]); err == nil {
			delayed.Store(int64(value))
		}
	case len(words) == 3 && words[0] == "hold":
		if left, err := strconv.Atoi(words[2]); err == nil {
			armed.set(words[1], left)
		}
	default:
		fmt.Fprintf(os.Stderr, "not understood: %q\n", line)
		os.Exit(1)
	}
}

// Passes an end or a reset on as what it was.
func finish(to *net.TCPConn, err error) {
	if errors.Is(err, syscall.ECONNRESET) {
		_ = to.SetLinger(0)
		_ = to.Close()
		return
	}
	_ = to.CloseWrite()
}

// What the next bytes of a direction are cut by; the connection that reaches it is held.
type hold struct {
	mutex     sync.Mutex
	direction string
	left      int
}

var armed hold

func (h *hold) set(direction string, left int) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.direction, h.left = direction, left
}

// How many of @n bytes may pass, and whether it ends there.
func (h *hold) take(direction string, n int) (int, bool) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.direction != direction {
		return n, false
	}
	if n < h.left {
		h.left -= n
		return n, false
	}
	h.direction = ""
	return h.left, true
}

func pass(to, from *net.TCPConn, direction, address string) error {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		allowed, held := armed.take(direction, n)
		if _, failed := to.Write(buffer[:allowed]); failed != nil {
			return failed
		}
		if held {
			fmt.Println("held", address)
			_, err = io.Copy(io.Discard, from)
			return err
		}
		if err != nil {
			return err
		}
	}
}

type piece struct {
	bytes []byte
	due   time.Time
}

func late(to io.Writer, from io.Reader) error {
	pieces := make(chan piece, 1024)
	var failed error
	go func() {
		defer close(pieces)
		for {
			buffer := make([]byte, 32<<10)
			n, err := from.Read(buffer)
			pieces <- piece{buffer[:n], time.Now().Add(time.Duration(delayed.Load()))}
			if err != nil {
				failed = err
				return
			}
		}
	}()
	for piece := range pieces {
		time.Sleep(time.Until(piece.due))
		if _, err := to.Write(piece.bytes); err != nil {
			return err
		}
	}
	return failed
}

func forward(client, server *net.TCPConn, address string) {
	defer client.Close()
	defer server.Close()
	var both sync.WaitGroup
	both.Add(2)
	go func() {
		defer both.Done()
		finish(server, pass(server, client, "up", address))
	}()
	go func() {
		defer both.Done()
		if *to != "" {
			finish(client, late(client, server))
			return
		}
		finish(client, pass(client, server, "down", address))
	}()
	both.Wait()
}

func (b *backends) serve(client *net.TCPConn) {
	address, some := b.pick()
	if some {
		if server, err := net.DialTimeout("tcp", address, 5*time.Second); err == nil {
			forwarded.Add(1)
			forward(client, server.(*net.TCPConn), address)
			return
		}
		unreachable.Add(1)
	} else {
		refused.Add(1)
	}
	_ = client.SetLinger(0)
	_ = client.Close()
}

func main() {
	flag.Parse()
	delayed.Store(int64(*lag))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	all := &backends{stops: map[string]chan struct{}{}}
	if *to != "" {
		all.ready = []string{*to}
	}
	fmt.Println("port", listener.Addr().(*net.TCPAddr).Port)
	go func() {
		for {
			if client, err := listener.Accept(); err == nil {
				go all.serve(client.(*net.TCPConn))
			}
		}
	}()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		all.obey(lines.Text())
	}
	fmt.Printf("forwarded %d refused %d unreachable %d\n", forwarded.Load(), refused.Load(), unreachable.Load())
}
