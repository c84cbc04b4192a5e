// Breaker stands between clients and an API server, counts what they ask, and breaks it where it is told to.
//
//	breaker -server URL -ca FILE -cert FILE
//
// One process has many ways to the server, each with a port, rules and a log of its own, so that one test can
// break many clients at once. Certificate and key of all ways are made at start; FILE gets the certificate, to be
// trusted. What authenticates a client is passed on as it is.
//
// First prints "port N": plain HTTP on loopback, by which a test says what it wants, in JSON:
//
//	POST   /ways              a new way: {"name", "port"}
//	GET    /ways/NAME         what has been asked: {"calls": [...], "fired": N}
//	POST   /ways/NAME/rules   adds a rule, see rule.go: {"id"}
//	DELETE /ways/NAME/rules   forgets all rules; what they hold back is let go
//	POST   /ways/NAME/cut     ends the watches that go on and match {"match"}
//	DELETE /ways/NAME         closes it, and all its connections
//
// Ends with its stdin.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
)

var (
	server = flag.String("server", "", "the API server")
	ca     = flag.String("ca", "", "whom to trust there")
	cert   = flag.String("cert", "", "where the certificate of the ways is written to")
)

type breaker struct {
	upstream *url.URL
	trip     http.RoundTripper
	tls      *tls.Config
	mutex    sync.Mutex
	ways     map[string]*way
	count    int
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

// A certificate for loopback that is its own authority.
func selfSigned(file string) tls.Certificate {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "breaker"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true, IsCA: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der := must(x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key))
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	must(0, os.WriteFile(file, text, 0o600))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func newBreaker() *breaker {
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(must(os.ReadFile(*ca)))
	return &breaker{
		upstream: must(url.Parse(*server)),
		trip: &http.Transport{
			TLSClientConfig:    &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12},
			DisableCompression: true, MaxIdleConnsPerHost: 64, IdleConnTimeout: 30 * time.Second,
		},
		tls: &tls.Config{
			Certificates: []tls.Certificate{selfSigned(*cert)}, MinVersion: tls.VersionTLS12,
			NextProtos: []string{"http/1.1"},
		},
		ways: map[string]*way{},
	}
}

func (b *breaker) open() (*way, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.count++
	w := &way{breaker: b, name: fmt.Sprint(b.count), port: listener.Addr().(*net.TCPAddr).Port}
	w.server = &http.Server{
		Handler: w, TLSConfig: b.tls, ErrorLog: log.New(io.Discard, "", 0),
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	go w.server.ServeTLS(listener, "", "")
	b.ways[w.name] = w
	return w, nil
}

func answer(to http.ResponseWriter, value any) {
	to.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(to).Encode(value)
}

// The way that a path of the control port names, and what it wants of it.
func (b *breaker) find(path string) (*way, string) {
	words := strings.Split(strings.Trim(path, "/"), "/")
	if len(words) < 2 || words[0] != "ways" {
		return nil, ""
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.ways[words[1]], strings.Join(words[2:], "/")
}

func (b *breaker) create(to http.ResponseWriter) {
	w, err := b.open()
	if err != nil {
		http.Error(to, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(to, map[string]any{"name": w.name, "port": w.port})
}

func (b *breaker) close(w *way) {
	b.mutex.Lock()
	delete(b.ways, w.name)
	b.mutex.Unlock()
	w.forget()
	_ = w.server.Close()
}

func (b *breaker) rule(w *way, to http.ResponseWriter, request *http.Request) {
	r, err := readRule(request.Body)
	if err != nil {
		http.Error(to, err.Error(), http.StatusBadRequest)
		return
	}
	answer(to, map[string]any{"id": w.add(r)})
}

func (b *breaker) cut(w *way, to http.ResponseWriter, request *http.Request) {
	var wanted struct{ Match string }
	if err := json.NewDecoder(request.Body).Decode(&wanted); err != nil {
		http.Error(to, err.Error(), http.StatusBadRequest)
		return
	}
	match, err := regexp.Compile(wanted.Match)
	if err != nil {
		http.Error(to, err.Error(), http.StatusBadRequest)
		return
	}
	answer(to, map[string]any{"cut": w.cut(match)})
}

func (b *breaker) ServeHTTP(to http.ResponseWriter, request *http.Request) {
	if request.Method == http.MethodPost && request.URL.Path == "/ways" {
		b.create(to)
		return
	}
	w, what := b.find(request.URL.Path)
	if w == nil {
		http.NotFound(to, request)
		return
	}
	switch request.Method + " " + what {
	case "GET ":
		answer(to, w.said())
	case "DELETE ":
		b.close(w)
		answer(to, map[string]any{})
	case "POST rules":
		b.rule(w, to, request)
	case "DELETE rules":
		w.forget()
		answer(to, map[string]any{})
	case "POST cut":
		b.cut(w, to, request)
	default:
		http.NotFound(to, request)
	}
}

func main() {
	flag.Parse()
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	b := newBreaker()
	go http.Serve(listener, b)
	fmt.Println("port", listener.Addr().(*net.TCPAddr).Port)
	_, _ = io.Copy(io.Discard, os.Stdin)
}
