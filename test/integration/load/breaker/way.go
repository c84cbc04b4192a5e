package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// One call, for the log.
type call struct {
	What  string `json:"what"` // as rules match it
	Agent string `json:"agent"`
	URI   string `json:"uri"`
	At    int64  `json:"at"`   // milliseconds since 1970
	Code  int    `json:"code"` // 0: the server has not answered, or not been asked
	Fired string `json:"fired,omitempty"`
}

type watching struct {
	what string
	end  context.CancelFunc
}

// A port by which clients reach the server.
type way struct {
	breaker *breaker
	server  *http.Server
	name    string
	port    int
	mutex   sync.Mutex
	rules   []*rule
	made    int
	fired   int
	calls   []*call
	watches map[*watching]bool
}

// A path of the API server: /api/VERSION/... or /apis/GROUP/VERSION/..., with or without a namespace.
// Returns the resource with its subresource, and whether an object is named.
func resource(path string) (string, bool) {
	words := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case len(words) >= 3 && words[0] == "api":
		words = words[2:]
	case len(words) >= 4 && words[0] == "apis":
		words = words[3:]
	default:
		return strings.Trim(path, "/"), true
	}
	if len(words) >= 3 && words[0] == "namespaces" {
		words = words[2:]
	}
	if len(words) >= 3 {
		return words[0] + "/" + strings.Join(words[2:], "/"), true
	}
	return words[0], len(words) == 2
}

func describe(request *http.Request) string {
	what, named := resource(request.URL.Path)
	agent, _, _ := strings.Cut(request.UserAgent(), "/")
	verb := map[string]string{"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}[request.Method]
	switch {
	case verb == "" && request.URL.Query().Get("watch") != "":
		verb = "watch"
	case verb == "" && named:
		verb = "get"
	case verb == "":
		verb = "list"
	case verb == "delete" && !named:
		verb = "deletecollection"
	}
	return strings.ReplaceAll(agent, " ", "_") + " " + verb + " " + what
}

func (w *way) add(r *rule) int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.made++
	r.ordinal = w.made
	w.rules = append(w.rules, r)
	return r.ordinal
}

func (w *way) forget() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, r := range w.rules {
		close(r.letGo)
	}
	w.rules = nil
}

func (w *way) said() map[string]any {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	calls := make([]call, len(w.calls))
	for i, c := range w.calls {
		calls[i] = *c
	}
	return map[string]any{"calls": calls, "fired": w.fired}
}

func (w *way) cut(match *regexp.Regexp) int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	count := 0
	for one := range w.watches {
		if match.MatchString(one.what) {
			one.end()
			count++
		}
	}
	return count
}

// Writes the call down, and finds the rule that acts on it.
func (w *way) note(request *http.Request) (*call, *rule) {
	c := &call{What: describe(request), Agent: request.UserAgent(), URI: request.RequestURI, At: time.Now().UnixMilli()}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.calls = append(w.calls, c)
	for _, r := range w.rules {
		if r.takes(c.What) {
			w.fired++
			c.Fired = r.Do + " " + r.When
			return c, r
		}
	}
	return c, nil
}

func (w *way) answered(c *call, code int) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	c.Code = code
}

func (w *way) ask(ctx context.Context, request *http.Request, body []byte) (*http.Response, error) {
	onward := request.Clone(ctx)
	onward.RequestURI, onward.Body = "", io.NopCloser(bytes.NewReader(body))
	onward.URL.Scheme, onward.URL.Host, onward.Host = w.breaker.upstream.Scheme, w.breaker.upstream.Host, ""
	onward.ContentLength = int64(len(body))
	onward.Header.Del("Connection")
	return w.breaker.trip.RoundTrip(onward)
}

func kill(victims []int) {
	for _, pid := range victims {
		if pid > 1 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

func drop() {
	panic(http.ErrAbortHandler)
}

// What a rule does instead of passing a call on, or once that is answered. Returns if it shall go on.
func (w *way) act(r *rule, to http.ResponseWriter, c *call) {
	switch r.Do {
	case "kill":
		kill(r.victims(c.Agent))
		drop()
	case "drop":
		drop()
	case "answer", "gone":
		r.say(to)
	case "delay":
		r.wait()
	case "hold":
		<-r.letGo
	}
}

// As one that was on the wire already: whoever sent it is gone, and it comes true.
func (w *way) passLate(r *rule, request *http.Request, c *call, body []byte) {
	request = request.Clone(context.Background())
	go func() {
		r.wait()
		if response, err := w.ask(context.Background(), request, body); err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			w.answered(c, response.StatusCode)
		}
	}()
}

func (w *way) begin(what string, end context.CancelFunc) func() {
	one := &watching{what, end}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.watches == nil {
		w.watches = map[*watching]bool{}
	}
	w.watches[one] = true
	return func() {
		w.mutex.Lock()
		defer w.mutex.Unlock()
		delete(w.watches, one)
	}
}

func copyAll(to http.ResponseWriter, from io.Reader) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if _, failed := to.Write(buffer[:n]); failed != nil {
				return
			}
			to.(http.Flusher).Flush()
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			drop()
		}
	}
}

func (w *way) ServeHTTP(to http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		drop()
	}
	c, r := w.note(request)
	if r != nil && r.When == "late" {
		w.passLate(r, request, c, body)
	}
	if r != nil && r.When != "after" {
		w.act(r, to, c)
		if r.Do == "answer" || r.Do == "gone" {
			return
		}
	}
	parent := request.Context()
	if r != nil && r.When == "after" { // the server hears of it even if the client ends meanwhile
		parent = context.Background()
	}
	ctx, end := context.WithCancel(parent)
	defer end()
	if strings.Contains(c.What, " watch ") {
		defer w.begin(c.What, end)()
	}
	w.forward(ctx, to, request, body, c, r)
}

func (w *way) forward(ctx context.Context, to http.ResponseWriter, request *http.Request, body []byte, c *call, r *rule) {
	response, err := w.ask(ctx, request, body)
	if err != nil {
		drop()
	}
	defer response.Body.Close()
	w.answered(c, response.StatusCode)
	if r != nil && r.When == "after" {
		w.act(r, to, c)
		if r.Do == "answer" || r.Do == "gone" {
			return
		}
	}
	for name, values := range response.Header {
		to.Header()[name] = values
	}
	to.WriteHeader(response.StatusCode)
	to.(http.Flusher).Flush()
	copyAll(to, response.Body)
}
