package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A rule acts on some of the calls that match it. A call is "AGENT VERB RESOURCE", as in
// "spark-controller patch sparkapplications/status": the verb is the API server's own (get, list, watch, create,
// update, patch, delete, deletecollection).
type rule struct {
	Match string `json:"match"` // a regular expression
	Nth   int    `json:"nth"`   // the first call of those that it acts on; from 1
	Times int    `json:"times"` // on how many it acts from there; -1: all
	// "before": the call never reaches the server. "after": the server has answered, and nobody hears of it.
	// "late": as "before" for the client, but the call is passed on after DelayMS all the same, as one that
	// was under way.
	When string `json:"when"`
	// "drop": the connection ends. "kill": and before that, the processes Kill and, with Agent, the one that the
	// User-Agent names as "agent/PID". "answer": with Code. "gone": a watch that says 410 at once.
	// "delay": by DelayMS, then it goes on. "hold": until the rule is forgotten.
	Do         string `json:"do"`
	Kill       []int  `json:"kill"`
	Agent      bool   `json:"agent"`
	Code       int    `json:"code"`
	RetryAfter int    `json:"retry_after"` // seconds, with "answer"; 0: says nothing of it
	DelayMS    int    `json:"delay_ms"`

	match   *regexp.Regexp
	seen    int
	letGo   chan struct{} // closed when it is forgotten
	ordinal int
}

func readRule(from io.Reader) (*rule, error) {
	r := &rule{Nth: 1, Times: 1, When: "before", letGo: make(chan struct{})}
	decoder := json.NewDecoder(from)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(r); err != nil {
		return nil, err
	}
	var err error
	if r.match, err = regexp.Compile(r.Match); err != nil {
		return nil, err
	}
	if r.When != "before" && r.When != "after" && r.When != "late" {
		return nil, fmt.Errorf("when: %q", r.When)
	}
	switch r.Do {
	case "drop", "kill", "answer", "gone", "delay", "hold":
		return r, nil
	}
	return nil, fmt.Errorf("do: %q", r.Do)
}

// Whether it acts on this call. The lock of its way is held.
func (r *rule) takes(call string) bool {
	if !r.match.MatchString(call) {
		return false
	}
	r.seen++
	return r.seen >= r.Nth && (r.Times < 0 || r.seen < r.Nth+r.Times)
}

func (r *rule) wait() {
	select {
	case <-r.letGo:
	case <-time.After(time.Duration(r.DelayMS) * time.Millisecond):
	}
}

// The processes that are to end: those it names, and the client's own.
func (r *rule) victims(agent string) []int {
	all := r.Kill
	if _, number, found := strings.Cut(agent, "/"); r.Agent && found {
		if pid, err := strconv.Atoi(number); err == nil && pid > 1 {
			all = append(all[:len(all):len(all)], pid)
		}
	}
	return all
}

func status(code int, reason string) map[string]any {
	return map[string]any{"kind": "Status", "apiVersion": "v1", "metadata": map[string]any{}, "status": "Failure",
		"message": "the breaker says no", "reason": reason, "code": code}
}

func (r *rule) say(to http.ResponseWriter) {
	to.Header().Set("Content-Type", "application/json")
	if r.Do == "gone" {
		_ = json.NewEncoder(to).Encode(map[string]any{"type": "ERROR", "object": status(http.StatusGone, "Expired")})
		return
	}
	if r.RetryAfter > 0 {
		to.Header().Set("Retry-After", strconv.Itoa(r.RetryAfter))
	}
	to.WriteHeader(r.Code)
	_ = json.NewEncoder(to).Encode(status(r.Code, reasons[r.Code]))
}

var reasons = map[int]string{
	http.StatusConflict: "Conflict", http.StatusGone: "Expired", http.StatusTooManyRequests: "TooManyRequests",
	http.StatusInternalServerError: "InternalError", http.StatusServiceUnavailable: "ServiceUnavailable",
	http.StatusForbidden: "Forbidden", http.StatusUnauthorized: "Unauthorized",
}
