// Goclient posts a review as kube-apiserver does: it trusts the CA bundle alone, expects the name
// SERVICE.NAMESPACE.svc whatever the address is, speaks HTTP/1.1 on kept connections and sends
// ?timeout=.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

var (
	addr     = flag.String("addr", "", "where to connect to")
	ca       = flag.String("ca", "", "file with the CA bundle")
	name     = flag.String("name", "", "the server's name")
	body     = flag.String("body", "", "file with the review")
	count    = flag.Int("count", 1, "how many reviews in all")
	parallel = flag.Int("parallel", 1, "how many at a time")
)

func transport(connections *atomic.Int64) (*http.Transport, error) {
	pem, err := os.ReadFile(*ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate in " + *ca)
	}
	return &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: roots, ServerName: *name, NextProtos: []string{"http/1.1"}},
		MaxIdleConnsPerHost: 25,
		IdleConnTimeout:     90 * time.Second,
		Dial: func(network, _ string) (net.Conn, error) {
			connections.Add(1)
			return net.Dial(network, *addr)
		},
	}, nil
}

func post(client *http.Client, review []byte) error {
	url := "https://" + *name + ":443/mutate?timeout=10s"
	answer, err := client.Post(url, "application/json", bytes.NewReader(review))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	var got struct{ Response struct{ Allowed bool } }
	if err := json.Unmarshal(text, &got); err != nil || answer.StatusCode != 200 || !got.Response.Allowed {
		return fmt.Errorf("status %d: %s", answer.StatusCode, text)
	}
	return nil
}

func run() error {
	var connections, answers atomic.Int64
	review, err := os.ReadFile(*body)
	if err != nil {
		return err
	}
	kept, err := transport(&connections)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: kept, Timeout: 20 * time.Second}
	faults := make(chan error, *parallel)
	var all sync.WaitGroup
	for i := 0; i < *parallel; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for j := 0; j < *count / *parallel; j++ {
				if err := post(client, review); err != nil {
					faults <- err
					return
				}
				answers.Add(1)
			}
		}()
	}
	all.Wait()
	close(faults)
	for err := range faults {
		return err
	}
	fmt.Printf("%d answers, %d connections\n", answers.Load(), connections.Load())
	return nil
}

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
