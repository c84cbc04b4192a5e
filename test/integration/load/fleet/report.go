package main

import (
	"sort"
	"time"
)

// How long something took, in milliseconds.
type spread struct {
	Count int   `json:"count"`
	P50   int64 `json:"p50"`
	P99   int64 `json:"p99"`
	Max   int64 `json:"max"`
}

func spreadOf(all []time.Duration) spread {
	if len(all) == 0 {
		return spread{}
	}
	sort.Slice(all, func(a, b int) bool { return all[a] < all[b] })
	at := func(percent int) int64 { return all[(len(all)*percent+99)/100-1].Milliseconds() }
	return spread{len(all), at(50), at(99), all[len(all)-1].Milliseconds()}
}

type report struct {
	Applications int            `json:"applications"`
	Reached      map[string]int `json:"reached"` // how many were seen in a state at some time
	Drivers      int            `json:"drivers"` // pods that were made
	IDs          int            `json:"ids"`     // of submissions, in status: one without a driver was never begun
	Twice        []string       `json:"twice"`   // applications with more than one driver
	AtOnce       int            `json:"at_once"` // drivers of one application, at most
	Failures     []string       `json:"failures"`
	// From a driver's status to the application's, both as a watch told it.
	Running   spread `json:"lag_running_ms"`
	Completed spread `json:"lag_completed_ms"`
	Noticed   spread `json:"noticed_ms"` // from an application's creation to its submission ID in status
	API       spread `json:"api_ms"`     // one small call
	// From the first application to the last driver, and to the last end.
	SubmittedS float64 `json:"submitted_s"`
	EndedS     float64 `json:"ended_s"`
	PerMinute  float64 `json:"per_minute"` // drivers
}

type tally struct {
	running, completed, noticed      []time.Duration
	firstMade, lastDriver, lastEnded time.Time
}

func between(into []time.Duration, from, to time.Time) []time.Duration {
	if from.IsZero() || to.IsZero() {
		return into
	}
	return append(into, to.Sub(from))
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (t *tally) add(one *life) {
	if t.firstMade.IsZero() || one.made.Before(t.firstMade) {
		t.firstMade = one.made
	}
	for _, when := range one.drivers {
		t.lastDriver = later(t.lastDriver, when)
	}
	t.lastEnded = later(t.lastEnded, later(one.states["COMPLETED"], one.states["FAILED"]))
	t.running = between(t.running, one.phases["Running"], one.states["RUNNING"])
	t.completed = between(t.completed, one.phases["Succeeded"], one.states["COMPLETED"])
	t.noticed = between(t.noticed, one.made, one.noticed)
}

func (f *fleet) report() report {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	said := report{Reached: map[string]int{}, Twice: []string{}, Failures: []string{}}
	var all tally
	for name, one := range f.lives {
		all.add(one)
		said.Applications++
		said.Drivers += len(one.drivers)
		said.IDs += len(one.ids)
		if len(one.drivers) > 1 || len(one.pods) > 1 {
			said.Twice = append(said.Twice, name)
		}
		if one.most > said.AtOnce {
			said.AtOnce = one.most
		}
		for state := range one.states {
			said.Reached[state]++
		}
		if one.message != "" && len(said.Failures) < 10 {
			said.Failures = append(said.Failures, name+": "+one.message)
		}
	}
	said.Running, said.Completed, said.Noticed = spreadOf(all.running), spreadOf(all.completed), spreadOf(all.noticed)
	said.API = spreadOf(f.asked)
	said.SubmittedS = all.lastDriver.Sub(all.firstMade).Seconds()
	said.EndedS = all.lastEnded.Sub(all.firstMade).Seconds()
	if said.SubmittedS > 0 {
		said.PerMinute = float64(said.Drivers) / said.SubmittedS * 60
	}
	return said
}
