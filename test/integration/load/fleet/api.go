package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"
)

// The API server that a kubeconfig in JSON names, by a token.
type api struct {
	server, token string
	client        *http.Client
}

func connect(file string) (*api, error) {
	var config struct {
		Clusters []struct {
			Cluster struct {
				Server string
				CA     string `json:"certificate-authority"`
			}
		}
		Users []struct{ User struct{ Token string } }
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &config); err != nil {
		return nil, err
	}
	if len(config.Clusters) == 0 || len(config.Users) == 0 {
		return nil, fmt.Errorf("%s: expected a cluster and a user", file)
	}
	pem, err := os.ReadFile(config.Clusters[0].Cluster.CA)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: roots, NextProtos: []string{"http/1.1"}},
		MaxIdleConnsPerHost: 64,
	}
	return &api{config.Clusters[0].Cluster.Server, config.Users[0].User.Token, &http.Client{Transport: transport}}, nil
}

func (a *api) ask(ctx context.Context, method, path, kind string, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, a.server+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+a.token)
	request.Header.Set("Content-Type", kind)
	return a.client.Do(request)
}

// The answer's status; the answer itself into @into unless that is nil.
func (a *api) call(method, path, kind string, body, into any) (int, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	ctx, end := context.WithTimeout(context.Background(), 30*time.Second)
	defer end()
	response, err := a.ask(ctx, method, path, kind, text)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err == nil && into != nil && response.StatusCode < 300 {
		err = json.Unmarshal(said, into)
	}
	if err == nil && response.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s: %.300s", method, path, response.Status, said)
	}
	return response.StatusCode, err
}

type event[T any] struct {
	Type   string
	Object T
}

// Hands on what happens in a collection from now on, with when it was heard of; until the process ends. A watch that
// ends would have missed something: that is an error.
func watch[T any](a *api, path string, query url.Values, ready chan<- error, on func(time.Time, event[T])) error {
	var list struct {
		Metadata struct{ ResourceVersion string }
	}
	_, err := a.call(http.MethodGet, path+"?limit=1&"+query.Encode(), "application/json", nil, &list)
	ready <- err
	if err != nil {
		return err
	}
	query.Set("watch", "1")
	query.Set("timeoutSeconds", "3600")
	query.Set("resourceVersion", list.Metadata.ResourceVersion)
	response, err := a.ask(context.Background(), http.MethodGet, path+"?"+query.Encode(), "application/json", nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	lines := bufio.NewReaderSize(response.Body, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		heard := time.Now()
		if err != nil {
			return fmt.Errorf("the watch of %s ended: %w", path, err)
		}
		var one event[T]
		if err := json.Unmarshal(line, &one); err != nil {
			return err
		}
		on(heard, one)
	}
}
