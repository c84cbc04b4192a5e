package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

const look = 20 * time.Millisecond

// What requests go out with. A bundle that changed makes a new pool of connections, as in the API
// server; requests under way end on the old one.
type clients struct {
	kept                 atomic.Pointer[http.Transport]
	bundle               []byte
	connections, bundles atomic.Int64
}

func (c *clients) transport(pem []byte) (*http.Transport, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate in " + *ca)
	}
	return &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: roots, ServerName: *name, NextProtos: []string{"http/1.1"}},
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConnsPerHost: 25,
		IdleConnTimeout:     90 * time.Second,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			c.connections.Add(1)
			return (&net.Dialer{}).DialContext(ctx, network, *addr)
		},
	}, nil
}

func (c *clients) use(pem []byte) error {
	kept, err := c.transport(pem)
	if err != nil {
		return err
	}
	c.bundles.Add(1)
	if old := c.kept.Swap(kept); old != nil {
		old.CloseIdleConnections()
	}
	return nil
}

// A client for one request, and what to call after it. A fresh one connects anew.
func (c *clients) get(fresh bool) (*http.Client, func()) {
	kept := c.kept.Load()
	if !fresh {
		return &http.Client{Transport: kept}, func() {}
	}
	once := kept.Clone()
	return &http.Client{Transport: once}, once.CloseIdleConnections
}

func (c *clients) start(done <-chan struct{}) error {
	pem, err := os.ReadFile(*ca)
	if err != nil {
		return err
	}
	if err := c.use(pem); err != nil {
		return err
	}
	go c.follow(pem, done)
	return nil
}

// A file that can't be used is one that is being written.
func (c *clients) follow(seen []byte, done <-chan struct{}) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		pem, err := os.ReadFile(*ca)
		if err != nil || bytes.Equal(pem, seen) || !x509.NewCertPool().AppendCertsFromPEM(pem) {
			continue
		}
		seen = pem
		time.AfterFunc(*caLag, func() { _ = c.use(pem) })
	}
}
