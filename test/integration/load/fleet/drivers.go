package main

import (
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"
)

type pod struct {
	Metadata struct {
		Name   string
		UID    string
		Labels map[string]string
	}
	Status struct{ Phase string }
}

type application struct {
	Metadata struct{ Name string }
	Status   struct {
		SubmissionID     string
		ApplicationState struct{ State, ErrorMessage string }
	}
}

// What was seen of one application, and when.
type life struct {
	made    time.Time
	noticed time.Time
	drivers map[string]time.Time // by UID
	living  int                  // driver pods that are there now
	most    int                  // at one time
	ids     map[string]bool      // of submissions, in its status
	pods    map[string]bool      // of submissions, on its drivers
	phases  map[string]time.Time // of its last driver
	states  map[string]time.Time
	message string
}

type fleet struct {
	api   *api
	done  chan struct{} // closed when all have come to an end
	mutex sync.Mutex
	lives map[string]*life
	ended int
	asked []time.Duration // what one small call took, now and then
}

func newFleet(a *api) *fleet {
	return &fleet{api: a, done: make(chan struct{}), lives: map[string]*life{}}
}

func pods() string {
	return "/api/v1/namespaces/" + *namespace + "/pods"
}

// The lock is held.
func (f *fleet) life(name string) *life {
	one := f.lives[name]
	if one == nil {
		one = &life{drivers: map[string]time.Time{}, ids: map[string]bool{}, pods: map[string]bool{}, phases: map[string]time.Time{},
			states: map[string]time.Time{}}
		f.lives[name] = one
	}
	return one
}

func note(times map[string]time.Time, what string, when time.Time) {
	if _, known := times[what]; !known {
		times[what] = when
	}
}

func (f *fleet) onPod(heard time.Time, e event[pod]) {
	labels := e.Object.Metadata.Labels
	f.mutex.Lock()
	defer f.mutex.Unlock()
	one := f.life(labels["sparkoperator.k8s.io/app-name"])
	switch e.Type {
	case "ADDED":
		note(one.drivers, e.Object.Metadata.UID, heard)
		one.pods[labels["sparkoperator.k8s.io/submission-id"]] = true
		one.phases = map[string]time.Time{}
		one.living++
		if one.living > one.most {
			one.most = one.living
		}
		go f.live(e.Object)
	case "DELETED":
		one.living--
	}
	note(one.phases, e.Object.Status.Phase, heard)
}

func (f *fleet) onApplication(heard time.Time, e event[application]) {
	status := e.Object.Status
	f.mutex.Lock()
	defer f.mutex.Unlock()
	one := f.life(e.Object.Metadata.Name)
	if e.Type == "ADDED" {
		one.made = heard
	}
	if status.SubmissionID != "" {
		one.ids[status.SubmissionID] = true
		if one.noticed.IsZero() {
			one.noticed = heard
		}
	}
	state := status.ApplicationState.State
	_, known := one.states[state]
	note(one.states, state, heard)
	if !known && (state == "COMPLETED" || state == "FAILED") {
		one.message = status.ApplicationState.ErrorMessage
		f.ended++
		if f.ended == *count {
			close(f.done)
		}
	}
}

// Asks for little, over and over: what the API server itself takes at this load.
func (f *fleet) probe() {
	for range time.Tick(25 * time.Millisecond) {
		start := time.Now()
		if _, err := f.api.call(http.MethodGet, "/api/v1/namespaces/"+*namespace, "", nil, nil); err != nil {
			continue
		}
		f.mutex.Lock()
		f.asked = append(f.asked, time.Since(start))
		f.mutex.Unlock()
	}
}

// A driver's life, as its kubelet tells it.
func (f *fleet) live(driver pod) {
	time.Sleep(time.Duration(*startMS) * time.Millisecond)
	f.tell(driver, "Running", map[string]any{"running": map[string]any{"startedAt": now()}})
	time.Sleep(time.Duration(*runMS) * time.Millisecond)
	f.tell(driver, "Succeeded", map[string]any{"terminated": map[string]any{
		"exitCode": 0, "reason": "Completed", "finishedAt": now()}})
}

func now() string {
	return time.Now().UTC().Format(time.RFC3339)
}

func (f *fleet) tell(driver pod, phase string, state map[string]any) {
	status := map[string]any{"phase": phase, "containerStatuses": []any{map[string]any{
		"name": "spark-kubernetes-driver", "image": "none", "imageID": "", "restartCount": 0,
		"ready": phase == "Running", "state": state}}}
	patch := map[string]any{"metadata": map[string]any{"uid": driver.Metadata.UID}, "status": status}
	code, err := f.api.call(http.MethodPatch, pods()+"/"+driver.Metadata.Name+"/status",
		"application/merge-patch+json", patch, nil)
	if err != nil && code != http.StatusNotFound && code != http.StatusConflict { // gone, or another one by now
		fmt.Fprintln(os.Stderr, "fleet:", err)
	}
}
