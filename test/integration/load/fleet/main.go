// Fleet makes SparkApplications, stands in for the kubelet of their drivers, and notes what becomes of them: all with
// one clock.
//
//	fleet -kubeconfig FILE -namespace NAME -count N -template FILE [-creators N] [-start-ms N] [-run-ms N] [-within N]
//
// The template is an application in JSON; its name is given a number. Each driver pod is told to run -start-ms after
// it was made, and to have succeeded -run-ms later. Ends when all applications are COMPLETED or FAILED, or -within
// seconds have passed, and says in one line of JSON what it saw: see report.go. Before that it prints "made" once all
// applications are there.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"
)

var (
	kubeconfig = flag.String("kubeconfig", "", "the API server, in JSON")
	namespace  = flag.String("namespace", "", "where all is made")
	count      = flag.Int("count", 1000, "applications")
	template   = flag.String("template", "", "an application, in JSON")
	creators   = flag.Int("creators", 4, "how many are made at a time")
	startMS    = flag.Int("start-ms", 500, "until a driver runs")
	runMS      = flag.Int("run-ms", 4000, "for how long it runs")
	within     = flag.Int("within", 240, "seconds")
)

const applications = "/apis/sparkoperator.k8s.io/v1beta2/namespaces/"

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "fleet:", err)
	os.Exit(1)
}

func name(stem string, i int) string {
	return fmt.Sprintf("%s-%04d", stem, i)
}

// Makes them all, as fast as the API server takes them.
func (f *fleet) makeAll() error {
	text, err := os.ReadFile(*template)
	if err != nil {
		return err
	}
	numbers, failed := make(chan int), make(chan error, *creators)
	var group sync.WaitGroup
	for i := 0; i < *creators; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for number := range numbers {
				if err := f.makeOne(text, number); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	for i := 0; i < *count; i++ {
		select {
		case numbers <- i:
		case err := <-failed:
			return err
		}
	}
	close(numbers)
	group.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func (f *fleet) makeOne(text []byte, number int) error {
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		return err
	}
	metadata := object["metadata"].(map[string]any)
	metadata["name"] = name(metadata["name"].(string), number)
	_, err := f.api.call(http.MethodPost, applications+*namespace+"/sparkapplications", "application/json", object, nil)
	return err
}

func main() {
	flag.Parse()
	a, err := connect(*kubeconfig)
	if err != nil {
		fatal(err)
	}
	f := newFleet(a)
	ready, ended := make(chan error), make(chan error, 2)
	go func() {
		ended <- watch(a, pods(), url.Values{"labelSelector": {"spark-role=driver"}}, ready, f.onPod)
	}()
	go func() {
		ended <- watch(a, applications+*namespace+"/sparkapplications", url.Values{}, ready, f.onApplication)
	}()
	for i := 0; i < 2; i++ {
		if err := <-ready; err != nil {
			fatal(err)
		}
	}
	go f.probe()
	go func() {
		if err := f.makeAll(); err != nil {
			ended <- err
			return
		}
		fmt.Println("made")
	}()
	select {
	case err := <-ended:
		fatal(err)
	case <-f.done:
	case <-time.After(time.Duration(*within) * time.Second):
	}
	_ = json.NewEncoder(os.Stdout).Encode(f.report())
}
